// SPDX-License-Identifier: BSL-1.0
// Opening a log after a crash: the walk over an unsealed tail that is in the page cache, beside CRC-32C alone over the
// same bytes; and the time to open by how many records its sealed segments hold, which must not matter.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/buffers/detail/log_folder.hpp>
#include <weir/buffers/log_storage.hpp>

#include "../disk/peers.hpp"
#include "../support/bench.hpp"

namespace {

void fill(weir::log_storage& log, std::uint64_t records, std::size_t size) {
    const std::string payload(size, 'p');
    const std::vector<weir::log_record> span(static_cast<std::size_t>(records < 5'000 ? records : 5'000),
                                             weir::log_record{"12345678", payload, 0});
    for (std::uint64_t n = 0; n < records; n += span.size()) {
        bench::need(log.append(span).has_value(), "append");
        bench::need(log.step() == weir::storage_step::progress, "step");
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("recovery", argc, argv);
    for (const std::size_t size : {std::size_t{100}, std::size_t{1'024}}) {
        const bench::disk_folder folder;
        const std::size_t megabytes = p.quick() ? 60 : 120;
        weir::log_options o;
        o.segment_bytes = (megabytes + 8) << 20U;  // nearly full
        fill(*weir::log_storage::open(folder / "log", o).value(), (megabytes << 20U) / (size + 28), size);
        weir::detail::log_folder_io io(weir::storage_files::real(), folder / "log");
        io.open(false).value();
        const auto facts = weir::detail::log_survey(io, false).run().value();
        const auto bytes = static_cast<std::size_t>(facts.segments.back().end);
        const auto file = io.open(weir::log_format::segment_name(0), weir::storage_open::read).value();
        std::string all(bytes, '\0');
        bench::need(io.read(file, all.data(), bytes, 0, "").has_value(), "read");
        const auto t =
            bench::measure(p.runs(9), static_cast<double>(bytes),
                           bench::named("walk",
                                        [&] {
                                            const auto f = weir::detail::log_survey(io, false).run();
                                            bench::need(f && f->tail.count == facts.tail.count, "walk");
                                        }),
                           bench::named("CRC-32C alone", [&] { bench::keep(weir::crc32c(std::string_view(all))); }));
        p.add("walk of the tail, " + std::to_string(size) + " B records", "ns/B", t[0], t[1], 0.5);
    }
    // As many segments of the same size, of more records each, and a tail of one commit.
    const auto opening = [&](std::size_t size) {
        auto folder = std::make_unique<bench::disk_folder>();
        weir::log_options o;
        o.segment_bytes = std::uint64_t{p.quick() ? 4U : 16U} << 20U;
        const auto log = weir::log_storage::open(*folder / "log", o).value();
        while (log->counters().rolls < 8) fill(*log, size < 100 ? 5'000 : 250, size);
        return std::pair(std::move(folder), log->appended());
    };
    const auto [small, few] = opening(2'000);
    const auto [large, many] = opening(8);
    const auto open = [](const bench::disk_folder& f) {
        weir::detail::log_folder_io io(weir::storage_files::real(), f / "log");
        io.open(false).value();
        auto facts = weir::detail::log_survey(io, false).run().value();
        bench::need(facts.segments.size() == 9, "nine segments");
    };
    const auto t = bench::measure(p.runs(9), 1e3, bench::named("many", [&] { open(*large); }),
                                  bench::named("of fewer", [&] { open(*small); }));
    p.add("opening 8 sealed segments of " + std::to_string(many) + " records, or of " + std::to_string(few), "us", t[0],
          t[1], 0.7);
    return p.finish();
}
