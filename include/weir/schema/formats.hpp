// SPDX-License-Identifier: BSL-1.0
// The formats of web servers' access logs, as Apache and nginx write them by default.
//
// Fields: host, ident, user, time (UTC, the zone applied), request (all of it) and its parts method, path and protocol,
// status, bytes; combined_log has referer and agent too. A "-" is an empty optional, 0, or empty text. A request that
// is no HTTP (a status of 400 mostly) has no method and no protocol, all of it is the path.
//
#pragma once

#include "line_format.hpp"

namespace weir::formats {

inline constexpr line_format_type<
    "{host} {ident} {user} [{time:%d/%b/%Y:%H:%M:%S %z}] {request:request} {status:status} "
    "{bytes}",
    dash::is_nothing>
    common_log{};

inline constexpr line_format_type<
    "{host} {ident} {user} [{time:%d/%b/%Y:%H:%M:%S %z}] {request:request} {status:status} "
    "{bytes} {referer:quoted} {agent:quoted}",
    dash::is_nothing>
    combined_log{};

}  // namespace weir::formats
