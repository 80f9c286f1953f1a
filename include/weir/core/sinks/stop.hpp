// SPDX-License-Identifier: BSL-1.0
// stop: the first record that comes here ends the pipeline with `stopped_by_record`.
//
//     | weir::on<"failed">(weir::stop)        // bad input is not expected
#pragma once

#include <exception>
#include <string>

#include "../failure.hpp"
#include "../pipeline.hpp"

namespace weir {

/// Thrown by `stop`. `what()` names the output, and for a `failure` why and where.
class stopped_by_record : public std::exception {
  public:
    stopped_by_record(std::string message, place where)
        : message_(static_cast<std::string&&>(message)), where_(where) {}

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
    /// Where in its input the record began; zeros where that is not known.
    [[nodiscard]] place where() const noexcept { return where_; }

  private:
    std::string message_;
    place where_;
};

namespace detail {

template <class T>
inline constexpr bool is_failure = false;
template <class T>
inline constexpr bool is_failure<failure<T>> = true;

struct stop_receiver : end_of_signals<stop_receiver> {
    using needs = tags<meta_of::place>;

    const stage_info* stage;
    std::uint64_t taken = 0;

    template <class V, class M>
    flow put(V&& value, const M& meta) {
        ++taken;
        place where{};
        std::string message = "stopped by a record at ";
        message += stage->path;
        if constexpr (is_failure<std::remove_cvref_t<V>>) {
            message += ": ";
            message += value.why;
            where = value.where;
        } else if constexpr (has_entry<M, meta_of::place>) {
            where = read_meta<meta_of::place>(meta, value);
        }
        if (where.line != 0)
            message += " (line " + std::to_string(where.line) + ", column " + std::to_string(where.column) + ')';
        blame(stage);
        throw stopped_by_record(static_cast<std::string&&>(message), where);
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

struct stop_sink : sink_base<stop_sink> {
    static constexpr bool per_shard = true;

    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) const {
        return stop_receiver{{}, b.info("stop")};
    }
};

}  // namespace detail

inline constexpr detail::stop_sink stop{};

}  // namespace weir
