// SPDX-License-Identifier: BSL-1.0
// schema/columns.hpp: which columns a record has in a flat text, and where they lie.
#include <weir/schema/columns.hpp>

#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

struct point {
    int x;
    int y;
};
struct box {
    point least;
    point most;
};
struct everything {
    std::string text;
    box where;
    weir::window_bounds slot;
    std::optional<int> maybe;
    char code[4];
};
struct windowed {
    weir::window_bounds window;
};
struct outer {
    windowed w;
};

template <class T>
std::vector<std::string> names() {
    return []<class... Columns>(weir::detail::column_list<Columns...>) {
        return std::vector<std::string>{std::string(Columns::name.view())...};
    }(weir::detail::columns_of<T>{});
}

static_assert(weir::detail::columns_of<everything>::size == 9);
static_assert(weir::detail::columns_of<point>::size == 2);

template <std::size_t I, class... Columns>
auto& column_of(weir::detail::column_list<Columns...>, auto& record) {
    return std::get<I>(std::tuple<decltype(Columns::of(record))...>(Columns::of(record)...));
}

}  // namespace

TEST_CASE("columns: nested members by their path, windows as two") {
    CHECK(names<everything>()
          == std::vector<std::string>{"text", "where_least_x", "where_least_y", "where_most_x", "where_most_y",
                                      "window_start", "window_end", "maybe", "code"});
    CHECK(names<outer>() == std::vector<std::string>{"window_start", "window_end"});
}

TEST_CASE("columns: each reaches its member in place") {
    everything e{};
    constexpr weir::detail::columns_of<everything> columns;
    CHECK(&column_of<0>(columns, e) == &e.text);
    CHECK(&column_of<4>(columns, e) == &e.where.most.y);
    CHECK(&column_of<6>(columns, e) == &e.slot.end);
    const everything& c = e;
    CHECK(&column_of<7>(columns, c) == &c.maybe);
}
