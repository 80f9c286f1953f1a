// SPDX-License-Identifier: BSL-1.0
// parse<T>(format): lines of text become records.
//
//     weir::from(weir::lines("access.log")) | weir::parse<hit>(weir::formats::combined_log)
//         | weir::on<"failed">(weir::directory("bad"))
//
// The format's fields land in the members of `T` of that name. A line that is not of the format leaves by the output
// `failed` with its text, the reason, and line and column; the pipeline goes on. One record is reused for every line,
// and given: who keeps it moves it out, and then its strings allocate anew. Where a line is (`meta_of::place`) travels
// on with the record for those who ask. A record whose quoted field goes on over several lines has at most 1 MiB; a
// line that its source has cut, being too long, fails. A format is a value with `parser<T>()`; the parser has
// `parse(std::string_view, T&)` and answers a status. One that also has `begin_text()` is told where a source goes on
// with its next file, as CSV's is: a header stands in each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../../schema/format_check.hpp"
#include "../../schema/parse_status.hpp"
#include "../failure.hpp"
#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class Parser>
concept begins_texts = requires(Parser& p) { p.begin_text(); };

template <class Next, class T, class Parser>
struct parse_receiver : forward_signals<parse_receiver<Next, T, Parser>> {
    using needs = tags_union<typename Next::needs, tags<meta_of::place>>;

    const stage_info* stage;
    Parser parser;
    T record{};
    Next next;
    std::uint64_t failed = 0;
    std::uint64_t absorbed = 0;  // headers, and lines that a quoted field joins to the next
    std::string joined{};        // a record whose quoted field goes on
    place begun{};
    std::uint64_t reparsed = 0;  // bytes of `joined`, each time

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const std::string_view line = std::string_view(value);
        if (!joined.empty()) [[unlikely]]
            return go_on(line, meta);
        if constexpr (has_entry<M, meta_of::place>) {
            const place where = read_meta<meta_of::place>(meta, line);
            if constexpr (begins_texts<Parser>) {
                if (where.file != file) [[unlikely]] {
                    file = where.file;
                    parser.begin_text();
                }
            }
            if (where.column != 0) [[unlikely]]
                return cut(line, meta);
        }
        const parse_status status = parser.parse(line, record);
        if (status.what == parsed::record) [[likely]] {
            return next.put(static_cast<T&&>(record), keep_meta<typename Next::needs>(meta, value));
        }
        return other(status, line, meta);
    }

    flow finish() {
        if (!joined.empty()) {
            --absorbed;  // its last line is the one that fails
            ++failed;
            const flow f = next.template put_to<"failed">(
                failure<std::string>{std::move(joined), "the input ends inside a quoted field", begun}, meta_set<>{});
            joined.clear();
            if (f == flow::full) {
                ending = true;
                return f;
            }
        }
        return next.finish();
    }
    flow resume() {
        const flow f = next.resume();
        if (f == flow::more && ending) {
            ending = false;
            return next.finish();
        }
        return f;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.absorbed = absorbed, .failed = failed});
        next.account(ledger);
    }

    bool ending = false;
    std::uint32_t file = 0;

  private:
    static constexpr std::size_t most_joined = std::size_t{1} << 20U;
    static constexpr std::uint64_t most_reparsed = std::uint64_t{1} << 26U;

    template <class M>
    [[nodiscard]] static place place_in(const M& meta, std::string_view line) {
        if constexpr (has_entry<M, meta_of::place>) {
            return read_meta<meta_of::place>(meta, line);
        } else {
            return {};
        }
    }

    template <class M>
    WEIR_NOINLINE flow other(parse_status status, std::string_view line, const M& meta) {
        if (status.what == parsed::nothing) {
            ++absorbed;
            return flow::more;
        }
        place where = place_in(meta, line);
        if (status.what == parsed::incomplete) {
            ++absorbed;
            begun = where;
            joined.assign(line);
            joined.push_back('\n');
            return flow::more;
        }
        where.column = status.column;
        return fail(std::string(line), status.reason, where);
    }

    template <class M>
    WEIR_COLD flow go_on(std::string_view line, const M& meta) {
        joined.append(line);
        const parse_status status = parser.parse(joined, record);
        // It is parsed anew with every line, so the work is bounded too: a quote that nobody closes takes no more.
        reparsed += joined.size();
        if (status.what == parsed::incomplete && joined.size() < most_joined && reparsed < most_reparsed) {
            ++absorbed;
            joined.push_back('\n');
            return flow::more;
        }
        reparsed = 0;
        std::string text = std::exchange(joined, {});
        if (status.what == parsed::record) return put_joined(keep_meta<typename Next::needs>(meta, line));
        place where = begun;
        if (status.what == parsed::incomplete) {
            return fail(std::move(text), "a quoted field does not end within 1 MiB or too many lines", where);
        }
        where.column = status.column;
        return fail(std::move(text), status.reason, where);
    }

    /// A joined record is where its first line is.
    template <class Kept>
    flow put_joined(Kept kept) {
        if constexpr (has_entry<Kept, meta_of::place>) static_cast<entry_of<Kept, meta_of::place>&>(kept).value = begun;
        return next.put(static_cast<T&&>(record), kept);
    }

    template <class M>
    WEIR_COLD flow cut(std::string_view line, const M& meta) {
        return fail(std::string(line), "the line is longer than its source takes", place_in(meta, line));
    }

    flow fail(std::string text, std::string_view reason, place where) {
        ++failed;
        return next.template put_to<"failed">(failure<std::string>{std::move(text), std::string(reason), where},
                                              meta_set<>{});
    }
};

template <class T, class Format>
using parser_of = decltype(std::declval<const Format&>().template parser<T>());

template <class T, class Format>
struct parse_stage : stage_base<parse_stage<T, Format>> {
    using outputs = output_names<"failed">;

    Format format;

    constexpr explicit parse_stage(Format f) : format(static_cast<Format&&>(f)) {}

    template <bool Decided>
    static constexpr bool outputs_decided() {
        static_assert(Decided, "weir::parse: its output \"failed\" is open; put | on<\"failed\">(sink) or | "
                               "on<\"failed\">(weir::discard) behind it");
        return Decided;
    }
    template <class In>
    static constexpr bool accepts() {
        constexpr bool text = std::is_convertible_v<const typename In::value_type&, std::string_view>;
        static_assert(text, "weir::parse: the records that reach it are no text; it stands behind weir::lines(...) or "
                            "another source of strings");
        // A format that has no check may fill what is no record.
        if constexpr (!requires { Format::template check<T>; }) {
            return text;
        } else {
            constexpr format_check found = Format::template check<T>;
            return text && record_fits_format<T, found.flaw, refused_member<T, found>>();
        }
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In&) const {
        using kept = kept_meta<typename In::meta_type, typename In::value_type, tags<meta_of::place>>;
        return stream<T, category::given, kept, no_window, In::partitioning>{};
    }
    template <fixed_string Name, class In>
    [[nodiscard]] auto side(const In&) const {
        return stream<failure<std::string>, category::given, meta_set<>, no_window, In::partitioning>{};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return parse_receiver<decltype(make_next(b)), T, parser_of<T, Format>>{
            {}, b.info("parse"), format.template parser<T>(), T{}, make_next(b)};
    }
};

}  // namespace detail

/// Lines of text in this format become records of type `T`.
template <class T, class Format>
[[nodiscard]] constexpr auto parse(Format format) {
    return detail::parse_stage<T, Format>(static_cast<Format&&>(format));
}

}  // namespace weir
