// SPDX-License-Identifier: BSL-1.0
// What a misuse of a `checked` buffer says before it ends the process.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace weir_test {

/// What `f` says on standard error before it ends its process, a child of this one, by abort(); nothing if it does not.
template <class F>
std::string last_words(F f) {
    int ends[2];
    if (::pipe(ends) != 0) return "";
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGABRT, SIG_DFL);
        ::alarm(20);  // a hang is a failure
        ::dup2(ends[1], 2);
        f();
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char part[512];
    for (ssize_t n = 0; (n = ::read(ends[0], part, sizeof(part))) > 0;) text.append(part, static_cast<std::size_t>(n));
    ::close(ends[0]);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) return "";
    return text;
}

}  // namespace weir_test
