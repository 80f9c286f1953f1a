// SPDX-License-Identifier: BSL-1.0
// What `snapshot` writes to and `restore` reads from: the state of each stage in a section of its own, found again by the
// stage's id (its path) and shard, so that a stage that has changed its place finds nothing rather than another's state.
//
//     [path, shard, length, bytes] [path, shard, length, bytes] ...
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "../core/accounting.hpp"
#include "../schema/codec.hpp"

namespace weir {

class state_writer {
  public:
    void begin(const stage_info& stage) {
        path_ = stage.path;
        shard_ = stage.shard;
        section_ = {};
    }
    template <class T>
    void value(const T& v) {
        encode(section_, v);
    }
    void end() {
        all_.text(path_);
        all_.varint(shard_);
        all_.text(section_.bytes());
    }
    [[nodiscard]] const std::string& bytes() const noexcept { return all_.bytes(); }

  private:
    std::string path_;
    std::uint32_t shard_ = 0;
    byte_writer section_;
    byte_writer all_;
};

/// Throws std::runtime_error for bytes that no `state_writer` wrote, or that are of another state.
class state_reader {
  public:
    explicit state_reader(std::string_view bytes) {
        byte_reader in(bytes);
        while (in.ok() && in.left() != 0) {
            std::string path(in.text());
            const std::uint64_t shard = in.varint();
            const std::string_view section = in.text();
            if (in.ok()) sections_.emplace(std::pair(std::move(path), shard), section);
        }
        if (!in.ok()) throw std::runtime_error("weir::state_reader: the snapshot is cut off or not one; use an older one");
    }
    /// False where the snapshot has nothing of that stage.
    [[nodiscard]] bool begin(const stage_info& stage) {
        const auto found = sections_.find(std::pair(std::string(stage.path), std::uint64_t{stage.shard}));
        if (found == sections_.end()) return false;
        section_ = byte_reader(found->second);
        return true;
    }
    template <class T>
    void value(T& v) {
        if (!decode(section_, v)) {
            throw std::runtime_error("weir::state_reader: a stage's state is of another type; restore with the "
                                     "pipeline that wrote it");
        }
    }
    void end() {
        if (section_.left() != 0) {
            throw std::runtime_error("weir::state_reader: a stage's state is longer than it should be; restore with the "
                                     "pipeline that wrote it");
        }
    }

  private:
    std::map<std::pair<std::string, std::uint64_t>, std::string_view> sections_;
    byte_reader section_{{}};
};

}  // namespace weir
