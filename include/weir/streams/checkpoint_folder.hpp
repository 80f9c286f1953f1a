// SPDX-License-Identifier: BSL-1.0
// Checkpoints in a folder, so that a pipeline goes on where it was after its process has ended, or was killed.
//
//     .checkpoints = weir::checkpoint_folder("state")
//
//     DIR/NAME.checkpoint   the newest, replaced by a rename, synced before and behind it
//     DIR/NAME.lock         whose it is: one pipeline has a name, in whatever process
//
// The folder is made where it is not there; its parent must be. A name is of letters, digits, `-`, `_` and `.`, and
// begins with none of the last, so that it cannot leave the folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../buffers/detail/folder_lock.hpp"
#include "../runtime/checkpoint_store.hpp"
#include "detail/plain_name.hpp"

namespace weir {
namespace detail {

class checkpoint_file final : public checkpoint_slot {
  public:
    checkpoint_file(log_folder_io io, folder_lock lock, const std::string& name)
        : io_(std::move(io)), lock_(std::move(lock)), file_(name + ".checkpoint") {}

    [[nodiscard]] result<std::optional<std::string>> load() override { return io_.load(file_, largest); }
    [[nodiscard]] result<void> save(std::string_view checkpoint) override {
        if (checkpoint.size() > largest) {
            return error{errc::too_large, "write " + io_.path_of(file_) + ": a checkpoint of more than 1 TiB",
                         io_.path_of(file_)};
        }
        return io_.replace(file_, checkpoint);
    }

  private:
    static constexpr std::uint64_t largest = std::uint64_t{1} << 40U;

    log_folder_io io_;
    folder_lock lock_;
    std::string file_;
};

class checkpoint_files final : public checkpoint_store {
  public:
    checkpoint_files(std::string folder, storage_files& files) : folder_(std::move(folder)), files_(&files) {}

    [[nodiscard]] result<std::unique_ptr<checkpoint_slot>> open(const std::string& name) override {
        if (!is_plain_name(name, 200) || name.front() == '.') {
            return error{errc::invalid_argument,
                         "open a checkpoint in " + folder_ + ": the name \"" + name
                             + "\" is no file's; use 1 to 200 letters, digits, '-', '_' and '.', not '.' first",
                         folder_};
        }
        log_folder_io io(*files_, folder_);
        if (auto r = io.open(true); !r) return r.error();
        auto lock = folder_lock::take(io, name + ".lock");
        if (!lock) return lock.error();
        return std::unique_ptr<checkpoint_slot>(
            std::make_unique<checkpoint_file>(std::move(io), std::move(*lock), name));
    }

  private:
    const std::string folder_;
    storage_files* const files_;
};

}  // namespace detail

[[nodiscard]] inline std::shared_ptr<checkpoint_store> checkpoint_folder(std::string folder,
                                                                         storage_files& files = storage_files::real()) {
    return std::make_shared<detail::checkpoint_files>(std::move(folder), files);
}

}  // namespace weir
