// SPDX-License-Identifier: BSL-1.0
// Keeps a stream in a folder, so that it survives its process and a power cut, and is longer than memory.
//
//     weir::data_stream<hit, &hit::host> hits{"hits", {.shards = 4, .storage = weir::on_disk("data/hits")}};
//     hits.put_record(h, {.acknowledge = weir::log_acknowledge::durable});
//
//     DIR/LOCK          whose it is; one process writes a folder. Each shard has one too: who salvages it is kept out
//     DIR/stream.meta   the shards (detail/stream_table.hpp)
//     DIR/shard-N/      the records of each (buffers/log_storage.hpp), or of a stream_folder.hpp in another process
//
// A stream that is made on a folder that has one already goes on with it: its shards, its sequence numbers, and its
// records are there as they were; of puts that were acknowledged as `memory` only the last ones may be missing. The
// folder is made where it is not there; its parent must be. `tiered` is the same with a part in memory that the caller
// sizes. The constructor of the stream throws `bad_result` where the folder cannot be opened, is another stream's, or
// is damaged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "../buffers/log_storage.hpp"
#include "../buffers/storage_reader.hpp"
#include "detail/stream_table.hpp"
#include "stream_storage.hpp"

namespace weir {

struct disk_options {
    storage_settings stream = {};
    log_options log = {};  // of each shard; its stream, shard and time are set here
    storage_files* files = nullptr;
};

namespace detail {

class disk_cursor final : public shard_cursor {
  public:
    disk_cursor(const log_storage& log, std::uint64_t position) : reader_(log, position, log_acknowledge::written) {}
    [[nodiscard]] storage_page next() override { return reader_.next(); }

  private:
    storage_reader reader_;
};

class disk_shard final : public shard_storage {
  public:
    disk_shard(std::unique_ptr<log_storage> log, std::string folder)
        : log_(std::move(log)), folder_(std::move(folder)) {}

    result<void> append(std::span<const log_record> records) override {
        const auto first = log_->append(records);
        if (!first) return first.error();
        return {};
    }
    storage_step step() override { return log_->step(); }
    result<void> sync() override { return log_->sync(); }
    result<void> trim(std::uint64_t position) override { return log_->trim(position); }
    storage_scrub scrub(std::uint64_t size) override {
        storage_scrub done = log_->scrub(size);
        for (storage_loss& l : done.found) l.file = folder_ + "/" + l.file;
        return done;
    }
    result<void> close() override { return log_->close(); }
    [[nodiscard]] std::uint64_t next() const override { return log_->appended(); }
    [[nodiscard]] std::uint64_t first() const noexcept override { return log_->first_available(); }
    [[nodiscard]] std::uint64_t written() const noexcept override { return log_->written(); }
    [[nodiscard]] std::uint64_t durable() const noexcept override { return log_->durable(); }
    [[nodiscard]] error failure() const override { return log_->failure(); }
    [[nodiscard]] std::uint64_t find(instant time) override {
        return storage_reader(*log_, 0, log_acknowledge::written).find(time);
    }
    [[nodiscard]] std::unique_ptr<shard_cursor> read(std::uint64_t position) override {
        return std::make_unique<disk_cursor>(*log_, position);
    }

  private:
    std::unique_ptr<log_storage> log_;
    std::string folder_;
};

class disk_storage final : public stream_storage {
  public:
    disk_storage(std::string folder, disk_options options)
        : options_(std::move(options)),
          io_(options_.files != nullptr ? *options_.files : storage_files::real(), std::move(folder)) {
        options_.log.check();
    }

    [[nodiscard]] const storage_settings& settings() const noexcept override { return options_.stream; }
    [[nodiscard]] result<std::optional<stored_stream>> open(const clock& time) override {
        if (opened_) {
            return error{errc::resource_in_use, "the folder " + io_.path() + " is another stream's of this process",
                         io_.path()};
        }
        if (auto r = io_.open(true); !r) return r.error();
        auto lock = folder_lock::take(io_);
        if (!lock) return lock.error();
        auto found = load_stream_table(io_);
        if (!found) return found.error();
        lock_ = std::move(*lock);
        opened_ = true;
        options_.log.time = &time;
        if (!*found) {
            identity_ = process_seed() ^ static_cast<std::uint64_t>(time.now().us);
            return std::optional<stored_stream>();
        }
        identity_ = (*found)->identity;
        return std::optional(std::move((*found)->table));
    }
    [[nodiscard]] result<void> keep(const stored_stream& table) override {
        return store_stream_table(io_, write_stream_table(table, identity_));
    }
    [[nodiscard]] result<std::unique_ptr<shard_storage>> open_shard(shard_id shard) override {
        log_options o = options_.log;
        o.shard = shard.index;
        for (std::size_t i = 0; i < sizeof(identity_); ++i) {
            o.stream[i] = static_cast<char>(identity_ >> (8 * i));
        }
        const std::string folder = shard_folder(shard);
        auto log = log_storage::open(io_.path_of(folder), o, io_.files());
        if (!log) return log.error();
        return std::unique_ptr<shard_storage>(std::make_unique<disk_shard>(std::move(*log), folder));
    }

  private:
    disk_options options_;
    log_folder_io io_;
    folder_lock lock_;
    std::uint64_t identity_ = 0;
    bool opened_ = false;
};

}  // namespace detail

/// Throws std::invalid_argument for options out of bounds.
[[nodiscard]] inline std::shared_ptr<stream_storage> on_disk(std::string folder, disk_options options = {}) {
    return std::make_shared<detail::disk_storage>(std::move(folder), std::move(options));
}
/// With so many of each shard's newest records in memory, in front of the disk.
[[nodiscard]] inline std::shared_ptr<stream_storage> tiered(std::string folder, std::uint64_t memory_records,
                                                            disk_options options = {}) {
    options.stream.memory_records = memory_records;
    return on_disk(std::move(folder), std::move(options));
}

}  // namespace weir
