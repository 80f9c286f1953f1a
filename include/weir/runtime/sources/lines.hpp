// SPDX-License-Identifier: BSL-1.0
// lines(path): the lines of a file, of several, of a pattern, or of standard input, as `std::string_view`.
//
//     weir::from(weir::lines("access.log"))
//     weir::from(weir::lines("logs/*.log"))                      // in order of name; none is an error
//     weir::from(weir::lines({"a.log", "b.log"}))
//     weir::from(weir::lines(weir::standard_input))
//     weir::from(weir::lines("access.log", {.follow = true}))    // goes on as the file grows, until drained
//
// A view is lent: it is valid during the call, `shard` keeps a `std::string`. Without its line end (LF or CRLF); a last
// line without one counts. Beside it travels its place (line from 1, file from 0). A line longer than `longest` is cut
// there, once, and its place has the column of the cut: `parse` lets it fail. A byte order mark is left out.
// A regular file is mapped (it must not be cut off meanwhile); all else is read as it comes, and never blocks a worker.
// A file that cannot be opened ends the pipeline with an error that names it; the first ones before it starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/pipeline.hpp"
#include "../../support/file.hpp"

namespace weir {

/// The input or the output that the process was given.
struct standard_input_t {};
inline constexpr standard_input_t standard_input{};

struct lines_options {
    bool follow = false;                // at the end of the last file wait for more
    std::size_t longest = 1U << 20U;    // bytes of a line
    file_system* files = nullptr;       // null: the system's own
};

namespace detail {

struct line_origin {};

/// The meta beside a line.
using line_place = stored<meta_of::place, place, line_origin>;
using line_meta = meta_set<line_place>;

/// The names that a list of paths and patterns stands for; throws where one names nothing.
inline std::vector<std::string> expand_paths(const std::vector<std::string>& given, file_system& files) {
    std::vector<std::string> out;
    for (const std::string& path : given) {
        if (files.kind(path) == file_kind::missing && path.find_first_of("*?[") != std::string::npos) {
            const std::vector<std::string> found = files.matching(path);
            if (found.empty()) throw bad_result({errc::not_found, "open " + path + ": no file has such a name; check the pattern", path});
            out.insert(out.end(), found.begin(), found.end());
        } else {
            out.push_back(path);
        }
    }
    if (out.empty()) throw bad_result({errc::not_found, "weir::lines: no file given; give a path, a pattern or standard_input", ""});
    return out;
}

class lines_cursor {
  public:
    lines_cursor(std::vector<std::string> paths, bool standard, const lines_options& options)
        : files_(options.files != nullptr ? *options.files : file_system::real()),
          follow_(options.follow),
          longest_(options.longest == 0 ? 1 : options.longest) {
        if (standard) {
            paths_.emplace_back("standard input");
            open_ = file(0, false);
            begin_file(false);
        } else {
            paths_ = expand_paths(paths, files_);
            open_next();
        }
    }

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] instant due() const noexcept { return due_; }
    void now(instant t) noexcept { now_ = t; }

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        std::size_t taken = 0;
        for (;;) {
            const flow f = put_lines(receiver, max_records, taken);
            if (f != flow::more) return {f == flow::full ? pulled::full : pulled::done, taken};
            if (taken == max_records) return {pulled::more, taken};
            // The text at hand is used up, but for a line whose end has not come.
            if (!whole_) {
                const fetched got = fetch();
                if (got == fetched::nothing) return {pulled::starved, taken};
                if (got == fetched::some) continue;
            }
            if (const std::size_t before = taken; !last_line(receiver, taken, f_)) {
                if (f_ != flow::more) return {f_ == flow::full ? pulled::full : pulled::done, taken};
                if (taken != before && taken == max_records) return {pulled::more, taken};
            }
            if (file_ + 1 >= paths_.size()) return {pulled::exhausted, taken};
            ++file_;
            open_next();
        }
    }

  private:
    enum class fetched : unsigned char { some, nothing, end };

    /// The lines that end in the text at hand.
    template <class Receiver>
    WEIR_INLINE flow put_lines(Receiver& receiver, std::size_t max_records, std::size_t& taken) {
        const char* at = at_;
        const char* const end = end_;
        std::uint64_t line = line_;
        std::size_t n = taken;
        flow f = flow::more;
        while (n < max_records && f == flow::more) {
            const auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
            if (stop == nullptr) break;
            const char* first = at;
            at = stop + 1;
            ++line;
            ++n;
            f = put_line(receiver, first, stop, line);
        }
        bytes_ += static_cast<std::uint64_t>(at - at_);
        at_ = at;
        line_ = line;
        taken = n;
        return f;
    }

    template <class Receiver>
    WEIR_INLINE flow put_line(Receiver& receiver, const char* first, const char* last, std::uint64_t line) {
        if (first != last && last[-1] == '\r') --last;
        auto size = static_cast<std::size_t>(last - first);
        std::uint32_t cut = 0;
        if (size > longest_) [[unlikely]] {
            size = longest_;
            cut = static_cast<std::uint32_t>(longest_ < UINT32_MAX ? longest_ + 1 : UINT32_MAX);
        }
        const std::string_view text(first, size);
        return receiver.put(text, line_meta{line_place{place{line, cut, static_cast<std::uint32_t>(file_)}}});
    }

    /// The text behind the last line end, at the end of a file. True where there was none.
    template <class Receiver>
    WEIR_COLD bool last_line(Receiver& receiver, std::size_t& taken, flow& f) {
        f = flow::more;
        if (at_ == end_) return true;
        const char* first = std::exchange(at_, end_);
        bytes_ += static_cast<std::uint64_t>(end_ - first);
        ++taken;
        f = put_line(receiver, first, end_, ++line_);
        return f == flow::more;
    }

    void open_next() {
        result<file> opened = files_.open_read(paths_[file_]);
        open_ = std::move(opened).value();
        const bool last = file_ + 1 == paths_.size();
        begin_file(files_.kind(paths_[file_]) == file_kind::regular && !(follow_ && last));
    }

    void begin_file(bool map) {
        line_ = 0;
        whole_ = map;
        mapped_ = {};
        at_ = end_ = buffer_.data();
        if (map) {
            mapped_ = files_.map(open_, paths_[file_]).value();
            at_ = mapped_.data();
            end_ = at_ + mapped_.size();
            skip_mark();
        }
        begun_ = map;
    }

    void skip_mark() noexcept {
        if (end_ - at_ >= 3 && std::memcmp(at_, "\xEF\xBB\xBF", 3) == 0) at_ += 3;
    }

    /// More text, behind what is left of a line; of one that is too long no more is kept than says so.
    WEIR_COLD fetched fetch() {
        if (!files_.readable(open_)) return wait();
        constexpr std::size_t chunk = std::size_t{256} << 10U;
        const auto left = static_cast<std::size_t>(end_ - at_);
        const std::size_t keep = left < longest_ + 2 ? left : longest_ + 2;
        if (keep != 0 && at_ != buffer_.data()) std::memmove(buffer_.data(), at_, keep);
        bytes_ += left - keep;
        if (buffer_.size() < keep + chunk) buffer_.resize(keep + chunk);
        const result<std::size_t> got = files_.read(open_, {buffer_.data() + keep, chunk}, paths_[file_]);
        if (!got) throw bad_result(got.error());
        at_ = buffer_.data();
        end_ = at_ + keep + *got;
        if (*got == 0) return follow_ && file_ + 1 == paths_.size() ? wait() : fetched::end;
        if (!begun_) {
            begun_ = true;
            skip_mark();
        }
        pause_us_ = 500;
        due_ = instant::max();
        return fetched::some;
    }

    /// Looks again soon, and less and less often while nothing comes.
    fetched wait() noexcept {
        due_ = instant{now_.us + pause_us_};
        if (pause_us_ < 20'000) pause_us_ *= 2;
        return fetched::nothing;
    }

    file_system& files_;
    bool follow_;
    std::size_t longest_;
    std::vector<std::string> paths_;
    std::size_t file_ = 0;
    file open_;
    mapped_file mapped_;
    std::vector<char> buffer_;
    const char* at_ = nullptr;  // the text at hand
    const char* end_ = nullptr;
    std::uint64_t line_ = 0;
    std::uint64_t bytes_ = 0;
    bool whole_ = false;     // all of the file is at hand
    bool begun_ = false;     // something of it was read
    flow f_ = flow::more;
    instant now_{};
    instant due_ = instant::max();
    std::int64_t pause_us_ = 500;
};

struct lines_source : source_base<lines_source> {
    static constexpr const char* kind = "lines";
    std::vector<std::string> paths;
    bool standard = false;
    lines_options options{};

    [[nodiscard]] auto out() const { return stream<std::string_view, category::lent, line_meta>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder) {
        return lines_cursor(paths, standard, options);
    }
};

}  // namespace detail

/// A path, or a pattern as the shell knows them.
[[nodiscard]] inline auto lines(std::string path, lines_options options = {}) {
    return detail::lines_source{{}, {std::move(path)}, false, options};
}
/// Several paths or patterns, one after the other.
[[nodiscard]] inline auto lines(std::initializer_list<std::string> paths, lines_options options = {}) {
    return detail::lines_source{{}, std::vector<std::string>(paths), false, options};
}
[[nodiscard]] inline auto lines(std::vector<std::string> paths, lines_options options = {}) {
    return detail::lines_source{{}, std::move(paths), false, options};
}
[[nodiscard]] inline auto lines(standard_input_t, lines_options options = {}) {
    return detail::lines_source{{}, {}, true, options};
}

}  // namespace weir
