// SPDX-License-Identifier: BSL-1.0
// Looks after the folder of a stream on disk, all of its shards, or of one log (DIR/shard-N, or one of its own):
//
//     08_stream_folder inspect DIR              its segments and what is wrong, changing nothing
//     08_stream_folder verify DIR               the same, every block read
//     08_stream_folder tail DIR [N] [--follow]  records from N on; --follow: goes on as another process writes. Of a
//                                               stream: of all shards, from their oldest record on
//     08_stream_folder salvage DIR [--yes]      what it would do about damage; with --yes does it
//     08_stream_folder write DIR N              appends N records to a log of its own, each durable before the next
//
// Without arguments it shows all of them on a folder of its own, which it damages.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <weir/buffers/storage_follower.hpp>
#include <weir/buffers/storage_inspection.hpp>
#include <weir/streams/stream_folder.hpp>

namespace {

int failed(const weir::error& e) {
    std::cerr << "FAILED: " << e.message << "\n";
    return 1;
}

int print(const weir::result<weir::storage_inspection>& found) {
    if (!found) return failed(found.error());
    std::cout << "records " << found->first << " to " << found->next << " (not included), shard "
              << found->options.shard << "\n";
    for (const auto& s : found->segments) {
        std::cout << "  " << s.name << "  records " << s.first << " to " << s.next << "  "
                  << (s.sealed ? "sealed" : "written to") << "\n";
    }
    if (found->torn_bytes != 0) std::cout << "  a torn tail, never durable: opening for writing cuts it\n";
    for (const auto& l : found->lost) {
        std::cout << "  DAMAGED: " << (l.file.empty() ? "the folder" : l.file + " at byte " + std::to_string(l.offset))
                  << ": " << l.what << "; records " << l.first << " to " << l.last << " are lost\n";
    }
    if (!found->damaged()) std::cout << "  no damage\n";
    return found->damaged() ? 3 : 0;
}

int tail(const std::string& folder, std::uint64_t from, bool follow) {
    auto follower = weir::storage_follower::open(folder, from);
    if (!follower) return failed(follower.error());
    for (;;) {
        const auto page = follower->next();
        if (!page) return failed(page.error());
        switch (page->kind) {
        case weir::page_kind::records:
            for (const auto& r : page->records) std::cout << r.sequence << " " << r.key << " " << r.payload << "\n";
            break;
        case weir::page_kind::trimmed:
            std::cout << "(records " << page->first << " to " << page->last << " are no longer kept)\n";
            break;
        case weir::page_kind::data_lost:
            std::cout << "(records " << page->first << " to " << page->last << " are LOST)\n";
            break;
        case weir::page_kind::caught_up:
            if (!follow) return 0;
            std::cout.flush();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            break;
        case weir::page_kind::unavailable:  // of a reader in the writing process; a follower says so by an error
            return failed({weir::errc::io, "read " + folder + ": a file cannot be opened just now; try again", folder});
        }
    }
}

int salvage(const std::string& folder, bool really) {
    const auto found = weir::storage_inspection::verify(folder);
    if (print(found) == 1) return 1;
    if (!found->damaged()) {
        std::cout << "nothing to salvage\n";
        return 0;
    }
    std::cout << (really ? "salvaging" : "would do, with --yes") << ": end the damaged segment where its last whole "
              << "block ends, leave its bytes, and go on in a new one; readers are told what is lost\n";
    if (!really) return 0;
    weir::log_options o = found->options;
    o.salvage = true;
    auto log = weir::log_storage::open(folder, o);
    if (!log) return failed(log.error());
    if (const auto r = (*log)->close(); !r) return failed(r.error());
    std::cout << "salvaged; the next record is " << (*log)->durable() << "\n";
    return 0;
}

int write(const std::string& folder, std::uint64_t n, bool close) {
    weir::log_options o;
    o.segment_bytes = 65'536;
    auto log = weir::log_storage::open(folder, o);
    if (!log) return failed(log.error());
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::string payload = "reading " + std::to_string(20 + (*log)->appended() % 7) + " degrees";
        const std::string key = "sensor-" + std::to_string((*log)->appended() % 3);
        const weir::log_record record{key, payload, 0};
        if (const auto at = (*log)->append({&record, 1}); !at) return failed(at.error());
        if ((*log)->step() == weir::storage_step::failed) return failed((*log)->failure());
    }
    std::cout << "durable up to " << (*log)->durable() << "\n";
    if (!close) return 0;
    const auto r = (*log)->close();
    return r ? 0 : failed(r.error());
}

bool is_stream(const std::string& folder) { return std::filesystem::exists(folder + "/stream.meta"); }

/// `look` at the log, or at every shard's; the worst answer.
template <class Look>
int each_log(const std::string& folder, Look look) {
    if (!is_stream(folder)) return look(folder);
    const auto stream = weir::stream_folder::open(folder);
    if (!stream) return failed(stream.error());
    const auto all = stream->list_shards();
    if (!all) return failed(all.error());
    int worst = 0;
    for (const weir::shard_description& shard : all->shards) {
        const std::string log = folder + "/shard-" + std::to_string(shard.id.index);
        std::cout << to_string(shard.id) << (shard.open() ? ", open: " : ", closed: ");
        if (std::filesystem::exists(log)) {
            worst = std::max(worst, look(log));
        } else {
            std::cout << "nothing written yet\n";
        }
    }
    return worst;
}

int tail_stream(const std::string& folder, bool follow) {
    const auto stream = weir::stream_folder::open(folder);
    if (!stream) return failed(stream.error());
    std::map<weir::shard_id, std::optional<weir::shard_iterator>> places;  // nothing: read to its end
    for (bool more = true; more || follow;) {
        more = false;
        const auto all = stream->list_shards();
        if (!all) return failed(all.error());
        for (const weir::shard_description& shard : all->shards) {
            if (!places.contains(shard.id)) {
                const auto oldest = stream->get_shard_iterator(shard.id, {});
                if (!oldest) return failed(oldest.error());
                places[shard.id] = *oldest;
            }
            auto& place = places[shard.id];
            if (!place) continue;
            const auto page = stream->get_records(*place);
            if (!page) return failed(page.error());
            if (page->missed != 0) std::cout << to_string(shard.id) << " (" << page->missed << " are not there)\n";
            for (const weir::stream_record& r : page->records) {
                std::cout << to_string(shard.id) << " " << to_string(r.number) << " " << r.partition_key << " "
                          << r.data << "\n";
            }
            more = more || !page->records.empty();
            place = page->next;
        }
        if (!more && follow) {
            std::cout.flush();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    return 0;
}

/// One byte of the folder's last segment, changed as a bad disk would.
void damage(const std::string& file, std::streamoff at) {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(at);
    f.put('!');
}

int show() {
    const std::string folder = "sensors";
    std::cout << "-- write\n";
    if (write(folder, 18, true) != 0) return 1;
    std::cout << "-- inspect\n";
    print(weir::storage_inspection::inspect(folder));
    std::cout << "-- tail from 15\n";
    tail(folder, 15, false);
    std::cout << "-- a byte of record 16 goes bad\n";
    const auto found = weir::storage_inspection::inspect(folder);
    if (!found) return 1;
    const auto& last = found->segments.back();
    damage(folder + "/" + last.name, static_cast<std::streamoff>(4'096 * (16 - last.first + 1) + 100));
    print(weir::storage_inspection::verify(folder));
    std::cout << "-- opening for writing is refused\n";
    const auto refused = weir::log_storage::open(folder, found->options);
    std::cout << (refused ? "opened" : refused.error().message) << "\n";
    std::cout << "-- salvage\n";
    salvage(folder, false);
    std::cout << "-- salvage --yes\n";
    salvage(folder, true);
    std::cout << "-- tail from 15\n";
    return tail(folder, 15, false);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty()) return show();
    const auto is = [&](const char* verb, std::size_t least) { return words[0] == verb && words.size() >= least; };
    const bool yes = words.back() == "--yes";
    const bool follow = words.back() == "--follow";
    const auto number = [&](std::size_t i) {
        return i < words.size() ? std::strtoull(words[i].c_str(), nullptr, 10) : 0ULL;
    };
    using weir::storage_inspection;
    if (is("inspect", 2)) {
        return each_log(words[1], [](const std::string& log) { return print(storage_inspection::inspect(log)); });
    }
    if (is("verify", 2)) {
        return each_log(words[1], [](const std::string& log) { return print(storage_inspection::verify(log)); });
    }
    if (is("tail", 2)) return is_stream(words[1]) ? tail_stream(words[1], follow) : tail(words[1], number(2), follow);
    if (is("salvage", 2)) {
        return each_log(words[1], [yes](const std::string& log) { return salvage(log, yes); });
    }
    if (is("write", 3) && is_stream(words[1])) {
        std::cerr << "write " << words[1] << ": a stream's folder; put into it by a stream that is on_disk there\n";
        return 2;
    }
    if (is("write", 3)) return write(words[1], number(2), false);
    std::cerr << "usage: 08_stream_folder inspect|verify|tail|salvage|write DIR ...\n";
    return 2;
}
