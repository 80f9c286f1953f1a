// SPDX-License-Identifier: BSL-1.0
// The file `trim`: from which record on a log is live. Two slots of 4 KiB, written in turn, so that one always stands:
// "weirTRIM" generation:8 first:8 crc:4. Its room is taken when the log is made, so trimming works on a full disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log_io.hpp"

namespace weir::detail {

struct log_trim_mark {
    std::uint64_t generation = 0;
    std::uint64_t first = 0;
};

class log_trim {
  public:
    static constexpr std::size_t slot = 4'096;

    [[nodiscard]] static std::string encode(const log_trim_mark& mark) {
        using log_format::put;
        std::string bytes(slot, '\0');
        std::string_view("weirTRIM").copy(bytes.data(), 8);
        put(bytes.data() + 8, mark.generation);
        put(bytes.data() + 16, mark.first);
        put(bytes.data() + 24, crc32c(std::string_view(bytes).substr(0, 24)));
        return bytes;
    }
    [[nodiscard]] static std::optional<log_trim_mark> decode(std::string_view bytes) noexcept {
        using log_format::get;
        if (bytes.size() < 28 || bytes.substr(0, 8) != "weirTRIM") return std::nullopt;
        if (get<std::uint32_t>(bytes.data() + 24) != crc32c(bytes.substr(0, 24))) return std::nullopt;
        return log_trim_mark{get<std::uint64_t>(bytes.data() + 8), get<std::uint64_t>(bytes.data() + 16)};
    }
    /// The newer of the slots that stand; none: neither does, or there is no such file.
    [[nodiscard]] static std::optional<log_trim_mark> read(const log_folder_io& io) {
        auto f = io.open("trim", storage_open::read);
        if (!f) return std::nullopt;
        std::string bytes(2 * slot, '\0');
        const auto got = io.read(*f, bytes.data(), bytes.size(), 0, "trim");
        if (!got) return std::nullopt;
        std::optional<log_trim_mark> best;
        for (const std::size_t at : {std::size_t{0}, slot}) {
            const auto mark = decode(std::string_view(bytes).substr(0, *got).substr(at < *got ? at : *got, slot));
            if (mark && (!best || mark->generation > best->generation)) best = mark;
        }
        return best;
    }
    /// Makes the file where it is not there. Nothing has changed where it fails: the mark that stands is in the other
    /// slot.
    [[nodiscard]] result<void> write(const log_folder_io& io, std::uint64_t first) {
        if (!file_) {
            auto f = io.open("trim", storage_open::update);
            if (!f) {
                f = io.open("trim", storage_open::create);
                if (!f) return f.error();
                io.keep_in_place(*f);  // it is written when the disk is full
                if (auto r = io.allocate(*f, 2 * slot, "trim"); !r) {
                    static_cast<void>(io.remove("trim"));
                    return r;
                }
                made_ = true;
            }
            file_ = std::move(*f);
        }
        next_ = {last_.generation + 1, first};
        return io.write(file_, encode(next_), next_.generation % 2 * slot, "trim");
    }
    /// What was written stands, durably. Where it fails nobody knows whether it does (R6).
    [[nodiscard]] result<void> sync(const log_folder_io& io) {
        if (made_) {
            if (auto r = io.sync_folder(); !r) return r;
            made_ = false;
        }
        if (auto r = io.sync_data(file_, "trim"); !r) return r;
        last_ = next_;
        return {};
    }
    void know(const log_trim_mark& mark) noexcept { last_ = mark; }
    [[nodiscard]] std::uint64_t first() const noexcept { return last_.first; }

  private:
    storage_file file_;
    bool made_ = false;  // and not yet in the folder, durably
    log_trim_mark last_;
    log_trim_mark next_;
};

}  // namespace weir::detail
