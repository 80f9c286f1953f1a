// SPDX-License-Identifier: BSL-1.0
// The instructions of one push and one pop that meet neither a full nor an empty queue: a child runs the call, and its
// parent steps it. Where the system forbids that there is no count.
#pragma once

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

#include "../support/queues.hpp"

namespace counted {

template <class Queue, class T>
[[gnu::noinline]] bool push(Queue& q, T& v) {
    return q.try_push(v);
}
template <class Queue, class T>
[[gnu::noinline]] bool pop(Queue& q, T& v) {
    return q.try_pop(v);
}
template <class Queue, class T>
[[gnu::noinline]] bool nothing(Queue&, T&) {
    asm volatile("");
    return true;  // two instructions: the value and the return
}

/// Of the child between its first two stops; -1: it cannot be stepped.
template <class Queue, class T>
long steps(bool (*call)(Queue&, T&)) {
    const pid_t child = ::fork();
    if (child < 0) return -1;
    if (child == 0) {
        const auto queue = std::make_unique<Queue>();
        T v(1);
        for (int i = 0; i < 200; ++i) static_cast<void>(queue->try_push(v));
        for (int i = 0; i < 20; ++i) static_cast<void>(queue->try_pop(v));
        bool (*const volatile opaque)(Queue&, T&) = call;
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
        ::raise(SIGSTOP);
        bench::keep(opaque(*queue, v));
        ::raise(SIGSTOP);
        ::_exit(0);
    }
    int status = 0;
    long count = 0;
    if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return -1;
    while (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 && ::waitpid(child, &status, 0) == child
           && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP) {
        ++count;
    }
    const bool whole = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
    if (!WIFEXITED(status) && !WIFSIGNALED(status)) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
    }
    return whole ? count : -1;
}

template <class Queue, class T>
long instructions(bool (*call)(Queue&, T&)) {
    const long all = steps<Queue, T>(call);
    const long around = steps<Queue, T>(nothing<Queue, T>);
    return all < 0 || around < 0 ? -1 : all - around + 2;
}

/// With a capacity that is a constant, as the leanest peers have it.
template <class T>
struct ours_of_constant_capacity {
    weir::spsc_ring<T, queues::capacity> q;
    bool try_push(const T& v) { return q.try_emplace(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
};

/// Our count, and the leanest peer's; the others are in the note. The numbers are of the call and its return. A push of
/// ours may have three more: the prefetch and its address.
template <class T>
void rows(bench::program& p, const char* size) {
    for (const bool pushes : {true, false}) {
        const auto of = [pushes]<class Q>(std::type_identity<Q>) {
            return instructions<Q, T>(pushes ? push<Q, T> : pop<Q, T>);
        };
        bench::row peers;
        queues::for_each_spsc_peer<T>([&]<class Q>() {
            const long n = of(std::type_identity<Q>{});
            if (n <= 0) return;
            peers.note += (peers.note.empty() ? "" : ", ") + std::string(Q::name) + ' ' + std::to_string(n);
            if (!(peers.reference <= static_cast<double>(n))) {
                peers.reference = static_cast<double>(n);
                peers.reference_name = Q::name;
            }
        });
        const auto add = [&](const char* capacity, long ours) {
            bench::row r = peers;
            r.name = std::string(size) + ", instructions of a " + (pushes ? "push" : "pop") + capacity;
            r.unit = "instr";
            if (ours < 0) {
                r.note = "not counted: no thread may be stepped here";
            } else {
                r.ours = static_cast<double>(ours);
            }
            p.add(std::move(r));
        };
        add(", constant capacity", of(std::type_identity<ours_of_constant_capacity<T>>{}));
        add(", run-time capacity", of(std::type_identity<queues::ours<T>>{}));
    }
}

}  // namespace counted
