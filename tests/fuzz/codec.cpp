// SPDX-License-Identifier: BSL-1.0
// Snapshots are read from files: bytes that nobody wrote are refused, and cost no more memory than they are long.
#include <weir/runtime/state.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <tuple>

#include "require.hpp"

using weir_fuzz::require;

namespace {

enum class level : signed char { low = -3, high = 3 };

struct inner {
    std::int8_t a;
    std::optional<std::string> b;
};
struct everything {
    std::string text;
    std::vector<inner> list;
    std::vector<std::vector<std::uint16_t>> nested;
    std::array<int, 3> three;
    char code[4];
    std::tuple<bool, level, double> both;
    std::optional<std::chrono::sys_time<std::chrono::microseconds>> at;
    std::chrono::duration<int> took;
    std::vector<std::array<std::string, 8>> wide;
};

std::string bytes_of(const everything& e) {
    weir::byte_writer out;
    weir::encode(out, e);
    return out.bytes();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string exact(weir_fuzz::text_of(data, size));
    weir::byte_reader in{exact};
    everything e{};
    if (weir::decode(in, e)) {
        require(in.ok() && in.left() <= exact.size(), "a value that was read is within the bytes");
        const std::string written = bytes_of(e);
        weir::byte_reader back{written};
        everything again{};
        require(weir::decode(back, again) && back.left() == 0, "what is written is a value");
        require(bytes_of(again) == written, "what is written reads back");
    }

    try {
        weir::state_reader state{std::string_view(exact)};
        const weir::stage_info stage{"scan", "1", 0};
        if (state.begin(stage)) {
            everything held{};
            state.value(held);
            state.end();
        }
    } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch): the refusal that it promises
    }

    // What a writer wrote is found again, whatever the bytes in it.
    const weir::stage_info first{"scan", "1", 0};
    const weir::stage_info second{"scan", "1", 1};
    weir::state_writer writer;
    writer.begin(first);
    writer.value(exact);
    writer.end();
    writer.begin(second);
    writer.value(std::uint64_t{size});
    writer.end();
    const std::string snapshot = writer.bytes();
    weir::state_reader reader{std::string_view(snapshot)};
    std::string text;
    std::uint64_t number = 0;
    require(reader.begin(second), "the second stage is there");
    reader.value(number);
    reader.end();
    require(reader.begin(first), "the first stage is there");
    reader.value(text);
    reader.end();
    require(text == exact && number == size, "the states are the same");
    return 0;
}
