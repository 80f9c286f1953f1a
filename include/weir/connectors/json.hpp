// SPDX-License-Identifier: BSL-1.0
// Reads records from JSON, one object a line, through simdjson. CMake target weir::json; not in weir/weir.hpp.
//
//     weir::from(weir::lines("traffic.ndjson")) | weir::parse<usage>(weir::formats::ndjson)
//     weir::parse<sample>(weir::formats::ndjson.rename<"@timestamp", &sample::time>())
//
// The object's members land in the fields of that name, in any order, in the forms that schema/ndjson.hpp writes: what
// write_ndjson has written reads back the same, but for infinities (null, which is read as NaN). Members without a
// field are passed over. A member that is missing leaves an optional empty and fails everything else, as null does; of
// two with one name the last counts. A renamed window_bounds is "<name>_start" and "<name>_end". Refused: numbers that
// their field cannot hold (a fraction for an integer too), an array of another size than a fixed one, objects and
// arrays in more than 256 levels, a line that is no UTF-8 or no JSON. The column is that of the value that does not
// fit, of the token that is no JSON, or of the object that lacks a member. What is passed over is checked as far as
// simdjson does that: its encoding, quotes and brackets, not its numbers and commas. A parser belongs to one thread. It
// copies each line into a buffer that has simdjson's padding behind it, so it never reads beyond the line; buffers grow
// to the longest line and stay (13 bytes for one of its bytes). No allocation but for that and for strings and
// containers that grow; map entries and set elements are made anew.
#pragma once

#if !__has_include(<simdjson.h>)
#error "weir/connectors/json.hpp needs simdjson: install it (Debian: libsimdjson-dev) and link weir::json"
#endif
#include <simdjson.h>

#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

// Ahead of those that include it too: its refusals are then said with a line less.
#include "../schema/format_check.hpp"

#include "../schema/parse_status.hpp"
#include "../schema/renamed.hpp"
#include "../support/fixed_string.hpp"
#include "detail/json_flaw.hpp"
#include "detail/json_line.hpp"
#include "detail/json_object.hpp"
#include "detail/json_readable.hpp"

namespace weir {
namespace detail {

/// A line with simdjson's padding behind it, and simdjson's own buffers.
struct json_scratch {
    on_demand::parser parser{};
    std::vector<char> text{};

    [[nodiscard]] simdjson::padded_string_view copy(std::string_view line) {
        constexpr std::size_t padding = simdjson::SIMDJSON_PADDING;
        if (line.size() + padding > text.size()) [[unlikely]] {
            text.resize(std::bit_ceil(line.size() + padding + 448));
            if (parser.allocate(text.size() - padding) == simdjson::MEMALLOC) throw std::bad_alloc();
        }
        if (!line.empty()) std::memcpy(text.data(), line.data(), line.size());
        std::memset(text.data() + line.size(), 0, padding);  // what a line before has left could close this one
        return simdjson::padded_string_view(text.data(), line.size(), text.size());
    }
};

template <class T, class... Renames>
class json_parser {
  public:
    [[nodiscard]] parse_status parse(std::string_view line, T& out) {
        const simdjson::padded_string_view text = kept_->copy(line);
        on_demand::document document;
        if (const simdjson::error_code error = kept_->parser.iterate(text).get(document)) [[unlikely]] {
            return no_json_document(error, line);
        }
        json_line state{&document, text.data(), text.data() + line.size()};
        on_demand::object object;
        if (document.get_object().get(object) != simdjson::SUCCESS) [[unlikely]]
            return no_json_object(line);
        if (read_json_object<T, Renames...>(object, text.data() + line.find('{'), state, out) != nullptr) [[unlikely]] {
            return state.status;
        }
        const char* behind = nullptr;
        if (document.current_location().get(behind) == simdjson::SUCCESS) [[unlikely]] {
            state.fail(behind, "something stands behind the object");
        }
        return state.status;
    }

  private:
    std::unique_ptr<json_scratch> kept_ = std::make_unique<json_scratch>();  // one pointer: receivers are small
};

}  // namespace detail

template <class... Renames>
struct ndjson_format {
    template <class T>
    static constexpr detail::format_check check = detail::check_members<T, detail::json_readable, Renames...>();

    /// Member takes the object's member of this name; its own name counts no more.
    template <fixed_string Field, auto Member>
    [[nodiscard]] constexpr auto rename() const noexcept {
        return ndjson_format<Renames..., detail::renamed<Field, Member>>{};
    }
    /// What fills records of type T. One per thread.
    template <class T>
    [[nodiscard]] auto parser() const {
        static_assert(check<T>.flaw == detail::format_flaw::none,
                      "weir::formats::ndjson: the record does not fit the format; weir::parse says what is wrong");
        return detail::json_parser<T, Renames...>{};
    }
};

namespace formats {

inline constexpr ndjson_format<> ndjson{};

}  // namespace formats
}  // namespace weir
