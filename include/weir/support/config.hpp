// SPDX-License-Identifier: BSL-1.0
// The only header of weir that defines macros: attributes that the two supported compilers spell
// differently. None of them changes behaviour, so every translation unit sees the same library.
#pragma once

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

/// On every `put` and on the wrappers round user functions: clang gives up inlining a chain whose
/// user functions may throw, which costs 2x (core_protocol.md, D).
#define WEIR_INLINE [[gnu::always_inline]] inline

/// On a lambda's call operator, where `inline` may not stand.
#define WEIR_INLINE_LAMBDA __attribute__((always_inline))

/// On cold paths (`resume`, firing a window, opening one): keeps them out of the loop.
#define WEIR_COLD [[gnu::noinline, gnu::cold]]

/// On paths that are not hot, yet not rare: a window that fires.
#define WEIR_NOINLINE [[gnu::noinline]]
