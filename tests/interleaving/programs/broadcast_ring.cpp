// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/broadcast_ring.hpp>

#include <cstdint>
#include <optional>
#include <span>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;
using record = tracked<int>;

/// Readers join at either end and leave while the writer goes round; a record's value is its index from the start.
struct gated {
    static constexpr int threads = 4;
    using ring_type = weir::broadcast_ring<record, weir::gated, 2>;
    std::uint64_t start = choose(2) == 0 ? ~std::uint64_t{0} : 0;
    ring_type ring{weir::ring_start{start}};
    shared_cell<int> end;  // of the writer
    outside_view<int> started;
    int written = 0;

    void thread(int t) {
        if (t == 0)
            writer();
        else if (t == 3)
            look_on();
        else
            for (int i = 0; i < 2; ++i) reader();
    }
    void writer() {
        for (int i = 0; i < 4; ++i) {
            auto slots = ring.claim(static_cast<std::size_t>(1 + choose(2)));
            started.add(static_cast<int>(slots.size()));
            for (std::size_t j = 0; j < slots.size(); ++j) slots.construct(j, written++);
            ring.publish(slots.size());
        }
        if (choose(2) == 0) return;
        end.write(written);
        ring.close();
    }
    void reader() {
        ring_type::reader mine = ring.make_reader(choose(2) == 0 ? weir::join_at::newest : weir::join_at::oldest);
        for (int i = choose(3); i >= 0; --i) take(mine);
        if (mine.drained()) {
            require(!take(mine), "drained, and there is a record");
            require(static_cast<std::uint64_t>(end.read()) == mine.read_index() - start, "drained before the end");
        }
    }
    bool take(ring_type::reader& mine) {
        const auto records = mine.peek();
        auto index = static_cast<int>(mine.read_index() - start);
        for (const record& r : records) require(r.get() == index++, "a record is lost, repeated or out of order");
        mine.release(records.size());
        return !records.empty();
    }
    void look_on() {
        const std::size_t n = ring.size_approx();
        require(n <= static_cast<std::size_t>(started.get()), "the size is more than was ever written");
        if (ring.closed()) static_cast<void>(end.read());
    }
    void finish() { require(ring.reader_count() == 0, "a reader is left"); }
};

/// 3 pushes against 3 pops of a reader that is there, or against one that comes, pops and leaves.
template <bool Visits>
struct gated_push_pop {
    static constexpr int threads = 2;
    using ring_type = weir::broadcast_ring<record, weir::gated, 2>;
    ring_type ring{weir::ring_start{~std::uint64_t{0}}};
    std::optional<ring_type::reader> mine;
    int written = 0;

    gated_push_pop() {
        if (!Visits) mine.emplace(ring.make_reader());
    }
    void thread(int t) {
        if (t == 0) {
            for (int i = 0; i < 3; ++i) {
                if (ring.try_emplace(written)) ++written;
            }
        } else if (Visits) {
            ring_type::reader visitor = ring.make_reader(weir::join_at::oldest);
            take(visitor);
        } else {
            for (int i = 0; i < 3; ++i) take(*mine);
        }
    }
    bool take(ring_type::reader& reader) {
        const auto index = static_cast<int>(reader.read_index() + 1);
        record out;
        if (!reader.try_pop(out)) return false;
        require(out.get() == index, "a record is lost, repeated or out of order");
        return true;
    }
    void finish() {
        if (!Visits) {
            while (take(*mine)) {}
            require(static_cast<int>(mine->read_index() + 1) == written, "a record is lost");
            mine.reset();
        }
        require(ring.reader_count() == 0, "a reader is left");
    }
};

/// All cursors of the ring itself are taken: more are made, found by the writer, and taken again.
struct more_cursors {
    static constexpr int threads = 3;
    using ring_type = weir::broadcast_ring<record, weir::gated, 3>;
    ring_type ring;
    std::optional<ring_type::reader> first[ring_type::inline_cursors];
    int written = 0;

    more_cursors() {
        for (auto& r : first) r.emplace(ring.make_reader());
    }
    void thread(int t) {
        if (t == 0) {
            for (int i = 0; i < 4; ++i) {
                if (ring.try_emplace(written)) ++written;
                static_cast<void>(ring.fresh_room());
            }
        } else {
            for (int i = 0; i < 2; ++i) {
                ring_type::reader mine = ring.make_reader(weir::join_at::oldest);
                take(mine);
                if (i == 0) {
                    for (int j = 0; j < 2; ++j) take(*first[2 * (t - 1) + j]);
                }
            }
        }
    }
    void take(ring_type::reader& mine) {
        const auto records = mine.peek();
        auto index = static_cast<int>(mine.read_index());
        for (const record& r : records) require(r.get() == index++, "a record is lost, repeated or out of order");
        mine.release(records.size());
    }
    void finish() {
        for (auto& r : first) {
            for (take(*r); r->readable() != 0;) take(*r);
            require(static_cast<int>(r->read_index()) == written, "a record is lost");
            r.reset();
        }
    }
};

/// Records of two words and a half; a reader that is lapped is told exactly how many it missed.
template <std::size_t Capacity, std::uint64_t Records>
struct overwriting {
    static constexpr int threads = 4;
    struct words {
        std::uint32_t of[5];
    };
    using ring_type = weir::broadcast_ring<words, weir::overwriting, Capacity>;
    std::uint64_t start = choose(2) == 0 ? ~std::uint64_t{0} : 0;
    ring_type ring{weir::ring_start{start}};
    shared_cell<std::uint64_t> end;  // of the writer
    outside_view<int> started;

    static words make(std::uint64_t n) {
        const auto m = static_cast<std::uint32_t>(n);
        return {{m + 1, m + 2, m + 3, m + 4, m + 5}};
    }
    static void check(const words& w, std::uint64_t n) {
        require(w.of[0] == n + 1, "a record is lost, repeated or out of order");
        require(w.of[2] == n + 3 && w.of[4] == n + 5, "a record is torn");
    }
    void thread(int t) {
        if (t == 0)
            writer();
        else if (t == 3)
            look_on();
        else
            reader();
    }
    void writer() {
        std::uint64_t n = 0;
        while (n < Records) {
            if (choose(2) == 0) {
                started.add(1);
                require(ring.try_push(make(n)), "not closed, and no room");
                ++n;
            } else {
                const words two[] = {make(n), make(n + 1)};
                started.add(2);
                require(ring.write(two) == 2, "not closed, and no room");
                n += 2;
            }
        }
        end.write(n);
        ring.close();
    }
    void reader() {
        typename ring_type::reader mine =
            ring.make_reader(choose(2) == 0 ? weir::join_at::newest : weir::join_at::oldest);
        require(mine.read_index() - start <= Records + 1, "it joins where nothing is");
        for (int i = 0; i < 3; ++i) take(mine);
        if (mine.drained()) require(end.read() == mine.read_index() - start, "drained before the end");
    }
    void take(typename ring_type::reader& mine) {
        const std::uint64_t before = mine.read_index();
        const std::uint64_t missed = mine.missed();
        if (choose(2) == 0) {
            words w;
            const bool got = mine.try_pop(w);
            require(mine.read_index() - before == mine.missed() - missed + (got ? 1 : 0), "it missed another number");
            if (got) check(w, mine.read_index() - 1 - start);
        } else {
            words w[2];
            const weir::broadcast_read got = mine.read(w);
            require(got.n == 0 || got.missed == 0, "records and a miss at once");
            require(mine.read_index() - before == got.n + got.missed, "it missed another number");
            for (std::size_t i = 0; i < got.n; ++i) check(w[i], before + i - start);
        }
        require(mine.read_index() - before <= Records + 1, "it goes back");
        require(mine.read_index() - start <= static_cast<std::uint64_t>(started.get()), "beyond the end");
    }
    void look_on() {
        std::size_t least = 0;
        for (int i = 0; i < 3; ++i) {
            const std::size_t n = ring.size_approx();
            require(n <= static_cast<std::size_t>(started.get()), "the size is more than was ever written");
            require(n >= least, "less is retained than before");
            least = n < ring.retention() ? n : ring.retention();
        }
        if (ring.closed()) static_cast<void>(end.read());
    }
    void finish() {}
};

/// 3 pushes into a ring that keeps fewer, against 3 pops.
struct overwriting_push_pop {
    static constexpr int threads = 2;
    struct words {
        std::uint32_t of[3];  // the last word of a slot is half full
    };
    using ring_type = weir::broadcast_ring<words, weir::overwriting, 2>;
    ring_type ring{weir::ring_start{~std::uint64_t{0}}};
    ring_type::reader mine = ring.make_reader();

    void thread(int t) {
        for (std::uint32_t i = 0; i < 3; ++i) {
            if (t == 1)
                take();
            else
                require(ring.try_push({{i, i + 1, i + 2}}), "not closed, and no room");
        }
    }
    bool take() {
        const std::uint64_t index = mine.read_index();
        const std::uint64_t missed = mine.missed();
        words out;
        const bool got = mine.try_pop(out);
        require(mine.read_index() - index == mine.missed() - missed + (got ? 1 : 0), "it missed another number");
        if (!got) return false;
        const auto n = static_cast<std::uint32_t>(mine.read_index());  // one behind it, and the first was at -1
        require(out.of[0] == n, "a record is lost, repeated or out of order");
        require(out.of[1] == n + 1 && out.of[2] == n + 2, "a record is torn");
        return true;
    }
    void finish() {
        while (take()) {}
    }
};

constexpr const char* gated_files = "gated_ring.hpp";
const add_program<gated> a("broadcast_gated", gated_files, "gated", exhaustive::no);
const add_program<more_cursors> b("broadcast_gated", gated_files, "more_cursors", exhaustive::no);
const add_program<gated_push_pop<false>> e("broadcast_gated", gated_files, "push_pop", exhaustive::only);
const add_program<gated_push_pop<true>> f("broadcast_gated", gated_files, "push_visit", exhaustive::only);
constexpr const char* overwriting_files = "overwriting_ring.hpp";
const add_program<overwriting<2, 4>> c("broadcast_overwriting", overwriting_files, "two", exhaustive::no);
const add_program<overwriting<4, 6>> d("broadcast_overwriting", overwriting_files, "four", exhaustive::no);
const add_program<overwriting_push_pop> g("broadcast_overwriting", overwriting_files, "push_pop", exhaustive::only);

}  // namespace
