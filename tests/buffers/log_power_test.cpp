// SPDX-License-Identifier: BSL-1.0
// T3: power is cut under a writing log, on real file systems. The disk is an image; a cut is a copy of it while the
// writer is stopped: what the file system had not given to the disk is not in it. The copy is mounted, its journal
// replayed, the log opened: all that was acknowledged `durable` is there, and nothing else than what was put (R2, R3,
// R5).
#include "support/catch.hpp"

#include <weir/buffers/storage_reader.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "support/forwarded_files.hpp"
#include "support/own_mounts.hpp"
#include "support/scratch.hpp"

namespace {

using weir_test::findings;

/// The system's files, of which nothing is ever synced.
class never_synced final : public weir_test::forwarded_files {
  public:
    int sync_data(int) override { return 0; }
    int sync(int) override { return 0; }
    int drop_cache(int) override { return 0; }
};

struct told {
    weir::atomic<std::uint64_t> durable{0};
};

weir::log_options options() {
    weir::log_options o;
    o.segment_bytes = std::uint64_t{256} << 10U;
    o.retain_bytes = std::uint64_t{8} << 20U;
    return o;
}
std::string text_of(std::uint64_t n) { return "record " + std::to_string(n) + std::string(n * 131 % 2'000, 'y'); }

[[noreturn]] void write_for_ever(const std::string& folder, weir::storage_files& files, told& to) {
    auto log = weir::log_storage::open(folder, options(), files);
    if (!log) ::_exit(3);
    for (std::uint64_t n = 0;; ++n) {
        const std::string text = text_of((*log)->appended());
        const weir::log_record one{"key", text, 0};
        if (!(*log)->append({&one, 1})) ::_exit(4);
        if (n % 5 != 0) continue;
        if ((*log)->step() == weir::storage_step::failed) ::_exit(5);
        to.durable.store((*log)->durable(), weir::memory_order_release);
    }
}
/// Why what is there is not what was acknowledged; empty: it is.
std::string lacks(const std::string& folder, std::uint64_t durable) {
    auto log = weir::log_storage::open(folder, options());
    if (!log) return log.error().message;
    std::uint64_t at = (*log)->first_available();
    weir::storage_reader reader(**log, at);
    for (auto page = reader.next(); page.kind != weir::page_kind::caught_up; page = reader.next()) {
        if (page.kind != weir::page_kind::records) return "records " + std::to_string(page.first) + " are not there";
        for (const auto& r : page.records) {
            if (r.sequence != at || r.payload != text_of(at)) return "record " + std::to_string(at) + " is another one";
            ++at;
        }
    }
    if (at < durable) return std::to_string(durable) + " were durable, there are " + std::to_string(at);
    return "";
}
/// So many cuts; how many of them lost something. `out` is told where `lost` is null.
void cut(findings& out, const std::string& kind, const weir_test::scratch& dir, weir::storage_files& files, int cuts,
         int* lost) {
    const auto path = [&](const char* name) { return dir / name; };
    if (::mount("none", path("below").c_str(), "tmpfs", 0, "size=256m") != 0
        || !weir_test::mount_new_image(kind, path("below/image"), 48, path("disk"))) {
        return out.skip("no loop device with " + kind);
    }
    void* const page = ::mmap(nullptr, sizeof(told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!out.expect(page != MAP_FAILED, "shared memory")) return;
    auto* const acknowledged = new (page) told;
    const pid_t writer = ::fork();
    if (writer == 0) write_for_ever(path("disk/log"), files, *acknowledged);
    std::mt19937_64 random(3);
    int status = 0;
    for (int i = 0; i < cuts; ++i) {
        const std::uint64_t until = acknowledged->durable.load(weir::memory_order_acquire) + 1 + random() % 400;
        while (acknowledged->durable.load(weir::memory_order_acquire) < until
               && ::waitpid(writer, &status, WNOHANG) == 0) {}
        ::kill(writer, SIGSTOP);
        if (::waitpid(writer, &status, WUNTRACED) == writer && !WIFSTOPPED(status)) break;
        const std::uint64_t durable = acknowledged->durable.load(weir::memory_order_acquire);
        // A file system that writes of itself meanwhile would make a copy that no disk ever was.
        std::string copy;
        std::string image = weir_test::read_file(path("below/image"));
        while (image != copy) {
            copy = std::move(image);
            image = weir_test::read_file(path("below/image"));
        }
        ::kill(writer, SIGCONT);
        weir_test::write_file(path("below/copy"), copy);
        if (!out.expect(weir_test::mount_image(kind, path("below/copy"), path("after")), kind + ": mount the copy")) {
            break;
        }
        const std::string why = lacks(path("after/log"), durable);
        if (lost == nullptr) {
            out.expect(why.empty(), kind + ": cut " + std::to_string(i) + ", seed 3: " + why);
        } else if (!why.empty()) {
            ++*lost;
        }
        out.expect(::umount(path("after").c_str()) == 0, "unmount");
    }
    out.expect(!WIFEXITED(status) || WIFSTOPPED(status), "the writer goes on");
    ::kill(writer, SIGKILL);
    ::waitpid(writer, &status, 0);
}
void judge(const std::vector<std::string>& lines) {
    bool ended = false;
    for (const std::string& line : lines) {
        if (line.starts_with("skipped: ")) WARN(line);
        if (line.starts_with("wrong: ")) FAIL_CHECK(line);
        ended = ended || line.starts_with("checks ");
    }
    CHECK(ended);
}
void make_folders(const weir_test::scratch& dir) {
    for (const char* const name : {"below", "disk", "after"}) std::filesystem::create_directory(dir / name);
}

}  // namespace

TEST_CASE("power is cut under a writing log, again and again (T3; R2, R3, R5)") {
    const int cuts = std::getenv("WEIR_NIGHTLY") != nullptr ? 300 : 8;
    for (const std::string& kind : weir_test::file_systems()) {
        const weir_test::scratch dir;
        make_folders(dir);
        judge(weir_test::in_own_mounts(
            [&](findings& out) { cut(out, kind, dir, weir::storage_files::real(), cuts, nullptr); }));
    }
}

TEST_CASE("the cuts see a log that acknowledges without a sync (T16)") {
    for (const std::string& kind : weir_test::file_systems()) {
        const weir_test::scratch dir;
        make_folders(dir);
        judge(weir_test::in_own_mounts([&](findings& out) {
            never_synced files;
            int lost = 0;
            const std::size_t before = out.checks();
            cut(out, kind, dir, files, 4, &lost);
            if (out.checks() != before)
                out.expect(lost >= 2, kind + ": found in " + std::to_string(lost) + " of 4 cuts");
        }));
    }
}
