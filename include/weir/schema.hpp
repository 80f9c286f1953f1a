// SPDX-License-Identifier: BSL-1.0
// Records: the fields of a user's struct, and its text formats both ways.
#pragma once

#include "schema/enum_names.hpp"
#include "schema/fields.hpp"
#include "schema/parse_status.hpp"
#include "schema/tie_fields.hpp"
#include "schema/window_bounds.hpp"
