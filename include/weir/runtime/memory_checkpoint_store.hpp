// SPDX-License-Identifier: BSL-1.0
// Checkpoints in memory: a pipeline that is started again in the same process goes on where it was. For tests, and for
// parts of a program that come and go.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "checkpoint_store.hpp"

namespace weir {

class memory_checkpoint_store final : public checkpoint_store {
  public:
    [[nodiscard]] result<std::unique_ptr<checkpoint_slot>> open(const std::string& name) override {
        const std::lock_guard hold(shared_->mutex);
        entry& at = shared_->entries[name];
        if (std::exchange(at.held, true)) {
            return error{errc::resource_in_use,
                         "open checkpoint \"" + name
                             + "\": a pipeline that still runs keeps it; stop that one, or use another name",
                         name};
        }
        return std::unique_ptr<checkpoint_slot>(std::make_unique<slot>(shared_, at));
    }

  private:
    struct entry {
        bool held = false;
        std::optional<std::string> bytes = {};
    };
    struct shared {
        std::mutex mutex;
        std::map<std::string, entry> entries;
    };
    class slot final : public checkpoint_slot {
      public:
        slot(std::shared_ptr<shared> of, entry& at) noexcept : of_(std::move(of)), at_(&at) {}
        ~slot() override {
            const std::lock_guard hold(of_->mutex);
            at_->held = false;
        }
        [[nodiscard]] result<std::optional<std::string>> load() override {
            const std::lock_guard hold(of_->mutex);
            return at_->bytes;
        }
        [[nodiscard]] result<void> save(std::string_view checkpoint) override {
            std::string kept(checkpoint);
            const std::lock_guard hold(of_->mutex);
            at_->bytes = std::move(kept);
            return {};
        }

      private:
        const std::shared_ptr<shared> of_;
        entry* const at_;  // entries stay where they are
    };

    const std::shared_ptr<shared> shared_ = std::make_shared<shared>();
};

}  // namespace weir
