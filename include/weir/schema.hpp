// SPDX-License-Identifier: BSL-1.0
// Records: the fields of a user's struct, and its text formats both ways.
#pragma once

#include "schema/append.hpp"
#include "schema/codec.hpp"
#include "schema/columns.hpp"
#include "schema/csv.hpp"
#include "schema/enum_names.hpp"
#include "schema/fields.hpp"
#include "schema/formats.hpp"
#include "schema/json_text.hpp"
#include "schema/line_format.hpp"
#include "schema/line_syntax.hpp"
#include "schema/ndjson.hpp"
#include "schema/parse_status.hpp"
#include "schema/static_text.hpp"
#include "schema/text_error.hpp"
#include "schema/text_value.hpp"
#include "schema/tie_fields.hpp"
#include "schema/time_pattern.hpp"
#include "schema/time_text.hpp"
#include "schema/window_bounds.hpp"
