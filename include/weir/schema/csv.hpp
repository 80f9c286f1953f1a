// SPDX-License-Identifier: BSL-1.0
// Comma-separated values as RFC 4180 has them.
//
//     struct sample { std::chrono::sys_seconds timestamp; double value; };
//     weir::parse<sample>(weir::formats::csv)
//     weir::parse<sample>(weir::csv_format{.header = false, .separator = ';'})
//     weir::parse<sample>(weir::formats::csv.rename<"Date Time", &sample::timestamp>())
//
// The header's columns find their members by name, in any order; columns without a member are passed over, a member
// without a column fails the header and every line after it. Of several files each has its header. Without headers the
// columns are the members in their order. A nested struct's members are columns of their own (`columns.hpp`). A field
// in quotes may hold separators, line ends and doubled quotes; a quote inside a field that does not begin with one
// stands for itself. Blank lines are no records; a byte order mark before the header is passed over. A record longer
// than 1 MiB is refused. Writing ends each line with '\n' and quotes what needs it. An optional that holds "" or "-"
// reads back as empty.
#pragma once

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/config.hpp"
#include "append.hpp"
#include "columns.hpp"
#include "fields.hpp"
#include "format_check.hpp"
#include "parse_status.hpp"
#include "renamed.hpp"
#include "static_text.hpp"
#include "text_error.hpp"
#include "text_value.hpp"

namespace weir {
namespace detail {

inline constexpr std::size_t longest_csv_record = std::size_t{1} << 20U;

/// Bytes that values are written with, and quotes and line ends, would make a text that reads back as another.
[[nodiscard]] constexpr bool can_separate(char c) noexcept {
    return std::string_view(",;\t|:/ \x1F").find(c) != std::string_view::npos;
}

template <class T, class Columns>
class csv_parser;

template <class T, class... Columns>
class csv_parser<T, column_list<Columns...>> {
    static_assert(sizeof...(Columns) != 0, "weir::csv: the record has no member");
    static constexpr std::size_t count = sizeof...(Columns);
    static constexpr std::size_t passed_over = count;
    using columns = column_list<Columns...>;

  public:
    csv_parser(bool header, char separator) : separator_(separator), has_header_(header), awaits_header_(header) {
        if (!can_separate(separator)) {
            throw std::invalid_argument("weir::csv_format: the separator is one of , ; tab | : / space");
        }
        if (!header) {
            for (std::size_t i = 0; i < count; ++i) targets_.push_back(i);
        }
    }

    /// The next line is the first of another file: a header, where there are any.
    void begin_text() noexcept {
        awaits_header_ = has_header_;
        header_reason_ = {};
    }

    [[nodiscard]] parse_status parse(std::string_view line, T& out) {
        if (line.size() > longest_csv_record) [[unlikely]] {
            return parse_failed(longest_csv_record, "the record is longer than 1 MiB");
        }
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (awaits_header_) [[unlikely]]
            return read_header(line);
        if (line.empty()) return {parsed::nothing, 0, {}};
        if (!header_reason_.empty()) [[unlikely]]
            return parse_failed(0, header_reason_);

        begin_ = line.data();
        const char* p = begin_;
        const char* const end = p + line.size();
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            if (p == nullptr) [[unlikely]]
                return parse_failed(line.size(), "the line has too few columns");
            const char* const from = p;
            std::string_view value;
            if (const parse_status status = next_field(p, end, value); status.what != parsed::record) [[unlikely]] {
                return status;
            }
            if (const std::string_view reason = put(targets_[i], value, out); !reason.empty()) [[unlikely]] {
                // An open quote further on makes this line a part of a record, not a bad one.
                return ends_open(p, end) ? parse_status{parsed::incomplete, 0, {}} : failed_at(from, reason);
            }
        }
        if (p != nullptr) [[unlikely]] {
            return ends_open(p, end) ? parse_status{parsed::incomplete, 0, {}}
                                     : failed_at(p, "the line has too many columns");
        }
        return {};
    }

  private:
    [[nodiscard]] parse_status failed_at(const char* at, std::string_view reason) const noexcept {
        return parse_failed(static_cast<std::size_t>(at - begin_), reason);
    }

    /// Moves p behind the separator, or to nullptr behind the last field. `value` lies in the line or in unquoted_.
    WEIR_INLINE parse_status next_field(const char*& p, const char* end, std::string_view& value) {
        if (p == end || *p != '"') [[likely]] {
            const auto* stop = static_cast<const char*>(std::memchr(p, separator_, static_cast<std::size_t>(end - p)));
            value = {p, static_cast<std::size_t>((stop == nullptr ? end : stop) - p)};
            p = stop == nullptr ? nullptr : stop + 1;
            return {};
        }
        return quoted_field(p, end, value);
    }

    WEIR_NOINLINE parse_status quoted_field(const char*& p, const char* end, std::string_view& value) {
        const char* from = ++p;
        bool doubled = false;
        while (true) {
            const auto* quote = static_cast<const char*>(std::memchr(from, '"', static_cast<std::size_t>(end - from)));
            if (quote == nullptr) return {parsed::incomplete, 0, {}};
            if (quote + 1 == end || quote[1] != '"') {
                if (!doubled) {
                    value = {p, static_cast<std::size_t>(quote - p)};
                } else {
                    unquoted_.append(from, quote);
                    value = unquoted_;
                }
                if (quote + 1 != end && quote[1] != separator_) {
                    return failed_at(quote + 1, "something stands behind a closing quote");
                }
                p = quote + 1 == end ? nullptr : quote + 2;
                return {};
            }
            if (!doubled) unquoted_.clear();
            doubled = true;
            unquoted_.append(from, quote + 1);
            from = quote + 2;
        }
    }

    /// Do the fields from p on end inside quotes?
    WEIR_COLD bool ends_open(const char* p, const char* end) {
        std::string_view value;
        while (p != nullptr) {
            const parse_status status = next_field(p, end, value);
            if (status.what != parsed::record) return status.what == parsed::incomplete;
        }
        return false;
    }

    WEIR_INLINE std::string_view put(std::size_t target, std::string_view value, T& out) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) WEIR_INLINE_LAMBDA {
            std::string_view reason;
            static_cast<void>(((target == I ? (reason = put_column<Columns>(value, out), true) : false) || ...));
            return reason;
        }(std::make_index_sequence<count>{});
    }
    template <class Column>
    WEIR_INLINE static std::string_view put_column(std::string_view value, T& out) {
        auto& member = Column::of(out);
        if (const text_error error = read_value(value, member)) [[unlikely]]
            return reason_of<Column::name>(error);
        return {};
    }

    WEIR_COLD parse_status read_header(std::string_view line) {
        if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
        if (line.empty()) return {parsed::nothing, 0, {}};
        targets_.clear();
        begin_ = line.data();
        const char* p = begin_;
        const char* const end = p + line.size();
        bool seen[count] = {};
        std::string_view reason;
        while (p != nullptr) {
            std::string_view name;
            const parse_status status = next_field(p, end, name);
            if (status.what == parsed::incomplete) return status;
            if (status.what == parsed::failed) {
                awaits_header_ = false;
                header_reason_ = status.reason;
                return status;
            }
            std::size_t target = 0;
            static_cast<void>(((Columns::name.view() == name ? true : (++target, false)) || ...));
            if (target != passed_over && seen[target]) {
                reason = "the header has two columns of one name";
            } else if (target != passed_over) {
                seen[target] = true;
            }
            targets_.push_back(target);
        }
        awaits_header_ = false;
        std::size_t at = 0;
        static_cast<void>(
            ((seen[at++] ? false : (reason = joined<"the header has no column ", Columns::name>, true)) || ...));
        header_reason_ = reason;
        if (!reason.empty()) return parse_failed(0, reason);
        return {parsed::nothing, 0, {}};
    }

    char separator_;
    bool has_header_;
    bool awaits_header_;
    const char* begin_ = nullptr;
    std::vector<std::size_t> targets_{};  // for each column of the text a column of the record
    std::string unquoted_{};              // a field with its doubled quotes made single
    std::string_view header_reason_{};    // why the header does not fit
};

template <append_buffer Buffer>
void write_csv_text(Buffer& buffer, std::string_view text, char separator, bool alone) {
    bool plain = !(alone && text.empty());
    for (const char c : text) plain = plain && c != separator && c != '"' && c != '\n' && c != '\r';
    if (plain) {
        put_text(buffer, text);
        return;
    }
    buffer.push_back('"');
    while (true) {
        const std::size_t quote = text.find('"');
        if (quote == std::string_view::npos) break;
        put_text(buffer, text.substr(0, quote + 1));
        buffer.push_back('"');
        text.remove_prefix(quote + 1);
    }
    put_text(buffer, text);
    buffer.push_back('"');
}

template <append_buffer Buffer, class T>
void write_csv_value(Buffer& buffer, const T& value, char separator, bool alone) {
    if constexpr (is_optional<T>) {
        if (value.has_value()) {
            write_csv_value(buffer, *value, separator, alone);
        } else {
            write_csv_text(buffer, {}, separator, alone);
        }
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
        write_csv_text(buffer, value, separator, alone);
    } else if constexpr (is_char_array<T>) {
        write_csv_text(buffer, chars_of(value), separator, alone);
    } else if constexpr (std::is_same_v<T, char>) {
        write_csv_text(buffer, std::string_view(&value, 1), separator, alone);
    } else if constexpr (is_sys_time<T>) {
        char text[longest_time];
        write_csv_text(buffer, {text, static_cast<std::size_t>(format_time(text, value) - text)}, separator, alone);
    } else {
        write_value(buffer, value);
    }
}

template <append_buffer Buffer, class T, class... Columns>
void write_csv_columns(Buffer& buffer, const T& record, char separator, column_list<Columns...>) {
    bool first = true;
    const auto column = [&](const auto& value) {
        if (!first) buffer.push_back(separator);
        first = false;
        write_csv_value(buffer, value, separator, sizeof...(Columns) == 1);
    };
    (column(Columns::of(record)), ...);
    buffer.push_back('\n');
}
template <append_buffer Buffer, class... Columns>
void write_csv_names(Buffer& buffer, char separator, column_list<Columns...>) {
    bool first = true;
    const auto column = [&](std::string_view name) {
        if (!first) buffer.push_back(separator);
        first = false;
        write_csv_text(buffer, name, separator, false);
    };
    (column(Columns::name.view()), ...);
    buffer.push_back('\n');
}

}  // namespace detail

template <class... Renames>
struct renamed_csv_format;

struct csv_format {
    template <class T>
    static constexpr detail::format_check check = detail::check_members<T, detail::column_readable>();

    bool header = true;  // the first line names the columns
    char separator = ',';

    /// The member takes the column of this name; its own name counts no more.
    template <fixed_string Column, auto Member>
    [[nodiscard]] constexpr auto rename() const noexcept;
    /// What fills records of type T; one per thread and text. Throws std::invalid_argument for a separator that cannot
    /// be.
    template <class T>
    [[nodiscard]] auto parser() const;
};

/// A `csv_format` some of whose columns are called otherwise than their members.
template <class... Renames>
struct renamed_csv_format {
    template <class T>
    static constexpr detail::format_check check = detail::check_members<T, detail::column_readable, Renames...>();

    csv_format format{};

    template <fixed_string Column, auto Member>
    [[nodiscard]] constexpr auto rename() const noexcept {
        return renamed_csv_format<Renames..., detail::renamed<Column, Member>>{format};
    }
    template <class T>
    [[nodiscard]] auto parser() const {
        static_assert(check<T>.flaw == detail::format_flaw::none,
                      "weir::csv: the record does not fit the format; weir::parse says what is wrong");
        return detail::csv_parser<T, detail::columns_of<T, Renames...>>(format.header, format.separator);
    }
};

template <fixed_string Column, auto Member>
constexpr auto csv_format::rename() const noexcept {
    return renamed_csv_format<detail::renamed<Column, Member>>{*this};
}
template <class T>
auto csv_format::parser() const {
    return renamed_csv_format<>{*this}.template parser<T>();
}

namespace formats {

inline constexpr csv_format csv{};

}  // namespace formats

/// Appends the line of column names.
template <class T, append_buffer Buffer>
    requires is_record<T>
void write_csv_header(Buffer& buffer, char separator = ',') {
    constexpr std::size_t bad = detail::first_refused<T, detail::column_writable>();
    if constexpr (bad != field_count<T>) {
        detail::check_text_form<T, detail::field_name_fixed<T, bad>, bad == field_count<T>>();
    } else {
        detail::write_csv_names(buffer, separator, detail::columns_of<T>{});
    }
}

/// Appends the record as one line (more where a text has line ends).
template <append_buffer Buffer, class T>
    requires is_record<T>
void write_csv(Buffer& buffer, const T& record, char separator = ',') {
    constexpr std::size_t bad = detail::first_refused<T, detail::column_writable>();
    if constexpr (bad != field_count<T>) {
        detail::check_text_form<T, detail::field_name_fixed<T, bad>, bad == field_count<T>>();
    } else {
        detail::write_csv_columns(buffer, record, separator, detail::columns_of<T>{});
    }
}

}  // namespace weir
