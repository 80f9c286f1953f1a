// SPDX-License-Identifier: BSL-1.0
// Expected failures are values: what happened, where, and what to do next.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {

/// What kind of failure, for code; the message is for people.
enum class errc : unsigned char {
    not_found,
    exists,
    no_permission,
    is_directory,
    no_space,
    closed_pipe,
    interrupted,
    too_large,
    bad_format,
    io,
    closed,
    damaged,
    lost,

    // Of streams, by the names of Amazon Kinesis (its exceptions, without the suffix).
    resource_not_found,
    resource_in_use,
    invalid_argument,
    validation,
    limit_exceeded,
    provisioned_throughput_exceeded,
    expired_iterator,
    expired_next_token,
    shutdown,

    // Of topics, by the names of Apache Kafka's protocol errors.
    offset_out_of_range,
    unknown_topic_or_partition,
    illegal_generation,
    unknown_member_id,
    rebalance_in_progress,
    fenced_instance_id,
    inconsistent_group_protocol,
    out_of_order_sequence_number,
    invalid_producer_epoch,
    producer_fenced,
    invalid_txn_state,
    concurrent_transactions,
    invalid_transaction_timeout,
    invalid_record,
    message_too_large,
    invalid_topic
};

/// `message` is a whole sentence: what was tried, why it failed, what to do. `where`: the path, or the place in it.
struct error {
    errc code = errc::io;
    std::string message;
    std::string where;
};

/// Thrown by `result::value()`.
class bad_result : public std::runtime_error {
  public:
    explicit bad_result(weir::error e) : std::runtime_error(e.message), error_(std::move(e)) {}
    [[nodiscard]] const weir::error& error() const noexcept { return error_; }

  private:
    weir::error error_;
};

/// A value, or the error in its place. A union of its own, since std::variant's machinery costs 20 ms of compile time
/// for each type. Moved from, it still holds what it held, moved from; copied where T is.
template <class T>
class [[nodiscard]] result {
  public:
    result(T value) : good(std::move(value)), has_value_(true) {}    // NOLINT(google-explicit-constructor)
    result(weir::error e) : bad(std::move(e)), has_value_(false) {}  // NOLINT(google-explicit-constructor)
    result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : has_value_(other.has_value_) {
        take(std::move(other));
    }
    result(const result& other)
        requires std::is_copy_constructible_v<T>
        : has_value_(other.has_value_) {
        take(other);
    }
    result& operator=(result other) noexcept {
        static_assert(std::is_nothrow_move_constructible_v<T>, "weir::result: assigning needs a value whose move does "
                                                               "not throw; hold it by std::unique_ptr");
        end();
        has_value_ = other.has_value_;
        take(std::move(other));
        return *this;
    }
    ~result() { end(); }

    [[nodiscard]] bool has_value() const noexcept { return has_value_; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value_; }

    /// Only with a value.
    [[nodiscard]] T& operator*() & noexcept { return good; }
    [[nodiscard]] const T& operator*() const& noexcept { return good; }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(good); }
    [[nodiscard]] T* operator->() noexcept { return std::addressof(good); }
    [[nodiscard]] const T* operator->() const noexcept { return std::addressof(good); }
    /// Only without one.
    [[nodiscard]] const weir::error& error() const noexcept { return bad; }

    /// The value; throws `bad_result` where there is none.
    [[nodiscard]] T& value() & {
        if (!has_value()) throw bad_result(error());
        return **this;
    }
    [[nodiscard]] const T& value() const& {
        if (!has_value()) throw bad_result(error());
        return **this;
    }
    [[nodiscard]] T value() && {
        if (!has_value()) throw bad_result(error());
        return std::move(**this);
    }

  private:
    template <class Other>
    void take(Other&& other) {
        if (has_value_) {
            std::construct_at(std::addressof(good), static_cast<Other&&>(other).good);
        } else {
            std::construct_at(std::addressof(bad), static_cast<Other&&>(other).bad);
        }
    }
    void end() noexcept {
        if (has_value_) {
            good.~T();
        } else {
            bad.~error();
        }
    }

    union {
        T good;
        weir::error bad;
    };
    bool has_value_;
};

/// Without a value: nothing is made where nothing failed.
template <>
class [[nodiscard]] result<void> {
  public:
    result() noexcept : of_(nothing{}) {}
    result(weir::error e) : of_(std::move(e)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return of_.has_value(); }
    [[nodiscard]] explicit operator bool() const noexcept { return of_.has_value(); }
    /// Only of a failure.
    [[nodiscard]] const weir::error& error() const noexcept { return of_.error(); }
    void value() const { static_cast<void>(of_.value()); }

  private:
    struct nothing {};
    result<nothing> of_;
};

}  // namespace weir
