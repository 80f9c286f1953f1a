// SPDX-License-Identifier: BSL-1.0
// Catch2 under one name: Debian 12 ships 2.13, everybody else 3.x.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
