// SPDX-License-Identifier: BSL-1.0
// The files that `directory` writes, one after the other. Blocks: its owner calls it from a request of a
// `blocking_queue`, one at a time. Every failure is thrown as `bad_result`; nothing is to be called after it.
//
// A file is written as `.NAME.tmp` and gets its name when it is whole: written, synced, closed, renamed, its folder
// synced. NAME is RUN-SHARD-NUMBER with the format's ending; a name that is taken is left alone, and the next number
// tried.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "../../support/atomic.hpp"
#include "../../support/chrono.hpp"
#include "../../support/file.hpp"

namespace weir::detail {

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

class rolling_files {
  public:
    /// The folder is there. `extension` with its dot.
    rolling_files(file_system& files, std::string folder, std::string run, std::uint32_t shard,
                  std::string_view extension, bool sync)
        : files_(files), folder_(std::move(folder)), run_(std::move(run)), shard_(shard), extension_(extension),
          sync_(sync) {}
    rolling_files(const rolling_files&) = delete;
    rolling_files& operator=(const rolling_files&) = delete;

    /// Adds `text`, which holds so many records, to the present file, and makes that one whole where it is the `last`
    /// of it. No text and no file: nothing happens.
    void write(std::string_view text, std::uint64_t records, bool last) {
        if (!text.empty()) {
            if (!file_) begin();
            files_.write_all(file_, {text.data(), text.size()}, temporary_).value();
            in_file_ += records;
        }
        if (last && file_) finish();
    }
    /// Records in whole files. Any thread.
    [[nodiscard]] std::uint64_t whole() const noexcept { return whole_.load(memory_order_acquire); }  // (2)

  private:
    [[nodiscard]] std::string name() const {
        char text[48];
        std::snprintf(text, sizeof(text), "-%03u-%06llu", shard_, static_cast<unsigned long long>(number_));
        return run_ + text + extension_;
    }
    void begin() {
        for (;; ++number_) {
            temporary_ = folder_ + "/." + name() + ".tmp";
            result<file> made = files_.create_new(temporary_);
            if (!made && made.error().code == errc::exists) continue;  // another run's
            file_ = std::move(made).value();
            return;
        }
    }
    void finish() {
        if (sync_) files_.sync(file_, temporary_).value();
        files_.close(std::move(file_), temporary_).value();
        file_ = file();
        for (;; ++number_) {
            const result<void> renamed = files_.rename_no_replace(temporary_, folder_ + "/" + name());
            if (renamed) break;
            if (renamed.error().code != errc::exists) renamed.value();
        }
        ++number_;
        whole_.store(whole_.load(memory_order_relaxed) + std::exchange(in_file_, 0),
                     memory_order_release);  // (1) to (2)
        if (sync_) files_.sync_directory(folder_).value();
    }

    file_system& files_;
    const std::string folder_;
    const std::string run_;
    const std::uint32_t shard_;
    const std::string extension_;
    const bool sync_;
    file file_;
    std::string temporary_;
    std::uint64_t number_ = 0;
    std::uint64_t in_file_ = 0;  // records
    atomic<std::uint64_t> whole_{0};
};

}  // namespace weir::detail
