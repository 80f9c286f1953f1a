// SPDX-License-Identifier: BSL-1.0
// schema/text_error.hpp: every reason can be told with a field's name.
#include <weir/schema/text_error.hpp>

#include <set>
#include <string>

#include "support/catch.hpp"

using namespace weir::detail;

namespace {

constexpr weir::text_error all[] = {no_number,         number_out_of_range,
                                    number_goes_on,    no_bool,
                                    no_character,      no_enumerator,
                                    too_long,          has_nul,
                                    no_time,           no_such_date,
                                    no_such_hour,      no_zone,
                                    time_out_of_range, no_status,
                                    is_null,           no_string,
                                    bad_escape,        no_array,
                                    wrong_size,        no_object,
                                    too_deep};

static_assert(reason_of<"status">(no_number) == "status is no number");

}  // namespace

TEST_CASE("text_error: each reason is of its own, and begins with the field") {
    std::set<std::string> reasons;
    for (const weir::text_error error : all) {
        CAPTURE(error);
        const std::string reason(reason_of<"field">(error));
        CHECK(reason == std::string("field ") + error);
        CHECK(reasons.insert(reason).second);
    }
    CHECK(std::string(reason_of<"field">("something else")) == "something else");
}
