// SPDX-License-Identifier: BSL-1.0
// T2 of the durability reference: the writing process is killed (SIGKILL) at every system call, before it, half done
// and after it, and at random numbers of acknowledgements. What was acknowledged `written` is read back, in order and
// unchanged, and the next writer opens at once (R1, R10).
#include "support/catch.hpp"

#include <weir/buffers/storage_reader.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "support/forwarded_files.hpp"
#include "support/scratch.hpp"

namespace {

/// The real calls, of which the n-th ends the process.
class killing_files final : public weir_test::forwarded_files {
  public:
    enum when { before, half, after };
    killing_files(std::uint64_t at, when how) : at_(at), how_(how) {}
    int open_folder(const std::string& path, bool make) override {
        return call([&] { return real().open_folder(path, make); });
    }
    int open(int folder, const char* name, weir::storage_open how) override {
        return call([&] { return real().open(folder, name, how); });
    }
    std::int64_t write_at(int fd, const char* from, std::size_t size, std::uint64_t offset) override {
        if (calls_ + 1 == at_ && how_ == half) static_cast<void>(real().write_at(fd, from, size / 2, offset));
        return call([&] { return real().write_at(fd, from, size, offset); });
    }
    int allocate(int fd, std::uint64_t size) override {
        return call([&] { return real().allocate(fd, size); });
    }
    int resize(int fd, std::uint64_t size) override {
        return call([&] { return real().resize(fd, size); });
    }
    int sync_data(int fd) override {
        return call([&] { return real().sync_data(fd); });
    }
    int sync(int fd) override {
        return call([&] { return real().sync(fd); });
    }
    int lock(int fd) override {
        return call([&] { return real().lock(fd); });
    }
    int rename(int folder, const char* from, const char* to) override {
        return call([&] { return real().rename(folder, from, to); });
    }
    int remove(int folder, const char* name) override {
        return call([&] { return real().remove(folder, name); });
    }

  private:
    template <class F>
    auto call(F f) -> decltype(f()) {
        const bool now = ++calls_ == at_;
        if (now && how_ != after) ::kill(::getpid(), SIGKILL);
        const auto answer = f();
        if (now) ::kill(::getpid(), SIGKILL);
        return answer;
    }
    std::uint64_t at_;
    when how_;
    std::uint64_t calls_ = 0;
};

/// What the child has been told, in memory that outlives it.
struct told {
    weir::atomic<std::uint64_t> acked{0};
};
class shared_told {
  public:
    shared_told() {
        void* at = ::mmap(nullptr, sizeof(told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) throw std::runtime_error("mmap");
        at_ = new (at) told;
    }
    shared_told(const shared_told&) = delete;
    shared_told& operator=(const shared_told&) = delete;
    ~shared_told() { ::munmap(at_, sizeof(told)); }
    told* operator->() const noexcept { return at_; }

  private:
    told* at_;
};

weir::log_options options_for(weir::log_sync sync) {
    weir::log_options o;
    o.segment_bytes = 65'536;
    o.sync = sync;
    o.alignment = sync == weir::log_sync::each_commit ? 4'096 : 8;
    o.retain_bytes = 4 * 65'536;
    return o;
}
std::string text_of(std::uint64_t n) { return "record " + std::to_string(n) + std::string(n * 131 % 3'000, 'y'); }

/// In the child: never returns.
[[noreturn]] void write_until_killed(const std::string& folder, weir::log_sync sync, weir::storage_files& files,
                                     const shared_told& to, std::uint64_t records) {
    auto log = weir::log_storage::open(folder, options_for(sync), files);
    if (!log) ::_exit(3);
    for (std::uint64_t i = 0; i < records; ++i) {
        const std::string text = text_of((*log)->appended());
        const weir::log_record one{"key", text, 0};
        if (!(*log)->append({&one, 1})) ::_exit(4);
        if ((*log)->step() == weir::storage_step::failed) ::_exit(5);
        to->acked.store((*log)->written(), weir::memory_order_release);
    }
    if (!(*log)->close()) ::_exit(6);
    ::_exit(0);
}

/// What is there; less than `acked` or other bytes: false.
bool holds(const std::string& folder, weir::log_sync sync, std::uint64_t acked) {
    auto log = weir::log_storage::open(folder, options_for(sync));
    INFO((log ? std::string() : log.error().message));
    CHECK(log.has_value());
    if (!log) return false;
    std::uint64_t at = (*log)->first_available();
    weir::storage_reader reader(**log, at);
    for (auto page = reader.next(); page.kind != weir::page_kind::caught_up; page = reader.next()) {
        if (page.kind != weir::page_kind::records) return false;
        for (const auto& r : page.records)
            if (r.sequence != at++ || r.payload != text_of(r.sequence)) return false;
    }
    return at == (*log)->durable() && at >= acked;
}

}  // namespace

TEST_CASE("killed at every call: before, half done, after (T2; R1, R10)") {
    const bool nightly = std::getenv("WEIR_NIGHTLY") != nullptr;
    std::uint64_t kills = 0;
    for (const auto how : {killing_files::before, killing_files::half, killing_files::after}) {
        for (std::uint64_t n = 1;; n += nightly ? 1 : 3) {
            weir_test::scratch folder;
            shared_told to;
            const pid_t child = ::fork();
            if (child == 0) {
                killing_files files(n, how);
                write_until_killed(folder / "log", weir::log_sync::each_commit, files, to, 40);
            }
            REQUIRE(child > 0);
            int status = 0;
            REQUIRE(::waitpid(child, &status, 0) == child);
            INFO("call " << n << ", moment " << how << ", status " << status);
            CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
            CHECK(holds(folder / "log", weir::log_sync::each_commit, to->acked.load(weir::memory_order_acquire)));
            if (!WIFSIGNALED(status)) break;
            ++kills;
        }
    }
    CHECK(kills > 60);
}

TEST_CASE("killed again and again, over one folder (T2; R1)") {
    const int cycles = std::getenv("WEIR_NIGHTLY") != nullptr ? 500 : 30;
    std::mt19937_64 random(9);
    for (const auto sync : {weir::log_sync::each_commit, weir::log_sync::on_request}) {
        weir_test::scratch folder;
        shared_told to;
        for (int i = 0; i < cycles; ++i) {
            const std::uint64_t until = to->acked.load(weir::memory_order_acquire) + 1 + random() % 60;
            const pid_t child = ::fork();
            if (child == 0) write_until_killed(folder / "log", sync, weir::storage_files::real(), to, 100'000);
            REQUIRE(child > 0);
            int status = 0;
            while (to->acked.load(weir::memory_order_acquire) < until && ::waitpid(child, &status, WNOHANG) == 0) {}
            ::kill(child, SIGKILL);
            REQUIRE((::waitpid(child, &status, 0) == child && WIFSIGNALED(status)));
            INFO("cycle " << i << ", seed 9");
            CHECK(holds(folder / "log", sync, to->acked.load(weir::memory_order_acquire)));
        }
    }
}

TEST_CASE("the cycles of kills see an acknowledgement that comes too early (T16)") {
    weir_test::scratch folder;
    shared_told to;
    const pid_t child = ::fork();
    if (child == 0) {
        auto log = weir::log_storage::open(folder / "log", options_for(weir::log_sync::each_commit));
        if (!log) ::_exit(3);
        const std::string text = text_of(0);
        const weir::log_record one{"key", text, 0};
        const auto at = (*log)->append({&one, 1});
        if (at) to->acked.store(*at + 1, weir::memory_order_release);  // of memory, taken for written
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE((::waitpid(child, &status, 0) == child && WIFSIGNALED(status)));
    CHECK(!holds(folder / "log", weir::log_sync::each_commit, to->acked.load(weir::memory_order_acquire)));
}
