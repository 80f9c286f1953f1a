// SPDX-License-Identifier: BSL-1.0
// A program that a test starts, talks to and waits for, always with a deadline. It is killed when it goes. Its standard
// input is what the test says, and else empty: never the test's own, which may be a terminal that nobody types at.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir_test {

struct child_options {
    std::string input_file = "/dev/null";       // its standard input
    bool input_pipe = false;                    // instead: what `write` says
    bool unprivileged = false;                  // as nobody, where the test is root
    bool read_output = true;                    // false: its standard output fills up
    std::vector<std::string> environment = {};  // added: NAME=value
};

class child_process {
  public:
    explicit child_process(std::vector<std::string> arguments, child_options o = {}) {
        const int program = ::open(arguments.front().c_str(), O_RDONLY | O_CLOEXEC);
        if (program < 0) throw std::runtime_error("no program " + arguments.front());
        int in[2] = {-1, -1};
        int out[2];
        int err[2];
        if (o.input_pipe) make_pipe(in);
        make_pipe(out);
        make_pipe(err);
        const int input = o.input_pipe ? in[0] : ::open(o.input_file.c_str(), O_RDONLY | O_CLOEXEC);
        if (input < 0) throw std::runtime_error("cannot open " + o.input_file);
        std::vector<char*> argv;
        for (std::string& a : arguments) argv.push_back(a.data());
        argv.push_back(nullptr);
        std::vector<char*> env;
        for (char** e = environ; *e != nullptr; ++e) env.push_back(*e);
        for (std::string& e : o.environment) env.push_back(e.data());
        env.push_back(nullptr);
        const bool change_user = o.unprivileged && ::geteuid() == 0;
        pid_ = ::fork();
        if (pid_ == 0) {
            // One that has its number already would be closed by the exec.
            for (const auto& [from, to] : {std::pair(input, 0), std::pair(out[1], 1), std::pair(err[1], 2)}) {
                if (from == to ? ::fcntl(to, F_SETFD, 0) != 0 : ::dup2(from, to) != to) ::_exit(97);
            }
            ::signal(SIGPIPE, SIG_DFL);
            if (change_user && (::setgid(65'534) != 0 || ::setuid(65'534) != 0)) ::_exit(98);
            ::syscall(SYS_execveat, program, "", argv.data(), env.data(), AT_EMPTY_PATH);
            ::_exit(99);
        }
        ::close(input);
        ::close(out[1]);
        ::close(err[1]);
        ::close(program);
        input_ = in[1];
        streams_[0] = {out[0], ""};
        streams_[1] = {err[0], ""};
        read_output_ = o.read_output;
        if (pid_ < 0) throw std::runtime_error("cannot fork");
    }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process() {
        close_input();
        close_output();
        if (streams_[1].from >= 0) ::close(streams_[1].from);
        if (pid_ > 0 && !ended_) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    /// What came so far.
    [[nodiscard]] const std::string& output() const noexcept { return streams_[0].text; }
    [[nodiscard]] const std::string& errors() const noexcept { return streams_[1].text; }
    [[nodiscard]] bool alive() {
        if (!ended_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
        return !ended_;
    }

    void write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t n = ::write(input_, text.data(), text.size());
            if (n <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void close_input() noexcept {
        if (input_ >= 0) ::close(std::exchange(input_, -1));
    }
    void close_output() noexcept {
        if (streams_[0].from >= 0) ::close(std::exchange(streams_[0].from, -1));
    }
    void signal(int number) const { ::kill(pid_, number); }

    /// Reads until `holds()`; false when a minute has passed, or nothing more can come.
    template <class Predicate>
    bool read_until(Predicate holds) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!holds()) {
            if (std::chrono::steady_clock::now() > deadline || !read_some()) return holds();
        }
        return true;
    }
    /// Reads to the end; the exit code, -N for a signal N. Throws where it does not end within a minute.
    int wait() {
        close_input();
        if (!read_until([&] { return streams_[1].from < 0 && (streams_[0].from < 0 || !read_output_); })) {
            throw std::runtime_error("the program does not end; it said: " + errors());
        }
        if (!ended_ && ::waitpid(pid_, &status_, 0) == pid_) ended_ = true;
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
    }

  private:
    struct stream {
        int from = -1;
        std::string text;
    };

    static void make_pipe(int (&ends)[2]) {
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    }
    /// False when both streams have ended.
    bool read_some() {
        pollfd p[2] = {{read_output_ ? streams_[0].from : -1, POLLIN, 0}, {streams_[1].from, POLLIN, 0}};
        if (p[0].fd < 0 && p[1].fd < 0) return false;
        ::poll(p, 2, 1'000);
        for (std::size_t i = 0; i < 2; ++i) {
            if (p[i].fd < 0 || p[i].revents == 0) continue;
            char text[4'096];
            const ssize_t n = ::read(p[i].fd, text, sizeof(text));
            if (n > 0) streams_[i].text.append(text, static_cast<std::size_t>(n));
            if (n <= 0) ::close(std::exchange(streams_[i].from, -1));
        }
        return true;
    }

    pid_t pid_ = -1;
    int input_ = -1;
    int status_ = 0;
    bool ended_ = false;
    bool read_output_ = true;
    stream streams_[2];
};

}  // namespace weir_test
