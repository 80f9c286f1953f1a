// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/shard_log.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;
using record = tracked<int>;

/// What a reader has next is what follows what it had, less what it is told it missed; a record's value is its position
/// from the start.
template <class Reader>
bool take_from(Reader& mine, std::uint64_t start, bool all) {
    const std::uint64_t before = mine.position();
    const std::uint64_t missed = mine.missed();
    const auto records = mine.peek();
    require(mine.position() - before == mine.missed() - missed, "it missed another number");
    require(mine.position() - before <= 64, "it goes back");
    auto offset = static_cast<int>(mine.position() - start);
    std::size_t n = 0;
    for (const record& r : records) {
        require(r.get() == offset++, "a record is lost, repeated or out of order");
        ++n;
        if (!all) break;
    }
    mine.release(n);
    return n != 0;
}

/// Segments of two fill, are dropped by the writer and by another thread, and come back, with readers on them.
struct retained {
    static constexpr int threads = 4;
    using log_type = weir::shard_log<record, 2>;
    std::uint64_t start = choose(2) == 0 ? ~std::uint64_t{0} - 2 : 0;
    std::uint64_t segments = static_cast<std::uint64_t>(1 + choose(2));
    log_type log{weir::log_retention{.segments = segments}, weir::ring_start{start}};
    shared_cell<int> first_words;  // of the writer
    shared_cell<int> end;          // of the writer
    outside_view<int> started;
    int written = 0;

    void thread(int t) {
        if (t == 0)
            writer();
        else if (t == 3)
            look_on();
        else
            reader();
    }
    void writer() {
        first_words.write(7);
        while (written < 6) {
            if (choose(2) == 0) {
                started.add(1);
                require(log.try_emplace(written), "not closed, and no room");
                ++written;
            } else {
                auto slots = log.claim(2);
                started.add(static_cast<int>(slots.size()));
                for (std::size_t j = 0; j < slots.size(); ++j) slots.construct(j, written++);
                log.publish(slots.size());
            }
        }
        end.write(written);
        log.close();
    }
    void reader() {
        auto mine = make();
        for (int i = 0; i < 3; ++i) take_from(mine, start, choose(2) == 0);
        if (choose(2) == 0) {
            static_cast<void>(mine.seek(start + static_cast<std::uint64_t>(choose(4))));
            take_from(mine, start, true);
        }
        if (mine.drained()) {
            require(!take_from(mine, start, true), "drained, and there is a record");
            require(static_cast<std::uint64_t>(end.read()) == mine.position() - start, "drained before the end");
        }
    }
    log_type::reader make() {
        switch (choose(3)) {
        case 0:
            return log.make_reader(weir::log_start::oldest);
        case 1:
            return log.make_reader(weir::log_start::newest);
        default:
            return log.make_reader(start);
        }
    }
    void look_on() {
        if (choose(2) == 0 && log.end_position() != start) {
            require(first_words.read() == 7, "records, and what came before them is not there");
        }
        const std::size_t n = log.size_approx();
        require(n <= 2 * segments, "more than is ever retained at one time");
        require(n <= static_cast<std::size_t>(started.get()), "the size is more than was ever written");
        const std::uint64_t oldest = log.drop_before(start + static_cast<std::uint64_t>(choose(6)));
        require(log.end_position() - oldest <= 6, "the end is before the oldest");
        const auto value = static_cast<std::uint64_t>(choose(6));
        const std::uint64_t at = log.lower_bound(static_cast<int>(value), &record::get);
        require(at - start <= std::max(value, log.oldest_position() - start), "the bound is behind the record");
        const std::uint64_t first = log.oldest_position();
        require(log.end_position() - first <= 6, "the end is before the oldest");
        if (log.closed()) require(end.read() == 6, "closed, and the writer's end is not there");
    }
    void finish() { require(log.readers() == 0, "a reader is left"); }
};

/// The table of segments is full: it grows, or what was dropped makes room and an entry is another segment's. One
/// reader knows of records whose segment may be gone by then.
struct directory {
    static constexpr int threads = 4;
    using log_type = weir::shard_log<record, 1>;
    log_type log;
    std::optional<log_type::reader> late;
    int written = 0;

    directory() {
        for (; written < 16; ++written) require(log.try_emplace(written), "not closed, and no room");
        late.emplace(log.make_reader(weir::log_start::oldest));
        take_from(*late, 0, true);
    }
    void thread(int t) {
        if (t == 0) {
            if (choose(2) == 0) static_cast<void>(log.drop_before(2));
            for (int i = 0; i < 3; ++i) require(log.try_emplace(written++), "not closed, and no room");
        } else if (t == 1) {
            for (int i = 0; i < 2; ++i) take_from(*late, 0, true);
        } else if (t == 2) {
            auto mine = log.make_reader(static_cast<std::uint64_t>(14 + choose(4)));
            for (int i = 0; i < 4; ++i) take_from(mine, 0, true);
        } else {
            static_cast<void>(log.drop_before(static_cast<std::uint64_t>(1 + choose(4))));
        }
    }
    void finish() {
        while (take_from(*late, 0, true)) {}
        require(static_cast<int>(late->position()) == written, "a record is lost");
        late.reset();
    }
};

/// Many append and one closes; a source's records come in order and are where it was told.
struct appends {
    static constexpr int threads = 4;
    using log_type = weir::shard_log<record, 2>;
    log_type log{weir::log_retention{.segments = 8}};
    std::optional<log_type::reader> mine;
    shared_cell<int> last_words;  // of who closes
    std::optional<std::uint64_t> at[2][2];
    int last[2] = {};
    int got = 0;

    appends() { mine.emplace(log.make_reader(weir::log_start::oldest)); }
    void thread(int t) {
        if (t == 0) {
            for (int i = 0; i < 2; ++i) at[0][i] = log.append(i + 1);
        } else if (t == 1) {
            const int both[] = {101, 102};
            at[1][0] = log.append_range(both);
            if (at[1][0]) at[1][1] = *at[1][0] + 1;
        } else if (t == 2) {
            for (int i = 0; i < 3; ++i) take();
            if (choose(2) == 0 ? log.closed() : mine->drained()) {
                require(last_words.read() == 7, "closed, and the closer's words are not there");
                while (take()) {}
                require(mine->drained(), "closed, all is read, and it is not drained");
            }
        } else {
            last_words.write(7);
            log.close();
        }
    }
    bool take() {
        const auto records = mine->peek();
        for (const record& r : records) {
            const int source = r.get() / 100;
            require(r.get() % 100 == ++last[source], "a record is lost, repeated or out of order");
            ++got;
        }
        mine->release(records.size());
        return !records.empty();
    }
    void finish() {
        while (take()) {}
        int sent = 0;
        for (const auto& source : at) {
            for (const auto& position : source) sent += position ? 1 : 0;
        }
        require(got == sent, "a record is lost");
        mine.reset();
    }
};

/// 3 pushes into segments of one, of which one is retained, against 3 reads; 3 and 3 appends; 3 pushes against a reader
/// that comes, a drop and a read.
enum class steps : unsigned char { push_read, append_append, push_drop };
template <steps What>
struct small {
    static constexpr int threads = 2;
    static constexpr int first = What == steps::push_drop ? 2 : 0;  // written before
    using log_type = weir::shard_log<record, 1>;
    static constexpr std::uint64_t segments = What == steps::push_read ? 1 : 16;
    log_type log{weir::log_retention{.segments = segments}};
    std::optional<log_type::reader> mine;
    int written = 0;
    int appended[2] = {};

    small() {
        for (; written < first; ++written) require(log.try_emplace(written), "not closed, and no room");
        if (What == steps::push_read) mine.emplace(log.make_reader(weir::log_start::oldest));
    }
    void thread(int t) {
        if (What == steps::append_append) {
            for (int i = 0; i < 3; ++i) {
                if (log.append(100 * t + i)) ++appended[t];
            }
        } else if (t == 0) {
            for (int i = 0; i < 3; ++i) require(log.try_emplace(written++), "not closed, and no room");
        } else if (What == steps::push_read) {
            for (int i = 0; i < 3; ++i) take_from(*mine, 0, true);
        } else {
            auto visitor = log.make_reader(std::uint64_t{1});
            require(log.drop_before(2) >= 2, "what is full and before it is not dropped");
            take_from(visitor, 0, true);
        }
    }
    void finish() {
        if (What == steps::append_append) {
            auto all = log.make_reader(weir::log_start::oldest);
            int next[2] = {};
            for (auto records = all.peek(); !records.empty(); records = all.peek()) {
                for (const record& r : records) {
                    require(r.get() % 100 == next[r.get() / 100]++, "a record is lost, repeated or out of order");
                }
                all.release(records.size());
            }
            require(next[0] == appended[0] && next[1] == appended[1], "a record is lost");
            require(appended[0] == 3 && appended[1] == 3, "not closed, and refused");
        } else if (mine) {
            while (take_from(*mine, 0, true)) {}
            require(static_cast<int>(mine->position()) == written, "a record is lost");
        }
        mine.reset();
    }
};

constexpr const char* files = "shard_log.hpp log_reader.hpp log_segments.hpp";
const add_program<retained> a("shard_log", files, "retained", exhaustive::no);
const add_program<directory> b("shard_log", files, "directory", exhaustive::no);
const add_program<appends> c("shard_log", files, "appends", exhaustive::no);
const add_program<small<steps::push_read>> d("shard_log", files, "push_read", exhaustive::only);
const add_program<small<steps::append_append>> e("shard_log", files, "append_append", exhaustive::only);
const add_program<small<steps::push_drop>> f("shard_log", files, "push_drop", exhaustive::only);

}  // namespace
