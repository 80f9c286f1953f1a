// SPDX-License-Identifier: BSL-1.0
// directory(path): records as text in rolling files of a folder.
//
//     | weir::directory("out")                                                   // NDJSON, 64 MiB a file
//     | weir::directory("out", {.format = weir::text_format::csv, .roll_size = 5_MiB, .roll_every = 60s})
//
// A file is written as `.NAME.tmp` and gets its name when it is whole (written, synced, closed), so a crash leaves no
// half file under a final name; an existing one is never replaced. NAME is RUN-SHARD-NUMBER with the format's ending,
// RUN being when the pipeline started and the process: names sort by time. A new file begins with the first record
// that finds its file of `roll_size` bytes, or of `roll_every` of processing time. No record, no file. Behind
// `shard(n)` each shard writes files of its own. The folder is made.
//
// Text goes to the file in pieces of 64 KiB, by a `blocking_queue`: a record costs no system call and no worker waits
// for the disk; where the disk is slower than the pipeline, the pipeline waits. A record counts as delivered when its
// file is whole. A failed write ends the pipeline with an error that names the file; what was written under a temporary
// name stays there, and its records count as abandoned, as after `stop()`. A checkpoint makes the present file whole
// first.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../../core/pipeline.hpp"
#include "../../support/file.hpp"
#include "rolling_files.hpp"
#include "text_format.hpp"
#include "text_pieces.hpp"

namespace weir {

struct directory_options {
    text_format format = text_format::ndjson;
    std::uint64_t roll_size = std::uint64_t{64} << 20U;  // bytes
    std::chrono::microseconds roll_every = std::chrono::microseconds::max();
    bool sync = true;              // to the disk, before a file gets its name
    file_system* files = nullptr;  // null: the system's own
};

namespace detail {

/// Where the text of one chain is cut into pieces and files. The task's side of `rolling_files`.
class rolling_text {
  public:
    rolling_text(const builder& at, const std::string& folder, const directory_options& options)
        : pieces(at), files_(options.files != nullptr ? *options.files : file_system::real(), folder,
                             *at.at_place("run").common<std::string>("name", run_name(at.now())), at.shard(),
                             extension_of(options.format), options.sync),
          roll_size_(options.roll_size), roll_every_(options.roll_every.count()) {
        cut_at_ = next_cut();
    }
    rolling_text(const rolling_text&) = delete;
    rolling_text& operator=(const rolling_text&) = delete;

    text_pieces pieces;

    /// The next record is the first of a file.
    [[nodiscard]] bool begins_file() const noexcept { return in_file_ == 0 && pieces.empty(); }

    /// After a record was appended.
    WEIR_INLINE flow appended() {
        ++pieces.records;
        if (pieces.text().size() < cut_at_) [[likely]]
            return flow::more;
        cut(in_file_ + pieces.text().size() >= roll_size_);
        return pieces.room();
    }
    /// What is open becomes a whole file.
    flow roll() {
        if (!begins_file()) cut(true);
        return pieces.room();
    }
    flow finish() {
        finishing_ = true;
        if (!begins_file()) cut(true);
        return pieces.written();
    }
    flow resume() { return finishing_ ? pieces.written() : pieces.room_again(); }
    flow snapshot(barrier at) {
        static_cast<void>(roll());
        pieces.complete_before(at);
        return pieces.room();
    }

    /// Where files end by time: at once when a file begins, to know the time, and when it is over.
    [[nodiscard]] instant due() const noexcept {
        if (pieces.failed()) return instant::min();
        if (roll_every_ == INT64_MAX || begins_file()) return instant::max();
        return {roll_at_};
    }
    flow tick(instant now) {
        if (roll_at_ != unknown) return now.us >= roll_at_ ? roll() : pieces.room();
        roll_at_ = now.us > INT64_MAX - roll_every_ ? INT64_MAX : now.us + roll_every_;
        return pieces.room();
    }
    [[nodiscard]] std::uint64_t whole() const noexcept { return files_.whole(); }

  private:
    static constexpr std::int64_t unknown = INT64_MIN;

    [[nodiscard]] std::size_t next_cut() const noexcept {
        const std::uint64_t left = roll_size_ > in_file_ ? roll_size_ - in_file_ : 1;
        return left < text_pieces::piece ? static_cast<std::size_t>(left) : text_pieces::piece;
    }
    WEIR_NOINLINE void cut(bool last) {
        in_file_ = last ? 0 : in_file_ + pieces.text().size();
        if (last) roll_at_ = unknown;
        pieces.hand_over([to = &files_, last](const std::string& text, std::uint64_t records, interrupt*) {
            to->write(text, records, last);
        });
        cut_at_ = next_cut();
    }

    rolling_files files_;  // what a request works on
    const std::uint64_t roll_size_;
    const std::int64_t roll_every_;
    std::uint64_t in_file_ = 0;  // bytes that were handed over
    std::size_t cut_at_ = 0;     // bytes of text
    std::int64_t roll_at_ = unknown;
    bool finishing_ = false;
};

template <class T>
struct directory_receiver : end_of_signals<directory_receiver<T>> {
    using needs = tags<>;

    const stage_info* stage;
    std::unique_ptr<rolling_text> out;
    text_format format;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        try {
            std::string& text = out->pieces.text();
            if (text.empty() && out->begins_file()) [[unlikely]]
                write_header<T>(text, format);
            write_record(text, format, static_cast<const T&>(value));
            ++taken;
            return out->appended();
        } catch (...) {
            blame(stage);
            throw;
        }
    }
    flow finish() {
        return blaming(stage, [this] { return out->finish(); });
    }
    flow resume() {
        return blaming(stage, [this] { return out->resume(); });
    }
    template <class Writer>
    flow snapshot(barrier at, Writer&) {
        return blaming(stage, [&] { return out->snapshot(at); });
    }
    [[nodiscard]] instant due() const noexcept { return out->due(); }
    flow tick(instant now) {
        return blaming(stage, [&] { return out->tick(now); });
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        const std::uint64_t whole = out->whole();
        ledger.sink(*stage, whole, 0, taken - whole);
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
        file_system& files = options.files != nullptr ? *options.files : file_system::real();
        files.make_directories(folder).value();
        return directory_receiver<typename In::value_type>{
            {}, b.info("directory"), std::make_unique<rolling_text>(b, folder, options), options.format};
    }
};

}  // namespace detail

/// Throws `bad_result` when the pipeline starts and the folder cannot be made.
[[nodiscard]] inline auto directory(std::string path, directory_options options = {}) {
    return detail::directory_sink{{}, std::move(path), options};
}

}  // namespace weir
