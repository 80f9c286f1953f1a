// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/box.hpp>

using weir::detail::box;
using weir::detail::in_box;

namespace {

struct counted {
    static inline int alive = 0;
    int n;
    explicit counted(int value) : n(value) { ++alive; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --alive; }
};

}  // namespace

TEST_CASE("box owns one value, which need not move", "[support]") {
    {
        box<counted> a{in_box, 3};
        CHECK(a->n == 3);
        counted* where = &*a;
        box<counted> b = std::move(a);
        CHECK_FALSE(static_cast<bool>(a));
        CHECK(&*b == where);
        a = box<counted>::from([] { return counted(4); });
        CHECK(counted::alive == 2);
        a = std::move(b);
        CHECK(counted::alive == 1);
        CHECK(a->n == 3);
        a.reset();
        CHECK(counted::alive == 0);
        a = box<counted>{in_box, 5};
    }
    CHECK(counted::alive == 0);
}
