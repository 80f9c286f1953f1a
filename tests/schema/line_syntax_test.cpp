// SPDX-License-Identifier: BSL-1.0
// schema/line_syntax.hpp: what the literal of a line format means.
#include <weir/schema/line_syntax.hpp>

#include "support/catch.hpp"

using weir::detail::field_kind;
using weir::detail::format_flaw;

namespace {

template <weir::fixed_string Text>
using layout = weir::detail::line_layout<Text>;

template <weir::fixed_string Text>
constexpr format_flaw mistake = weir::detail::read_line_syntax(Text).mistake;

using all = layout<"<{{{a}}} {b:quoted}{c:request}, {d:status} {:%H:%M} {e}.">;

static_assert(all::count == 6);
static_assert(all::before.view() == "<{");
static_assert(all::name<0>.view() == "a" && all::behind<0>.view() == "} ");
static_assert(all::name<1>.view() == "b" && all::behind<1>.size() == 0 && all::element<1>.kind == field_kind::quoted);
static_assert(all::name<2>.view() == "c" && all::behind<2>.view() == ", "
              && all::element<2>.kind == field_kind::request);
static_assert(all::name<3>.view() == "d" && all::element<3>.kind == field_kind::status);
static_assert(all::name<4>.size() == 0 && all::pattern<4>.view() == "%H:%M"
              && all::element<4>.kind == field_kind::time);
static_assert(all::name<5>.view() == "e" && all::behind<5>.view() == "." && all::element<5>.kind == field_kind::plain);
static_assert(all::provides("a") && all::provides("method") && all::provides("path") && all::provides("protocol"));
static_assert(!all::provides("") && !all::provides("f"));
static_assert(!layout<"{a} {b:quoted}">::provides("path"));
static_assert(layout<"{a}">::count == 1 && layout<"{a}">::behind<0>.size() == 0);

static_assert(mistake<"{a} {b"> == format_flaw::open_brace);
static_assert(mistake<"{a}} {b}"> == format_flaw::close_brace && mistake<"a}"> == format_flaw::close_brace);
static_assert(mistake<"{a:what}"> == format_flaw::unknown_kind && mistake<"{a:}"> == format_flaw::unknown_kind);
static_assert(mistake<"{a}{b}"> == format_flaw::no_literal && mistake<"{a:%H}{b}"> == format_flaw::no_literal);
static_assert(mistake<"text"> == format_flaw::no_field && mistake<""> == format_flaw::no_field);
static_assert(mistake<"{a:quoted}{b}"> == format_flaw::none && mistake<"{a}"> == format_flaw::none);

}  // namespace

TEST_CASE("line_syntax: a format's parts, at run time too") {
    CHECK(all::count == 6);
    CHECK(layout<"[{time:%d/%b/%Y}]">::pattern<0>.view() == "%d/%b/%Y");
    CHECK(layout<"}}{x}{{">::before.view() == "}");
    CHECK(layout<"}}{x}{{">::behind<0>.view() == "{");
}
