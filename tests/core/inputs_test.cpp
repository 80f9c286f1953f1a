// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/inputs.hpp>

#include <cstdint>
#include <vector>

using namespace weir_test;

namespace {

struct node {
    std::vector<std::int64_t> sent;
    int idles = 0;
    int ends = 0;
    weir::flow joint_advance(weir::instant w) {
        sent.push_back(w.us);
        return weir::flow::more;
    }
    weir::flow joint_idle() {
        ++idles;
        return weir::flow::more;
    }
    weir::flow joint_finish() {
        ++ends;
        return weir::flow::more;
    }
};

}  // namespace

TEST_CASE("inputs: the watermark is the least of all", "[core]") {
    node n;
    weir::inputs<node, 3> in;
    in.advance(n, 0, {10});
    in.advance(n, 1, {20});
    CHECK(n.sent.empty());
    in.advance(n, 2, {5});
    CHECK(n.sent == std::vector<std::int64_t>{5});
    in.advance(n, 2, {15});
    CHECK(n.sent == std::vector<std::int64_t>{5, 10});
    in.advance(n, 0, {8});  // an input that goes back is held
    CHECK(n.sent.size() == 2);
}

TEST_CASE("inputs: idle ones are left out; all idle hold; it never goes back", "[core]") {
    node n;
    weir::inputs<node, 2> in;
    in.advance(n, 0, {10});
    in.idle(n, 1);
    CHECK(n.sent == std::vector<std::int64_t>{10});
    in.idle(n, 0);
    in.idle(n, 0);
    CHECK(n.idles == 1);
    CHECK(n.sent.size() == 1);
    in.woke(1);
    in.advance(n, 1, {3});  // behind what was sent: held
    CHECK(n.sent.size() == 1);
    in.advance(n, 1, {12});
    CHECK(n.sent == std::vector<std::int64_t>{10, 12});
    in.advance(n, 0, {14});  // back, and 1 is the least
    CHECK(n.sent.size() == 2);
    in.idle(n, 1);
    CHECK(n.sent == std::vector<std::int64_t>{10, 12, 14});
}

TEST_CASE("inputs: an end is left out, the last one finishes once", "[core]") {
    node n;
    weir::inputs<node, 2> in;
    in.advance(n, 0, {10});
    in.finish(n, 1);
    CHECK(n.sent == std::vector<std::int64_t>{10});
    in.finish(n, 1);
    CHECK(n.ends == 0);
    CHECK_FALSE(in.ended());
    in.finish(n, 0);
    CHECK(n.ends == 1);
    CHECK(in.ended());
}

TEST_CASE("inputs: a checkpoint passes with the last input that has not ended", "[core]") {
    node n;
    weir::inputs<node, 3> in;
    CHECK_FALSE(in.aligned());
    CHECK_FALSE(in.aligned());
    CHECK(in.aligned());
    CHECK_FALSE(in.aligned());
    in.finish(n, 2);
    CHECK(in.aligned());
}
