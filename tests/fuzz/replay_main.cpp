// SPDX-License-Identifier: BSL-1.0
// Runs a fuzz target over the files named on the command line, once over nothing, and over every prefix and every
// single-byte change of small files, so that the corpus is worth more than its files in builds without libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::size_t runs = 0;

/// From a copy of exactly that size, so that AddressSanitizer sees a read behind the end.
void run_once(const std::vector<std::uint8_t>& bytes, std::size_t size) {
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    for (std::size_t i = 0; i < size; ++i) exact[i] = bytes[i];
    LLVMFuzzerTestOneInput(exact.get(), size);
    ++runs;
}

}  // namespace

int main(int argc, char** argv) {
    constexpr std::size_t small = 512;
    constexpr std::uint8_t changes[] = {0x00, 0x0A, 0x20, 0x22, 0x2D, 0x39, 0x7F, 0xFF};
    run_once({}, 0);
    for (int i = 1; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        if (!file) {
            std::fprintf(stderr, "cannot read %s\n", argv[i]);
            return 1;
        }
        std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        run_once(bytes, bytes.size());
        if (bytes.size() > small) continue;
        for (std::size_t n = 0; n < bytes.size(); ++n) run_once(bytes, n);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            const std::uint8_t old = bytes[at];
            for (const std::uint8_t change : changes) {
                bytes[at] = change;
                run_once(bytes, bytes.size());
            }
            bytes[at] = old;
        }
    }
    std::printf("%d files, %zu inputs\n", argc - 1, runs);
}
