// SPDX-License-Identifier: BSL-1.0
// The same by hand, on one thread, with the library's parser, table and file writer.
#include <weir/core/failure.hpp>
#include <weir/runtime/sinks/rolling_files.hpp>
#include <weir/schema/ndjson.hpp>
#include <weir/support/flat_table.hpp>

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "traffic.hpp"

namespace access_log {
namespace {

constexpr std::int64_t minute = 60'000'000, bound = 60'000'000;

struct window {
    std::int64_t start;
    weir::flat_table<std::string, std::pair<long, long>> table{};  // hits and bytes by host
};
struct output {
    weir::detail::rolling_files files;
    std::string text{};
    std::uint64_t records = 0;

    explicit output(const std::string& folder) : files(weir::file_system::real(), folder, "run", 0, ".ndjson", true) {}
    template <class Record>
    void write(const Record& record) {
        weir::write_ndjson(text, record);
        ++records;
        if (text.size() >= 65'536) flush(false);
    }
    void flush(bool last) {
        files.write(text, std::exchange(records, 0), last);
        text.clear();
    }
};

}  // namespace

counts by_hand(const std::string& log, const std::string& out) {
    weir::file_system& files = weir::file_system::real();
    const weir::mapped_file text = files.map(files.open_read(log).value(), log).value();
    files.make_directories(out + "/bad").value();
    output results(out), bad(out + "/bad");
    std::vector<std::unique_ptr<window>> open;  // by start
    window* current = nullptr;                  // of the last record
    std::int64_t trip = INT64_MIN, watermark = INT64_MIN;
    counts n;
    hit h;
    auto parser = weir::formats::combined_log.parser<hit>();
    const auto fire = [&](std::int64_t until) {
        for (; !open.empty() && open.front()->start + minute - 1 <= until; open.erase(open.begin())) {
            const std::chrono::sys_time start(std::chrono::microseconds(open.front()->start));
            for (const auto& [host, s] : open.front()->table)
                results.write(usage{host, {start, start + std::chrono::minutes(1)}, s.first, s.second});
        }
        current = nullptr;
    };
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        const std::string_view line(at, static_cast<std::size_t>((stop == nullptr ? end : stop) - at));
        at = stop == nullptr ? end : stop + 1;
        ++n.lines;
        if (const weir::parse_status s = parser.parse(line, h); s.what != weir::parsed::record) {
            bad.write(weir::failure<std::string>{std::string(line), std::string(s.reason), {n.lines, s.column, 0}});
            continue;
        }
        ++n.parsed;
        const std::int64_t time = std::chrono::microseconds(h.time.time_since_epoch()).count();
        if (current == nullptr || time < current->start || time >= current->start + minute) {
            const std::int64_t start = weir::floor_div(time, minute) * minute;
            if (start + minute - 1 <= watermark && ++n.late != 0) continue;
            auto place = open.end();
            while (place != open.begin() && (*(place - 1))->start > start) --place;
            const bool there = place != open.begin() && (*(place - 1))->start == start;
            current = (there ? *(place - 1) : *open.insert(place, std::make_unique<window>(start))).get();
        }
        if (auto* entry = current->table.find(h.host)) {
            entry->value = {entry->value.first + 1, entry->value.second + h.bytes};
        } else {
            current->table.try_emplace(h.host, std::pair<long, long>(1, h.bytes));
        }
        if (time >= trip) {
            watermark = time - bound - 1;
            trip = (weir::floor_div(watermark + 1, minute) + 1) * minute + bound;
            fire(watermark);
        }
    }
    fire(INT64_MAX);
    for (output* each : {&results, &bad}) each->flush(true);
    return {n.lines, n.parsed, bad.files.whole(), n.late, results.files.whole()};
}

}  // namespace access_log
