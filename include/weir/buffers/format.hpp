// SPDX-License-Identifier: BSL-1.0
// fmt's formatters for what logs on disk say of themselves: the names of enumerators, and counters by name. See
// support/format.hpp.
#pragma once

#include "../schema/format.hpp"
#include "log_acknowledge.hpp"
#include "log_options.hpp"
#include "storage_page.hpp"
#include "storage_step.hpp"

namespace weir {
struct storage_counters;  // log_storage.hpp
}

template <>
struct fmt::formatter<weir::log_acknowledge> : weir::detail::enum_formatter<weir::log_acknowledge> {};
template <>
struct fmt::formatter<weir::log_sync> : weir::detail::enum_formatter<weir::log_sync> {};
template <>
struct fmt::formatter<weir::log_full> : weir::detail::enum_formatter<weir::log_full> {};
template <>
struct fmt::formatter<weir::page_kind> : weir::detail::enum_formatter<weir::page_kind> {};
template <>
struct fmt::formatter<weir::storage_step> : weir::detail::enum_formatter<weir::storage_step> {};
template <>
struct fmt::formatter<weir::storage_counters> : weir::detail::fields_formatter<weir::storage_counters> {};
