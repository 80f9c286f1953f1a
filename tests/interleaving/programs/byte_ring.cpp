// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/byte_ring.hpp>

#include <cstring>
#include <span>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;

/// A record of at least 8 bytes: its number in front, and its last byte says so again.
void fill(std::span<std::byte> room, std::uint64_t number) {
    std::memcpy(room.data(), &number, sizeof(number));
    if (room.size() > sizeof(number)) room.back() = static_cast<std::byte>(number);
}
void check(std::span<const std::byte> record, std::uint64_t number) {
    std::uint64_t found = 0;
    require(record.size() >= sizeof(found) && record.size() <= 24, "a length was never written");
    std::memcpy(&found, record.data(), sizeof(found));
    require(found == number, "a record is lost, repeated or out of order");
    if (record.size() > sizeof(found)) {
        require(record.back() == static_cast<std::byte>(number), "a record is not whole");
    }
}

/// 3 records against 3 looks, then the rest. Two fill the ring, one runs over its end.
struct write_read {
    static constexpr int threads = 2;
    weir::byte_ring<64> ring{weir::ring_start{~std::uint64_t{0} - 31}};
    std::uint64_t written = 0;
    std::uint64_t read = 0;

    void thread(int t) {
        for (int i = 0; i < 3; ++i) t == 0 ? write() : take();
    }
    void write() {
        const auto room = ring.claim(24);
        if (!room) return;
        fill(*room, written);
        ring.publish(24);
        ++written;
    }
    void take() {
        const auto record = ring.peek();
        if (!record) return;
        check(*record, read);
        ++read;
        ring.release();
    }
    void finish() {
        while (read < written) take();
        require(!ring.peek(), "a record that nobody wrote");
    }
};

/// Mixed lengths, several to a publish, walks, an early leave of either side, and a third thread that looks on.
struct walks {
    static constexpr int threads = 3;
    weir::byte_ring<64> ring{weir::ring_start{choose(2) == 0 ? ~std::uint64_t{0} - 47 : 0}};
    shared_cell<int> last_words;  // of the reader
    shared_cell<int> end;         // of the writer
    outside_view<std::size_t> started;
    std::uint64_t written = 0;
    std::uint64_t read = 0;

    void thread(int t) {
        if (t == 0)
            writer();
        else if (t == 1)
            reader();
        else
            look_on();
    }
    void writer() {
        static constexpr std::size_t lengths[] = {8, 17, 24};
        for (int i = 0; i < 4; ++i) {
            if (ring.reader_closed()) {
                require(last_words.read() == 7, "the reader's last words are not there");
                break;
            }
            const std::size_t n = lengths[choose(3)];
            const auto room = ring.claim(n);
            if (!room) continue;
            started.add(weir::detail::record_header + weir::detail::payload_room(n));
            fill(*room, written++);
            ring.wrote(n);
            if (choose(2) == 0) ring.publish();
        }
        if (choose(2) == 0) {
            end.write(7);
            ring.close();
        } else {
            ring.publish();
        }
    }
    void reader() {
        const int turns = 1 + choose(5);
        for (int i = 0; i < turns; ++i) take(i % 2 == 0);
        if (choose(2) == 0) {
            if (choose(2) == 0 ? ring.closed() : ring.drained()) {
                require(end.read() == 7, "closed, and the writer's end is not there");
                while (take(true)) {}
                require(read == written, "closed, and a record is not there");
                require(ring.drained(), "closed, all is read, and it is not drained");
            }
        }
        last_words.write(7);
        ring.close_reader();
    }
    bool take(bool all) {
        bool any = false;
        for (auto record = ring.peek(); record; record = ring.next()) {
            check(*record, read++);
            any = true;
            if (!all) break;
        }
        ring.release();
        return any;
    }
    void look_on() {
        for (int i = 0; i < 2; ++i) {
            const std::size_t n = ring.size_approx();
            require(n <= started.get(), "the size is more than was ever written");
        }
        if (ring.closed()) require(end.read() == 7, "closed, and the writer's end is not there");
    }
    void finish() {
        while (take(true)) {}
        require(read == written, "a record is lost");
    }
};

const add_program<write_read> a("byte_ring", "byte_ring.hpp", "write_read", exhaustive::yes);
const add_program<walks> b("byte_ring", "byte_ring.hpp", "walks", exhaustive::no);

}  // namespace
