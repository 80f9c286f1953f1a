// SPDX-License-Identifier: BSL-1.0
// Where the checkpoints of pipelines are kept, the newest of each name: what a store of one's own implements.
// `memory_checkpoint_store` and `streams/checkpoint_folder.hpp` are stores.
//
//     weir::from(hits, {.name = "report", .checkpoints = weir::checkpoint_folder("state"), .every = 5s}) | ...
//
// Every call blocks, and is made when the pipeline is set up or from a thread of its own, never from a worker. An error
// ends the pipeline that asked, with the store's message: one that runs on with old checkpoints would only say so when
// it is needed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "../support/result.hpp"

namespace weir {

/// The checkpoint of one name, of one pipeline at a time: whoever holds the slot. One thread at a time.
class checkpoint_slot {
  public:
    checkpoint_slot(const checkpoint_slot&) = delete;
    checkpoint_slot& operator=(const checkpoint_slot&) = delete;
    virtual ~checkpoint_slot() = default;

    /// What was saved last; nothing: nothing yet.
    [[nodiscard]] virtual result<std::optional<std::string>> load() = 0;
    /// In the place of what was saved before. After an error, or when the process is killed in it, the one before or
    /// the new one is there, whole.
    [[nodiscard]] virtual result<void> save(std::string_view checkpoint) = 0;

  protected:
    checkpoint_slot() = default;
};

class checkpoint_store {
  public:
    checkpoint_store(const checkpoint_store&) = delete;
    checkpoint_store& operator=(const checkpoint_store&) = delete;
    virtual ~checkpoint_store() = default;

    /// `errc::resource_in_use` while another holds the slot of that name, so that no two pipelines overwrite each
    /// other's. Any thread. The slot may outlive the store.
    [[nodiscard]] virtual result<std::unique_ptr<checkpoint_slot>> open(const std::string& name) = 0;

  protected:
    checkpoint_store() = default;
};

}  // namespace weir
