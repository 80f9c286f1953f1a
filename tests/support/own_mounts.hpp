// SPDX-License-Identifier: BSL-1.0
// Tests of real file systems that are small, read-only or cut off: in a child process with mounts of its own, which
// are gone with it, whatever becomes of it. What the child checks is told to the test, which Catch2 does not see.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/scratch.hpp"

namespace weir_test {

/// In the child: what it says to the test.
class findings {
  public:
    explicit findings(int to) : to_(to) {}
    bool expect(bool good, const std::string& what) {
        ++checks_;
        if (!good) say("wrong: " + what);
        return good;
    }
    /// The machine does not permit it.
    void skip(const std::string& why) { say("skipped: " + why); }
    void say(const std::string& line) const {
        const std::string text = line + "\n";
        if (::write(to_, text.data(), text.size()) < 0) ::_exit(96);
    }
    [[nodiscard]] std::size_t checks() const noexcept { return checks_; }

  private:
    int to_;
    std::size_t checks_ = 0;
};

/// What it said; the last line is "checks N" where it came to its end.
template <class Body>
std::vector<std::string> in_own_mounts(Body body) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    const uid_t user = ::getuid();
    const gid_t group = ::getgid();
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        findings out(ends[1]);
        try {
            bool own = ::unshare(CLONE_NEWNS) == 0;
            if (!own && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
                std::ofstream("/proc/self/setgroups") << "deny";
                std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
                std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
                own = true;
            }
            if (!own || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
                out.skip("no mounts of one's own here (unshare)");
            } else {
                body(out);
            }
            out.say("checks " + std::to_string(out.checks()));
        } catch (const std::exception& e) {
            out.say(std::string("wrong: it threw ") + e.what());
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char some[4'096];
    for (ssize_t n = ::read(ends[0], some, sizeof(some)); n > 0; n = ::read(ends[0], some, sizeof(some))) {
        text.append(some, static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    std::vector<std::string> lines = lines_of(text);
    if (!WIFEXITED(status)) lines.push_back("wrong: ended by signal " + std::to_string(WTERMSIG(status)));
    return lines;
}

/// The program as a shell has it; its output is not shown.
inline bool ran(const std::string& command) {
    return std::system(("PATH=$PATH:/usr/sbin:/sbin; (" + command + ") > /dev/null 2>&1").c_str()) == 0;
}
/// The file systems that a test goes through: at night those that logs are often on, else ext4.
inline std::vector<std::string> file_systems() {
    if (std::getenv("WEIR_NIGHTLY") == nullptr) return {"ext4"};
    return {"ext4", "xfs", "btrfs"};
}
/// Root's, with loop devices. An image may be a copy of one that is mounted.
inline bool mount_image(const std::string& kind, const std::string& image, const std::string& folder) {
    return ran("mount -t " + kind + " -o loop" + (kind == "xfs" ? ",nouuid " : " ") + image + " " + folder);
}
/// An image of so many MiB with an empty file system in it, mounted there.
inline bool mount_new_image(const std::string& kind, const std::string& image, std::size_t mebibytes,
                            const std::string& folder) {
    // Of sizes that their tools would rather refuse.
    const std::string options = kind == "ext4" ? " -F " : kind == "xfs" ? " -f --unsupported " : " -f -M ";
    return ran("truncate -s " + std::to_string(mebibytes) + "M " + image + " && mkfs." + kind + " -q" + options + image)
           && mount_image(kind, image, folder);
}
/// A new file system on a loop device, its image in a tmpfs that is mounted at `below`; for ext4, where there is none,
/// a tmpfs of that size; empty: neither.
inline std::string mount_small(const std::string& kind, const std::string& below, std::size_t mebibytes,
                               const std::string& folder) {
    const std::string size = "size=" + std::to_string(mebibytes) + "m";
    if (::mount("none", below.c_str(), "tmpfs", 0, size.c_str()) == 0
        && mount_new_image(kind, below + "/image", mebibytes, folder)) {
        return kind;
    }
    if (kind != "ext4") return "";
    return ::mount("none", folder.c_str(), "tmpfs", 0, size.c_str()) == 0 ? "tmpfs" : "";
}

}  // namespace weir_test
