// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/mpsc_ring.hpp>

#include <optional>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;
using record = tracked<int>;

/// Records are numbered from 1 for each source; a source's come in order.
struct arrivals {
    int last[4] = {};
    int count = 0;

    void take(int value) {
        const int source = value / 100;
        require(value % 100 == last[source] + 1, "a record is lost, repeated or out of order");
        last[source] = value % 100;
        ++count;
    }
};

/// Two threads without producers share the lane, with a close in between; the reader gets all that were taken.
struct shared {
    static constexpr int threads = 3;
    weir::mpsc_ring<record, 2> ring{weir::mpsc_lanes{1, 0, {(std::uint64_t{1} << 62) - 1}}};
    arrivals got;
    int sent[2] = {};
    shared_cell<int> last_words;
    outside_view<int> started;

    void thread(int t) {
        if (t < 2) {
            if (t == 1) look_on();
            for (int i = 0; i < 3; ++i) {
                if (ring.reader_closed()) {
                    require(last_words.read() == 7, "the reader's last words are not there");
                    break;
                }
                started.add(1);
                if (t == 1 && i == 0 && choose(2) == 0) {
                    skip();
                    continue;
                }
                if (ring.try_emplace(100 * t + sent[t] + 1)) ++sent[t];
            }
            if (t == 0) ring.close();
        } else {
            for (int i = 0; i < 5; ++i) take();
            look_on();
            if (ring.drained()) require(!take(), "drained, and there is a record");
            last_words.write(7);
            ring.close_reader();
        }
    }
    /// A slot is claimed and no record comes of it. Only one thread throws: what C++ keeps of it is not a fiber's own.
    void skip() {
        struct refuses {
            operator int() const { throw 0; }
        };
        try {
            static_cast<void>(ring.try_emplace(refuses{}));
        } catch (int) {}
    }
    void look_on() {
        const std::size_t n = ring.size_approx();
        require(n <= static_cast<std::size_t>(started.get()), "the size is more than was ever written");
    }
    bool take() {
        record out;
        if (!ring.try_pop(out)) return false;
        got.take(out.get());
        return true;
    }
    void finish() {
        while (take()) {}
        require(got.count == sent[0] + sent[1], "a record is lost");
        require(ring.drained(), "closed, all is read, and it is not drained");
    }
};

/// Producers come and go, one after the other on the same lane; the end is seen as a whole.
struct lanes {
    static constexpr int threads = 3;
    using ring_type = weir::mpsc_ring<record, 2>;
    ring_type ring{weir::mpsc_lanes{2, static_cast<std::size_t>(choose(2)), {~std::uint64_t{0}}}};
    arrivals got;
    int sent[2] = {};
    shared_cell<int> before_close[2];
    shared_cell<int> close_words;  // of who closes, without a producer

    void thread(int t) {
        if (t < 2) {
            for (int i = 0; i < 2; ++i) {
                ring_type::producer mine = ring.make_producer();
                const int source = 100 * (2 * t + i);
                if (mine.try_emplace(source + 1)) {
                    ++sent[t];
                    if (i == 1 && mine.try_emplace(source + 2)) ++sent[t];
                }
                if (mine) before_close[t].write(i);
            }
            if (t == 0) {
                close_words.write(7);
                ring.close();
            }
        } else {
            for (int i = 0; i < 5; ++i) take();
            if (ring.closed()) require(close_words.read() == 7, "closed, and the closer's words are not there");
            if (ring.drained()) {
                require(!take(), "drained, and there is a record");
                require(before_close[0].read() == 1, "closed, and what came before is not there");
                static_cast<void>(before_close[1].read());
            }
        }
    }
    bool take() {
        const auto records = ring.peek();
        for (record& r : records) got.take(r.get());
        ring.release(records.size());
        return !records.empty();
    }
    void finish() {
        while (take()) {}
        require(got.count == sent[0] + sent[1], "a record is lost");
        require(ring.drained(), "closed, all is read, and it is not drained");
        require(ring.lane_count() <= 2, "more lanes than producers at one time");
    }
};

/// 3 pushes of a producer that is there, or 3 without one in the shared lane, against 3 pops; 3 and 3 pushes into the
/// shared lane; a producer's coming, push and leaving against 3 pops.
enum class pushes : unsigned char { by_producer, shared, both_shared, by_visitor };
template <pushes How>
struct push_pop {
    static constexpr int threads = 2;
    using ring_type = weir::mpsc_ring<record, 2>;
    ring_type ring{weir::mpsc_lanes{1, How == pushes::by_producer ? std::size_t{1} : 0, {~std::uint64_t{0} >> 2}}};
    std::optional<ring_type::producer> mine;
    arrivals got;
    int sent[max_threads] = {};

    push_pop() {
        if (How == pushes::by_producer) mine.emplace(ring.make_producer());
    }
    void thread(int t) {
        if (How == pushes::by_visitor && t == 0) {
            ring_type::producer visitor = ring.make_producer();
            push(visitor, t);
            return;
        }
        for (int i = 0; i < 3; ++i) {
            if (t == 1 && How != pushes::both_shared) {
                take();
            } else if (mine) {
                push(*mine, t);
            } else {
                push(ring, t);
            }
        }
    }
    template <class To>
    void push(To& to, int t) {
        if (to.try_emplace(100 * t + sent[t] + 1)) ++sent[t];
    }
    bool take() {
        record out;
        if (!ring.try_pop(out)) return false;
        got.take(out.get());
        return true;
    }
    void finish() {
        while (take()) {}
        require(got.count == sent[0] + sent[1], "a record is lost");
    }
};

constexpr const char* files = "mpsc_ring.hpp producer_lanes.hpp shared_lane.hpp";
const add_program<shared> a("mpsc_ring", files, "shared", exhaustive::no);
const add_program<lanes> b("mpsc_ring", files, "lanes", exhaustive::no);
const add_program<push_pop<pushes::by_producer>> c("mpsc_ring", files, "push_pop", exhaustive::only);
const add_program<push_pop<pushes::shared>> d("mpsc_ring", files, "shared_push_pop", exhaustive::only);
const add_program<push_pop<pushes::both_shared>> e("mpsc_ring", files, "shared_push_push", exhaustive::only);
const add_program<push_pop<pushes::by_visitor>> f("mpsc_ring", files, "visit_pop", exhaustive::only);

}  // namespace
