// SPDX-License-Identifier: BSL-1.0
// Records appended to disk, synced at each commit or not, beside RocksDB, LMDB, SQLite and the bare disk (`pwrite` into
// allocated room, and `fdatasync`) on the same disk in turns. ns a record, of commits of 1 to 10,000. And records read
// back out of the page cache, every word of them, from sealed segments that are mapped and by copies. TMPDIR chooses
// the disk.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <weir/buffers/storage_reader.hpp>

#include "../support/bench.hpp"
#include "peers.hpp"

namespace {

struct goal {
    double peer = bench::none;
    double bare = bench::none;
};
goal goal_of(std::size_t size, std::uint64_t batch, bool synced) {
    if (!synced) return {};
    if (size == 100 && batch == 1) return {1.0, 0.8};
    if (size == 100 && batch == 1'000) return {1.8, bench::none};
    if (size == 100 && batch == 10'000) return {2.0, bench::none};
    if (size == 1'024 && batch == 10'000) return {bench::none, 0.7};
    return {};
}

void one_case(bench::program& p, std::size_t size, std::uint64_t batch, bool synced) {
    const bench::disk_folder folder;
    const std::string payload(size, 'p');
    // Records of all runs together stay below what the disk and the time allow.
    const std::uint64_t most = p.quick() ? (batch == 1       ? 40
                                            : batch == 100   ? 20
                                            : batch == 1'000 ? 6
                                                             : 2)
                                         : (batch == 1       ? 400
                                            : batch == 100   ? 200
                                            : batch == 1'000 ? 60
                                                             : 10);
    bench::weir_store ours(folder / "weir", synced);
    bench::bare_disk bare(folder / "bare");
    bench::rocksdb_store rocks(folder / "rocksdb", synced);
    bench::lmdb_store lmdb(folder / "lmdb", synced);
    bench::sqlite_store sqlite(folder / "sqlite", synced);
    const auto run = [&](auto& store) {
        for (std::uint64_t i = 0; i < most; ++i) store.commit(batch, payload);
    };
    const auto operations = static_cast<double>(most * batch);
    const auto t =
        bench::measure(p.runs(9), operations, bench::named("weir", [&] { run(ours); }),
                       bench::named("bare disk",
                                    [&] {
                                        if (synced) run(bare);
                                    }),
                       bench::named("RocksDB", [&] { run(rocks); }), bench::named("LMDB", [&] { run(lmdb); }),
                       bench::named("SQLite", [&] { run(sqlite); }));
    std::vector<bench::timing> peers;
    if (bench::has_rocksdb) peers.push_back(t[2]);
    if (bench::has_lmdb) peers.push_back(t[3]);
    if (bench::has_sqlite) peers.push_back(t[4]);
    std::sort(peers.begin(), peers.end(), [](const auto& a, const auto& b) { return a.median < b.median; });
    std::string others;
    for (std::size_t i = 1; i < peers.size(); ++i) {
        others += (i == 1 ? "" : ", ") + peers[i].name + " " + std::to_string(std::lround(peers[i].median));
    }
    const goal g = goal_of(size, batch, synced);
    const std::string name =
        std::to_string(size) + " B, commits of " + std::to_string(batch) + (synced ? ", synced" : ", not synced");
    p.add(name, "ns/record", t[0], peers.empty() ? bench::timing{} : peers.front(), g.peer, bench::better::less,
          others);
    if (synced) p.add(name + ", bare disk", "ns/record", t[0], t[1], g.bare);
}

/// Every record, and every word of it.
std::uint64_t read_all(const weir::log_storage& log) {
    weir::storage_reader reader(log, 0);
    std::uint64_t sum = 0;
    std::uint64_t records = 0;
    for (auto page = reader.next(); page.kind == weir::page_kind::records; page = reader.next()) {
        for (const auto& r : page.records) {
            for (std::size_t i = 0; i + 8 <= r.payload.size(); i += 8) {
                std::uint64_t word = 0;
                std::memcpy(&word, r.payload.data() + i, 8);
                sum += word;
            }
        }
        records += page.records.size();
    }
    bench::keep(sum);
    return records;
}

void read_back(bench::program& p, std::size_t size) {
    const bench::disk_folder folder;
    weir::log_options o;
    o.sync = weir::log_sync::on_request;
    o.alignment = 8;
    o.segment_bytes = std::uint64_t{64} << 20U;
    const std::uint64_t commits = (p.quick() ? 160'000'000 : 640'000'000) / (size * 1'000);
    {
        const auto log = weir::log_storage::open(folder / "log", o).value();
        const std::string payload(size, 'p');
        const std::vector<weir::log_record> records(1'000, weir::log_record{"12345678", payload, 0});
        for (std::uint64_t i = 0; i < commits; ++i) {
            bench::need(log->append(records).has_value(), "append");
            bench::need(log->step() == weir::storage_step::progress, "step");
        }
        bench::need(log->close().has_value(), "close");
    }
    const auto opened = [&](bool mapped) {
        weir::log_options how = o;
        how.map_bytes = mapped ? how.segment_bytes : 0;
        return weir::log_storage::open(folder / "log", how).value();
    };
    const auto whole = [&](const weir::log_storage& log) {
        bench::need(read_all(log) == commits * 1'000, "all records");
    };
    std::unique_ptr<weir::log_storage> log = opened(false);
    const auto scrubbed = bench::measure(p.runs(9), static_cast<double>(commits * 1'000), bench::named("scrub", [&] {
                                             const weir::storage_scrub s = log->scrub(~std::uint64_t{0});
                                             bench::need(s.passes == 1 && s.damaged == 0, "a pass");
                                         }));
    p.add("gone over on the disk, " + std::to_string(size) + " B", "ns/record", scrubbed[0]);
    for (const bool first : {true, false}) {
        // A log has one writer, so each turn opens it, which is not measured.
        const auto turn = [&](bool mapped) {
            log.reset();
            log = opened(mapped);
            if (!first) whole(*log);
            const double start = bench::now_ns();
            whole(*log);
            return bench::now_ns() - start;
        };
        const auto t = bench::measure(p.runs(9), static_cast<double>(commits * 1'000),
                                      bench::named("mapped", [&] { return turn(true); }),
                                      bench::named("copies", [&] { return turn(false); }));
        p.add("read back, " + std::to_string(size) + " B, " + (first ? "checksums checked" : "checked before"),
              "ns/record", t[0], t[1], bench::none);
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("disk", argc, argv);
    try {
        for (const bool synced : {true, false}) {
            for (const std::size_t size : {std::size_t{100}, std::size_t{1'024}}) {
                for (const std::uint64_t batch : {1U, 100U, 1'000U, 10'000U}) one_case(p, size, batch, synced);
            }
        }
        for (const std::size_t size : {std::size_t{100}, std::size_t{1'024}}) read_back(p, size);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "disk: %s\n", e.what());
        return 1;
    }
    return p.finish();
}
