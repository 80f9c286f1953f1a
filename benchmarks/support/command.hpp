// SPDX-License-Identifier: BSL-1.0
// Runs a program and keeps what it printed, how long it took and how much memory it and its children held.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench.hpp"

namespace bench {

struct command_result {
    int code = 127;        // 127: it could not be run
    std::string output;    // standard output and error
    double seconds = 0;    // of processor time: other programs on the machine cost it less than elapsed time
    double megabytes = 0;  // the most that one process held at a time
};

/// `arguments[0]` is looked for on the PATH.
[[nodiscard]] inline command_result run_command(const std::vector<std::string>& arguments) {
    command_result result;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return result;
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], 1);
        ::dup2(ends[1], 2);
        std::vector<char*> raw;
        for (const std::string& a : arguments) raw.push_back(const_cast<char*>(a.c_str()));
        raw.push_back(nullptr);
        ::execvp(raw[0], raw.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    char buffer[65'536];
    for (ssize_t n = 0; child > 0 && (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
        result.output.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    int status = 0;
    rusage used{};
    if (child > 0 && ::wait4(child, &status, 0, &used) == child && WIFEXITED(status)) {
        result.code = WEXITSTATUS(status);
        const auto in_seconds = [](const timeval& t) {
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
        };
        result.seconds = in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
        result.megabytes = static_cast<double>(used.ru_maxrss) / 1'024;
    }
    return result;
}

/// The compilers that gate, as far as they are there.
[[nodiscard]] inline std::vector<std::string> compilers() {
    std::vector<std::string> found;
    for (const char* name : {"g++", "clang++-19"}) {
        if (run_command({name, "--version"}).code == 0) found.emplace_back(name);
    }
    return found;
}

[[nodiscard]] inline std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

[[nodiscard]] inline std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

}  // namespace bench
