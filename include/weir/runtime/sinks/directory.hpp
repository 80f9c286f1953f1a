// SPDX-License-Identifier: BSL-1.0
// directory(path): records as text in rolling files of a folder.
//
//     | weir::directory("out")                                                   // NDJSON, 64 MiB a file
//     | weir::directory("out", {.format = weir::text_format::csv, .roll_size = 5_MiB, .roll_every = 60s})
//
// A file is written as `.NAME.tmp` and gets its name when it is whole (written, synced, closed), so a crash leaves no
// half file under a final name; an existing one is never replaced. NAME is RUN-SHARD-NUMBER with the format's ending,
// RUN being when the pipeline started and the process: names sort by time. A new file begins with the first record
// that finds its file of `roll_size` bytes, or of `roll_every` of processing time. No record, no file. Text goes to the
// file in pieces of 64 KiB: a record costs no system call. Behind `shard(n)` each shard writes files of its own. The
// folder is made. A failed write ends the pipeline with an error that names the file; what was written under a
// temporary name stays there.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

#include "../../core/pipeline.hpp"
#include "../../support/file.hpp"
#include "text_format.hpp"

namespace weir {

struct directory_options {
    text_format format = text_format::ndjson;
    std::uint64_t roll_size = std::uint64_t{64} << 20U;  // bytes
    std::chrono::microseconds roll_every = std::chrono::microseconds::max();
    bool sync = true;               // to the disk, before a file gets its name
    file_system* files = nullptr;   // null: the system's own
};

namespace detail {

/// "20261124T143000.123456-4711": when, and which process.
inline std::string run_name(instant at) {
    const std::int64_t days = floor_div(at.us, 86'400'000'000);
    const std::int64_t in_day = at.us - days * 86'400'000'000;
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    char text[96];
    std::snprintf(text, sizeof(text), "%04d%02u%02uT%02d%02d%02d.%06d-%d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(in_day / 3'600'000'000), static_cast<int>(in_day / 60'000'000 % 60),
                  static_cast<int>(in_day / 1'000'000 % 60), static_cast<int>(in_day % 1'000'000),
                  static_cast<int>(::getpid()));
    return text;
}

/// The files of one chain, one after the other. Throws `bad_result`.
class rolling_files {
  public:
    rolling_files(std::string folder, const directory_options& options, std::string run, std::uint32_t shard)
        : files_(options.files != nullptr ? *options.files : file_system::real()),
          options_(options),
          folder_(std::move(folder)),
          run_(std::move(run)),
          shard_(shard) {
        if (options_.roll_size < flush_at_) flush_at_ = static_cast<std::size_t>(options_.roll_size);
        files_.make_directories(folder_).value();
        text_.reserve(piece + piece / 4);
    }
    rolling_files(const rolling_files&) = delete;
    rolling_files& operator=(const rolling_files&) = delete;

    [[nodiscard]] std::string& text() noexcept { return text_; }
    [[nodiscard]] bool open() const noexcept { return static_cast<bool>(file_) || !text_.empty(); }
    [[nodiscard]] std::int64_t roll_at() const noexcept { return roll_at_; }

    /// After a record was appended to `text()`.
    WEIR_INLINE void appended() {
        if (text_.size() >= flush_at_) [[unlikely]] flush();
    }
    /// Processing time, before records.
    void now(instant t) noexcept { now_ = t.us; }
    [[nodiscard]] bool due(instant t) const noexcept { return t.us >= roll_at_; }

    WEIR_NOINLINE void flush() {
        if (text_.empty()) return;
        if (!file_) begin();
        files_.write_all(file_, {text_.data(), text_.size()}, temporary_).value();
        written_ += text_.size();
        text_.clear();
        if (written_ >= options_.roll_size) finish_file();
        const std::uint64_t left = options_.roll_size - written_;  // finish_file has begun anew
        flush_at_ = left < piece ? static_cast<std::size_t>(left) : piece;
    }
    /// What is open becomes a whole file under its name.
    WEIR_NOINLINE void roll() {
        flush();
        if (file_) finish_file();
        roll_at_ = INT64_MAX;
    }
    /// The first record of a file starts its time.
    WEIR_INLINE void started() noexcept {
        if (roll_at_ == INT64_MAX && options_.roll_every != std::chrono::microseconds::max()) [[unlikely]] {
            roll_at_ = now_ > INT64_MAX - options_.roll_every.count() ? INT64_MAX : now_ + options_.roll_every.count();
        }
    }
    [[nodiscard]] bool fresh() const noexcept { return !file_ && text_.empty(); }

  private:
    static constexpr std::size_t piece = std::size_t{64} << 10U;

    [[nodiscard]] std::string name() const {
        char text[48];
        std::snprintf(text, sizeof(text), "-%03u-%06llu", shard_, static_cast<unsigned long long>(number_));
        return run_ + text + std::string(extension_of(options_.format));
    }
    void begin() {
        for (;; ++number_) {
            temporary_ = folder_ + "/." + name() + ".tmp";
            result<file> made = files_.create_new(temporary_);
            if (!made && made.error().code == errc::exists) continue;  // another run's; it is left alone
            file_ = std::move(made).value();
            written_ = 0;
            return;
        }
    }
    void finish_file() {
        if (options_.sync) files_.sync(file_, temporary_).value();
        files_.close(std::move(file_), temporary_).value();
        file_ = file();
        for (;; ++number_) {
            const result<void> renamed = files_.rename_no_replace(temporary_, folder_ + "/" + name());
            if (renamed) break;
            if (renamed.error().code != errc::exists) renamed.value();
        }
        ++number_;
        written_ = 0;
        roll_at_ = INT64_MAX;
    }

    file_system& files_;
    const directory_options options_;
    const std::string folder_;
    const std::string run_;
    const std::uint32_t shard_;
    file file_;
    std::string text_;
    std::string temporary_;
    std::uint64_t number_ = 0;
    std::uint64_t written_ = 0;
    std::size_t flush_at_ = piece;  // bytes of text
    std::int64_t now_ = 0;
    std::int64_t roll_at_ = INT64_MAX;
};

template <class T>
struct directory_receiver : end_of_signals<directory_receiver<T>> {
    using needs = tags<>;

    const stage_info* stage;
    std::unique_ptr<rolling_files> files;
    std::string* text;
    text_format format;
    std::int64_t every;
    std::int64_t looked = INT64_MIN;  // processing time of the last tick
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        try {
            if (text->empty() && files->fresh()) [[unlikely]] write_header<T>(*text, format);
            files->started();
            write_record(*text, format, static_cast<const T&>(value));
            files->appended();
        } catch (...) {
            blame(stage);
            throw;
        }
        ++taken;
        return flow::more;
    }
    flow finish() {
        try {
            files->roll();
        } catch (...) {
            blame(stage);
            throw;
        }
        return flow::more;
    }
    /// A pipeline that rolls by time looks at the clock that often, and when a file is due.
    [[nodiscard]] instant due() const noexcept {
        if (every == INT64_MAX) return instant::max();
        if (looked == INT64_MIN) return instant::min();
        const std::int64_t next = looked + (every / 8 + 1);
        return {files->roll_at() < next ? files->roll_at() : next};
    }
    flow tick(instant now) {
        looked = now.us;
        files->now(now);
        try {
            if (files->due(now)) files->roll();
        } catch (...) {
            blame(stage);
            throw;
        }
        return flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

struct directory_sink : sink_base<directory_sink> {
    static constexpr bool per_shard = true;
    std::string folder;
    directory_options options;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool text = is_text_record<typename In::value_type>;
        static_assert(text, "weir::directory: this record cannot be written as text; it takes aggregate structs and "
                            "strings: map it to one");
        return text;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        using T = typename In::value_type;
        auto files = std::make_unique<rolling_files>(folder, options, run_name(b.now()), b.shard());
        std::string* text = &files->text();
        return directory_receiver<T>{{},   b.info("directory"), std::move(files), text, options.format,
                                     options.roll_every.count()};
    }
};

}  // namespace detail

/// Throws `bad_result` when the pipeline starts and the folder cannot be made.
[[nodiscard]] inline auto directory(std::string path, directory_options options = {}) {
    return detail::directory_sink{{}, std::move(path), options};
}

}  // namespace weir
