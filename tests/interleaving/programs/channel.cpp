// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/channel.hpp>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;
using record = tracked<int>;

/// Records with a signal in front of every second one: what arrives is in the order of writing. `Steps` on each side.
template <int Steps>
struct mixed {
    static constexpr int threads = 2;
    using item = weir::channel<record>::item;
    weir::channel<record> channel{2, 1, weir::ring_start{~std::uint64_t{0}}};
    shared_cell<int> last_words;
    int records = 0;
    int signals = 0;
    int records_read = 0;
    int signals_read = 0;

    void thread(int t) {
        if (t == 0) {
            for (int i = 0; i < Steps; ++i) write();
        } else {
            for (int i = 0; i < Steps; ++i) take();
            if (choose(2) == 0) static_cast<void>(channel.end_of_step());
            last_words.write(7);
            channel.close_reader();
        }
    }
    void write() {
        if (channel.reader_closed()) {
            require(last_words.read() == 7, "the reader's last words are not there");
            return;
        }
        if (!channel.has_room_again()) return;
        if (signals * 2 == records) {
            if (!channel.signal(weir::signal_kind::watermark, signals)) return;
            ++signals;
        }
        if (channel.try_emplace(records)) ++records;
        channel.publish();
    }
    bool take() {
        item next = channel.next();
        if (next.what == item::kind::nothing) return false;
        if (next.what == item::kind::signal) {
            require(next.signal.value == signals_read, "a signal is lost, repeated or out of order");
            require(records_read == 2 * signals_read, "a signal is not where it was written");
            ++signals_read;
            channel.pop_signal();
            return true;
        }
        for (const record& r : next.records) {
            require(r.get() == records_read, "a record is lost, repeated or out of order");
            require(records_read < 2 * signals_read, "a record has passed a signal");
            ++records_read;
        }
        channel.release(next.records.size());
        return true;
    }
    void finish() {
        while (take()) {}
        require(records_read == records, "a record is lost");
        require(signals_read == signals, "a signal is lost");
    }
};

const add_program<mixed<3>> a("channel", "channel.hpp", "mixed3", exhaustive::yes);
const add_program<mixed<6>> b("channel", "channel.hpp", "mixed6", exhaustive::no);

}  // namespace
