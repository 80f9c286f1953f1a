// SPDX-License-Identifier: BSL-1.0
// schema/renamed.hpp: what a text calls a member.
#include <weir/schema/renamed.hpp>

#include <string>

#include "support/catch.hpp"

namespace {

struct hit {
    int status;
    std::string host;
};
struct other {
    int status;
};

using code = weir::detail::renamed<"code", &hit::status>;
using client = weir::detail::renamed<"client", &hit::host>;

static_assert(code::belongs_to<hit> && !code::belongs_to<other>);
static_assert(weir::detail::name_in_text<hit, 0>() == "status");
static_assert(weir::detail::name_in_text<hit, 0, code, client>() == "code");
static_assert(weir::detail::name_in_text<hit, 1, code, client>() == "client");
static_assert(weir::detail::name_in_text<hit, 1, code>() == "host");
static_assert(weir::detail::name_in_text<other, 0, code>() == "status");

}  // namespace

TEST_CASE("renamed: names are the literals") {
    CHECK(std::string(code::field) == "code");
    CHECK(std::string(code::member) == "status");
}
