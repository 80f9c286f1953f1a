// SPDX-License-Identifier: BSL-1.0
// schema/fields.hpp: counting, names and access, for every kind of member.
#include <weir/schema/fields.hpp>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "support/catch.hpp"

namespace {

enum class level { debug, info };

struct hit {
    std::chrono::sys_seconds time;
    std::string host;
    int status = 200;
    long bytes;
};

struct inner {
    int a;
    double b;
};

struct kinds {
    std::string text;
    int c_array[3];
    double matrix[2][2];
    char chars[16];
    std::string texts[2];
    inner inners[2];
    std::array<int, 4> fixed;
    std::optional<std::string> maybe;
    std::optional<int> maybe_int;
    std::optional<level> maybe_how;
    level how = level::info;
    std::vector<int> many;
    inner nested;
    std::unique_ptr<int> owned;
    const int constant = 3;
    int* pointer = nullptr;
    std::map<std::string, int> table;
    std::tuple<int, std::string> both;
    std::chrono::milliseconds took{};
    bool last;
};

struct nothing {};
struct one_int {
    int only;
};
struct one_text {
    std::string only;
};
struct one_record {
    inner only;
};
struct no_default {
    explicit no_default(int v) : value(v) {}
    int value;
};
struct needs_value {
    int a;
    no_default b;
    int c;
};
template <class T>
struct templated {
    T value;
    int x_1;
};
struct move_only {
    std::unique_ptr<int> a;
    std::unique_ptr<int> b[2];
    std::string c;
};
struct big_array {
    char bytes[1000];
    int after;
};

struct sixty_four {
    int a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3,
        d4, d5, d6, d7, e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7, g0, g1, g2, g3, g4, g5, g6, g7,
        h0, h1, h2, h3, h4, h5, h6, h7;
};
struct sixty_five {
    sixty_four first;
    int a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3,
        d4, d5, d6, d7, e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7, g0, g1, g2, g3, g4, g5, g6, g7,
        h0, h1, h2, h3, h4, h5, h6, h7;
};

struct derived : inner {
    int c;
};
struct derived_empty : nothing {
    int c;
};
struct holds_reference {
    int a;
    int& r;
};
struct holds_const_reference {
    int a;
    const int& r;
};
struct bits {
    unsigned a : 3;
    unsigned b : 5;
};
struct one_bit_field {
    int a;
    unsigned b : 3;
};
class with_private {
  public:
    int a;

  private:
    [[maybe_unused]] int b;
};

static_assert(weir::field_count<hit> == 4);
static_assert(weir::field_count<const hit> == 4);
static_assert(weir::field_count<kinds> == 20);
static_assert(weir::field_count<nothing> == 0);
static_assert(weir::field_count<one_int> == 1);
static_assert(weir::field_count<one_text> == 1);
static_assert(weir::field_count<one_record> == 1);
static_assert(weir::field_count<needs_value> == 3);
static_assert(weir::field_count<templated<std::string>> == 2);
static_assert(weir::field_count<move_only> == 3);
static_assert(weir::field_count<big_array> == 2);
static_assert(weir::field_count<sixty_four> == 64);

static_assert(weir::is_record<hit> && weir::is_record<const kinds> && weir::is_record<nothing>);
static_assert(!weir::is_record<derived>);
static_assert(!weir::is_record<derived_empty>);
static_assert(!weir::is_record<holds_reference>);
static_assert(!weir::is_record<holds_const_reference>);
static_assert(!weir::is_record<bits>);
static_assert(!weir::is_record<one_bit_field>);
static_assert(!weir::is_record<sixty_five>);
static_assert(!weir::is_record<with_private>);
static_assert(!weir::is_record<std::string>);
static_assert(!weir::is_record<int> && !weir::is_record<int[3]> && !weir::is_record<level>);
static_assert(!weir::is_record<std::vector<int>>);

static_assert(weir::field_name<hit, 0> == "time");
static_assert(weir::field_name<hit, 3> == "bytes");
static_assert(weir::field_name<templated<long>, 1> == "x_1");
static_assert(weir::field_name<move_only, 1> == "b");
static_assert(weir::field_name<big_array, 0> == "bytes");
static_assert(weir::field_name<sixty_four, 63> == "h7");
static_assert(weir::field_name<one_record, 0> == "only");
static_assert(weir::field_name<hit, 3>.data()[5] == '\0');

static_assert(std::is_same_v<weir::field_type<hit, 1>, std::string>);
static_assert(std::is_same_v<weir::field_type<const hit, 1>, std::string>);
static_assert(std::is_same_v<weir::field_type<kinds, 1>, int[3]>);
static_assert(std::is_same_v<weir::field_type<kinds, 2>, double[2][2]>);
static_assert(std::is_same_v<weir::field_type<kinds, 14>, const int>);

static_assert(weir::field_index<hit, "status"> == 2);
static_assert(weir::field_index<hit, "nobody"> == 4);
static_assert(weir::member_name<&hit::bytes> == "bytes");
static_assert(weir::member_name<&templated<hit>::value> == "value");
static_assert(weir::struct_name<hit> == "hit");
static_assert(weir::struct_name<templated<hit>> == "templated");
static_assert(weir::struct_name<level> == "level");

constexpr int sum_of_inner() {
    inner i{3, 4.0};
    weir::get_field<0>(i) += 1;
    weir::get_field<"b">(i) += 1;
    return i.a + static_cast<int>(i.b);
}
static_assert(sum_of_inner() == 9);

template <class T>
std::vector<std::string> names_of(const T& object) {
    std::vector<std::string> names;
    weir::for_each_field(object, [&](std::string_view name, const auto&) { names.emplace_back(name); });
    return names;
}

}  // namespace

TEST_CASE("fields: every kind of member is found, named and typed") {
    kinds k{};
    CHECK(names_of(k) == std::vector<std::string>{"text",    "c_array", "matrix", "chars",     "texts",
                                                  "inners",  "fixed",   "maybe",  "maybe_int", "maybe_how",
                                                  "how",     "many",    "nested", "owned",     "constant",
                                                  "pointer", "table",   "both",   "took",      "last"});
    CHECK(&weir::get_field<"texts">(k) == &k.texts);
    CHECK(&weir::get_field<"last">(k) == &k.last);
    CHECK(&weir::get_field<13>(k) == &k.owned);
    CHECK(weir::get_field<"constant">(k) == 3);
}

TEST_CASE("fields: fields are reached in place") {
    hit h{{}, "a", 404, 12};
    weir::get_field<"bytes">(h) = 13;
    weir::get_field<1>(h) = "bb";
    CHECK(h.bytes == 13);
    CHECK(h.host == "bb");
    const hit& c = h;
    static_assert(std::is_same_v<decltype(weir::get_field<"host">(c)), const std::string&>);
    CHECK(&weir::get_field<"host">(c) == &h.host);

    std::size_t sum = 0;
    weir::for_each_field_index(h, [&](auto index, auto& value) {
        static_assert(std::is_same_v<std::remove_cvref_t<decltype(value)>, weir::field_type<hit, index()>>);
        sum += index();
        if constexpr (index() == 2) value = 500;
    });
    CHECK(sum == 6);
    CHECK(h.status == 500);
}

TEST_CASE("fields: local and unnamed structs") {
    struct local {
        int first;
        std::string second;
    };
    static_assert(weir::field_count<local> == 2);
    CHECK(weir::field_name<local, 1> == "second");
    CHECK(weir::struct_name<local> == "local");
    struct {
        int x;
        int y;
    } unnamed{1, 2};
    CHECK(names_of(unnamed) == std::vector<std::string>{"x", "y"});
    CHECK(names_of(nothing{}).empty());
}

TEST_CASE("fields: move-only records") {
    move_only m{std::make_unique<int>(1), {}, "c"};
    CHECK(*weir::get_field<"a">(m) == 1);
    CHECK(names_of(m) == std::vector<std::string>{"a", "b", "c"});
}
