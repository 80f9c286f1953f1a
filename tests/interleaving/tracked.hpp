// SPDX-License-Identifier: BSL-1.0
// Payload that the interleaving checker sees: data races, use before construction or after destruction, a second
// construction or destruction, and, at the end of an execution, what was never destroyed.
#pragma once

#include <utility>

#include "interleaving/model.hpp"

namespace interleaving {

/// A record. Moving from it writes it.
template <class T>
class tracked {
  public:
    tracked() noexcept : tracked(T{}) {}
    tracked(T value) noexcept : value_(value) { object_constructed(this); }
    tracked(const tracked& o) noexcept : value_((object_read(&o), o.value_)) { object_constructed(this); }
    tracked(tracked&& o) noexcept : value_((object_written(&o), o.value_)) {
        o.value_ = T{};
        object_constructed(this);
    }
    tracked& operator=(const tracked& o) noexcept {
        object_read(&o);
        object_written(this);
        value_ = o.value_;
        return *this;
    }
    tracked& operator=(tracked&& o) noexcept {
        object_written(&o);
        object_written(this);
        value_ = std::exchange(o.value_, T{});
        return *this;
    }
    ~tracked() { object_destroyed(this); }

    [[nodiscard]] T get() const noexcept {
        object_read(this);
        return value_;
    }
    void set(T value) noexcept {
        object_written(this);
        value_ = value;
    }

  private:
    T value_;
};

/// A plain variable of a program, shared as the order of the structure allows: also in place of memory that a header
/// itself writes, where no record type of the program is.
template <class T>
class shared_cell {
  public:
    shared_cell() noexcept = default;
    shared_cell(const shared_cell&) = delete;
    shared_cell& operator=(const shared_cell&) = delete;
    ~shared_cell() = default;

    [[nodiscard]] T read() const noexcept {
        plain_read(this);
        return value_;
    }
    void write(T value) noexcept {
        plain_write(this);
        value_ = value;
    }

  private:
    T value_{};
};

/// What the program knows from outside, in the order in which things ran: no data race.
template <class T>
class outside_view {
  public:
    [[nodiscard]] __attribute__((noinline, no_sanitize("thread"))) T get() const noexcept { return value_; }
    __attribute__((noinline, no_sanitize("thread"))) void add(T n) noexcept { value_ += n; }

  private:
    T value_{};
};

}  // namespace interleaving
