// SPDX-License-Identifier: BSL-1.0
// How many threads of this process can run at once, and on which cores: the affinity mask and the cgroup's quota.
// `std::thread::hardware_concurrency` stayed 2 for a process bound to one core (runtime.md, H).
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace detail {

/// The first 4 KiB of a small kernel file; empty when it can not be read.
[[nodiscard]] inline std::string kernel_file(const std::string& path) {
    std::string text(4096, '\0');
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    const ssize_t n = ::read(fd, text.data(), text.size());
    ::close(fd);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

/// Cores that a cgroup's `cpu.max` ("quota period" or "max period", in us) allows, rounded up; 0: no limit.
[[nodiscard]] constexpr unsigned cores_of_quota(std::string_view text) noexcept {
    const auto number = [&text]() -> std::uint64_t {
        while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
        std::uint64_t n = 0;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            if (n < 1'000'000'000'000) n = n * 10 + static_cast<std::uint64_t>(text.front() - '0');
            text.remove_prefix(1);
        }
        return n;
    };
    const std::uint64_t quota = number();
    const std::uint64_t period = number();
    if (quota == 0 || period == 0) return 0;
    const std::uint64_t cores = (quota + period - 1) / period;
    return cores > 65'536 ? 0 : static_cast<unsigned>(cores);
}

/// The tightest quota of this process's cgroup and those above it; 0: no limit, or no cgroup v2.
[[nodiscard]] inline unsigned cgroup_cores() {
    const std::string mine = kernel_file("/proc/self/cgroup");
    const std::size_t at = mine.find("0::/");
    std::string path = at == std::string::npos ? std::string{} : mine.substr(at + 3, mine.find('\n', at) - at - 3);
    unsigned least = 0;
    for (;;) {
        const unsigned here = cores_of_quota(kernel_file("/sys/fs/cgroup" + path + "/cpu.max"));
        if (here != 0 && (least == 0 || here < least)) least = here;
        if (path.empty()) return least;
        path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
    }
}

/// The cores this process may use.
[[nodiscard]] inline std::vector<unsigned> allowed_cores() {
    std::vector<unsigned> out;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
            if (CPU_ISSET(i, &set)) out.push_back(i);
        }
    }
    if (out.empty()) out.push_back(0);
    return out;
}

/// Threads of this process that can run at once; at least 1.
[[nodiscard]] inline unsigned usable_cores() {
    const unsigned allowed = static_cast<unsigned>(allowed_cores().size());
    const unsigned quota = cgroup_cores();
    return quota == 0 ? allowed : std::min(allowed, quota);
}

/// Binds the calling thread to one core; false when the kernel refuses.
inline bool pin_this_thread(unsigned core) noexcept {
    if (core >= CPU_SETSIZE) return false;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set) == 0;
}

/// The kernel takes 15 characters; longer names are cut.
inline void name_this_thread(std::string_view name) noexcept {
    char text[16] = {};
    std::memcpy(text, name.data(), std::min<std::size_t>(name.size(), 15));
    static_cast<void>(::pthread_setname_np(::pthread_self(), text));
}

}  // namespace detail
}  // namespace weir
