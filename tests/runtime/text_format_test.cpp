// SPDX-License-Identifier: BSL-1.0
// text_format: what sinks of text make of a record.
#include "../support/catch.hpp"

#include <weir/runtime/sinks/text_format.hpp>

#include <string>
#include <string_view>

namespace {

struct pair {
    int n;
    std::string text;
};
struct no_record {
    no_record() {}
};

}  // namespace

static_assert(weir::detail::is_text_record<pair>);
static_assert(weir::detail::is_text_record<std::string>);
static_assert(weir::detail::is_text_record<std::string_view>);
static_assert(!weir::detail::is_text_record<no_record>);
static_assert(!weir::detail::is_text_record<int>);
static_assert(weir::detail::extension_of(weir::text_format::csv) == ".csv");
static_assert(weir::detail::extension_of(weir::text_format::ndjson) == ".ndjson");

TEST_CASE("text_format: structs as JSON or CSV, text as it is; only CSV of structs has a header") {
    const pair p{1, "a \"b\", c"};
    std::string text;
    weir::detail::write_header<pair>(text, weir::text_format::ndjson);
    CHECK(text.empty());
    weir::detail::write_record(text, weir::text_format::ndjson, p);
    CHECK(text == "{\"n\":1,\"text\":\"a \\\"b\\\", c\"}\n");
    text.clear();
    weir::detail::write_header<pair>(text, weir::text_format::csv);
    weir::detail::write_record(text, weir::text_format::csv, p);
    CHECK(text == "n,text\n1,\"a \"\"b\"\", c\"\n");
    text.clear();
    for (const weir::text_format format : {weir::text_format::ndjson, weir::text_format::csv}) {
        weir::detail::write_header<std::string>(text, format);
        weir::detail::write_record(text, format, std::string("as it is"));
    }
    CHECK(text == "as it is\nas it is\n");
}
