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
//
// A regular file is mapped (it must not be cut off meanwhile); a pipe, a socket or a terminal is read as it comes, and
// while it is silent a thread that runs no tasks waits for it. `follow` reads the last file on from its end: when it
// was cut off, or another file has got its name, what was still in it is read and then the file of that name from its
// beginning, as line 1. A named pipe is followed from writer to writer; other streams end when they end.
// A checkpoint keeps the place of the next line of a file, not of a stream.
// A file that cannot be opened ends the pipeline with an error that names it; the first one before it starts.
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
#include "../blocking_queue.hpp"

namespace weir {

/// The input or the output that the process was given.
struct standard_input_t {};
inline constexpr standard_input_t standard_input{};

struct lines_options {
    bool follow = false;              // at the end of the last file look for more
    std::size_t longest = 1U << 20U;  // bytes of a line
    file_system* files = nullptr;     // null: the system's own
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
            std::vector<std::string> found = files.matching(path);
            if (found.empty())
                throw bad_result(
                    {errc::not_found, "open " + path + ": no file has such a name; check the pattern", path});
            for (std::string& name : found) out.push_back(std::move(name));
        } else {
            out.push_back(path);
        }
    }
    if (out.empty())
        throw bad_result({errc::not_found, "weir::lines: no file given; give a path, a pattern or standard_input", ""});
    return out;
}

/// Where the next line begins, for a checkpoint.
struct lines_place {
    static constexpr std::uint64_t none = UINT64_MAX;

    std::uint64_t file = none;
    std::uint64_t offset = 0;
    std::uint64_t line = 0;  // that were before it
};

class lines_cursor {
  public:
    lines_cursor(const builder& at, const std::vector<std::string>& paths, bool standard, const lines_options& options)
        : stage_(at.info("lines")), files_(options.files != nullptr ? *options.files : file_system::real()),
          follow_(options.follow), longest_(options.longest == 0 ? 1 : options.longest), standard_(standard),
          waits_(at) {
        if (standard_) {
            paths_.emplace_back("standard input");
            open_ = file(0, false);
            begin_file();
        } else {
            paths_ = expand_paths(paths, files_);
            open_file();
        }
    }

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] instant due() const noexcept { return due_; }
    void now(instant t) noexcept { now_ = t; }

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        std::size_t taken = 0;
        for (;;) {
            flow f = put_lines(receiver, max_records, taken);
            if (f != flow::more) return {f == flow::full ? pulled::full : pulled::done, taken};
            // What follows may fail: what was put before is counted first.
            if (taken != 0) return {pulled::more, taken};
            // The text at hand is used up, but for a line whose end has not come.
            if (!whole_) {
                const fetched got = blaming_this([this] { return fetch(); });
                if (got == fetched::nothing) return {pulled::starved, 0};
                if (got == fetched::some) continue;
            }
            f = put_last_line(receiver, taken);
            if (f != flow::more) return {f == flow::full ? pulled::full : pulled::done, taken};
            if (taken != 0) return {pulled::more, taken};
            if (!replaced_ && ++file_ == paths_.size()) {
                --file_;
                return {pulled::exhausted, 0};
            }
            blaming_this([this] { open_file(); });
        }
    }

    /// A checkpoint's place: the line after the last one that was put. A stream has none.
    template <class Writer>
    void save(const stage_info* source, Writer& out) const {
        if (stream_) return;
        const std::uint64_t rest = static_cast<std::uint64_t>(end_ - at_) + cut_;
        save_state(*source, out, lines_place{file_, position_ - rest, line_});
    }
    template <class Reader>
    void load(const stage_info* source, Reader& in) {
        lines_place to;
        load_state(*source, in, to);
        if (to.file == lines_place::none) return;
        if (to.file >= paths_.size()) fail(stale("there are fewer files than at the checkpoint"));
        if (to.file != file_) {
            file_ = to.file;
            open_file();
        }
        if (stream_ || files_.status(open_).size < to.offset) fail(stale("it is shorter than at the checkpoint"));
        if (whole_) {
            at_ = mapped_.data() + to.offset;
        } else {
            const result<void> sought = files_.seek(open_, to.offset, paths_[file_]);
            if (!sought) fail(sought.error());
            position_ = to.offset;
            begun_ = begun_ || to.offset != 0;
        }
        line_ = to.line;
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
        while (n < max_records && f == flow::more && at != end) {
            const auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
            if (stop == nullptr) break;
            const char* first = at;
            at = stop + 1;
            ++line;
            ++n;
            f = put_line(receiver, first, stop, line);
        }
        if (n != taken) cut_ = 0;
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

    /// The text behind the last line end, at the end of a file.
    template <class Receiver>
    WEIR_COLD flow put_last_line(Receiver& receiver, std::size_t& taken) {
        if (at_ == end_) return flow::more;
        const char* first = std::exchange(at_, end_);
        bytes_ += static_cast<std::uint64_t>(end_ - first);
        cut_ = 0;
        ++taken;
        return put_line(receiver, first, end_, ++line_);
    }

    WEIR_COLD void open_file() {
        result<file> opened = files_.open_read(paths_[file_]);
        if (!opened) fail(opened.error());
        open_ = std::move(opened).value();
        begin_file();
    }

    void begin_file() {
        line_ = position_ = cut_ = 0;
        stream_ = files_.status(open_).kind != file_kind::regular;
        followed_ = follow_ && file_ + 1 == paths_.size() && !(stream_ && standard_);
        whole_ = begun_ = replaced_ = awaited_ = false;
        mapped_ = {};
        at_ = end_ = buffer_.data();
        if (stream_ || followed_) return;
        result<mapped_file> mapped = files_.map(open_, paths_[file_]);
        // Some file systems map nothing, and some of their files say that they are empty: those are read.
        if (!mapped || mapped->size() == 0) return;
        mapped_ = *std::move(mapped);
        at_ = mapped_.data();
        end_ = at_ + mapped_.size();
        position_ = mapped_.size();
        whole_ = begun_ = true;
        skip_mark();
    }

    void skip_mark() noexcept {
        if (end_ - at_ >= 3 && std::memcmp(at_, "\xEF\xBB\xBF", 3) == 0) at_ += 3;
    }

    /// More text, behind what is left of a line; of one that is too long no more is kept than says so.
    WEIR_COLD fetched fetch() {
        if (waits_.pending() != 0) return fetched::nothing;  // another thread waits for the stream
        if (stream_ && !files_.wait_readable(open_, nullptr)) return wait_for_input();
        constexpr std::size_t chunk = std::size_t{256} << 10U;
        const auto left = static_cast<std::size_t>(end_ - at_);
        const std::size_t keep = left < longest_ + 2 ? left : longest_ + 2;
        if (keep != 0 && at_ != buffer_.data()) std::memmove(buffer_.data(), at_, keep);
        bytes_ += left - keep;
        cut_ += left - keep;
        if (buffer_.size() < keep + chunk) buffer_.resize(keep + chunk);
        at_ = buffer_.data();
        end_ = at_ + keep;
        const result<std::size_t> got = files_.read(open_, {buffer_.data() + keep, chunk}, paths_[file_]);
        if (!got) fail(got.error());
        if (*got == 0) return followed_ && !replaced_ ? follow_on() : fetched::end;
        end_ += *got;
        position_ += *got;
        if (!begun_) {
            begun_ = true;
            skip_mark();
        }
        pause_us_ = first_pause_us;
        due_ = instant::max();
        awaited_ = false;
        return fetched::some;
    }

    /// A stream is silent: another thread waits for it.
    fetched wait_for_input() {
        waits_.check();
        if (std::exchange(awaited_, true)) return look_later();  // `simulated` only looks
        waits_.hand_over([&files = files_, descriptor = open_.descriptor()](interrupt* stop) {
            static_cast<void>(files.wait_readable(file(descriptor, false), stop));
        });
        due_ = instant::max();
        return fetched::nothing;
    }

    /// The end of a file that is followed, for now. Where it has been replaced, it is read to its end first.
    fetched follow_on() {
        if (!stream_ && !standard_) {
            const file_status mine = files_.status(open_);
            const file_status named = files_.status(paths_[file_]);
            const bool renewed = named.kind == file_kind::regular && !named.same_file(mine);
            if (mine.size < position_ || renewed) {
                replaced_ = true;
                return fetched::some;
            }
        }
        return look_later();
    }

    /// Soon, and less and less often while nothing comes.
    fetched look_later() noexcept {
        awaited_ = false;
        due_ = instant{now_.us + pause_us_};
        if (pause_us_ < 20'000) pause_us_ *= 2;
        return fetched::nothing;
    }

    [[nodiscard]] error stale(const char* why) const {
        const std::string& path = paths_[file_];
        return {errc::bad_format, "go on in " + path + ": " + why + "; give the files that it was made with", path};
    }
    [[noreturn]] WEIR_COLD static void fail(const error& why) { throw bad_result(why); }

    /// In a step: an exception names the stage.
    template <class Call>
    auto blaming_this(Call call) {
        try {
            return call();
        } catch (...) {
            blame(stage_);
            throw;
        }
    }

    static constexpr std::int64_t first_pause_us = 500;

    const stage_info* stage_;
    file_system& files_;
    const bool follow_;
    const std::size_t longest_;
    const bool standard_;
    std::vector<std::string> paths_;
    std::size_t file_ = 0;
    file open_;
    mapped_file mapped_;
    std::vector<char> buffer_;
    const char* at_ = nullptr;  // the text at hand
    const char* end_ = nullptr;
    std::uint64_t line_ = 0;
    std::uint64_t position_ = 0;  // bytes of the file up to `end_`
    std::uint64_t cut_ = 0;       // of them, those of the present line that are not kept
    std::uint64_t bytes_ = 0;
    bool stream_ = false;
    bool followed_ = false;
    bool whole_ = false;     // all of the file is at hand
    bool begun_ = false;     // something of it was read
    bool replaced_ = false;  // the file that is followed is not the one of its name any more
    bool awaited_ = false;   // a request to wait was made since something came
    instant now_{};
    instant due_ = instant::max();
    std::int64_t pause_us_ = first_pause_us;
    blocking_queue waits_;
};

struct lines_source : source_base<lines_source> {
    static constexpr const char* kind = "lines";
    std::vector<std::string> paths;
    bool standard = false;
    lines_options options{};

    [[nodiscard]] auto out() const { return stream<std::string_view, category::lent, line_meta>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder b) {
        return lines_cursor(b, paths, standard, options);
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
