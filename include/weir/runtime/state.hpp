// SPDX-License-Identifier: BSL-1.0
// What `snapshot` writes to and `restore` reads from: the state of each stage in a section of its own, found again by
// the stage's id (its path) and shard, so that a stage that has changed its place finds nothing rather than another's
// state.
//
//     [path, kind, shard, length, bytes] [path, kind, shard, length, bytes] ...
//
// A state is written where its type has bytes: numbers, enums, text, times, optionals, arrays, vectors, tuples and
// records of such. A stage whose state has none leaves a writer `incomplete()`: it runs as ever, but a checkpoint of
// its pipeline is refused and says so.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../core/accounting.hpp"
#include "../schema/codec.hpp"
#include "../support/pack.hpp"

namespace weir {
namespace detail {

/// Whether `encode` and `decode` know the type, whatever it is. `Around` are the types it is part of.
template <class T, class... Around>
[[nodiscard]] constexpr bool encodable() {
    if constexpr (std::is_const_v<T>) {
        return false;
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string>) {
        return true;
    } else if constexpr (std::is_bounded_array_v<T>) {
        return encodable<std::remove_extent_t<T>, Around...>();
    } else if constexpr (!std::is_class_v<T> || !std::is_default_constructible_v<T>) {
        return false;
    } else if constexpr ((std::is_same_v<T, Around> || ...)) {
        return true;  // a tree: the rest of it decides
    } else if constexpr (codec_time<T>) {
        return requires(typename T::rep n) { T(typename T::duration(n)); };
    } else if constexpr (codec_duration<T>) {
        return requires(typename T::rep n) { T(n); };
    } else if constexpr (requires(T& t) {
                             t.has_value();
                             t.reset();
                             t.emplace();
                             *t;
                             typename T::value_type;
                         }) {
        return encodable<typename T::value_type, T, Around...>();
    } else if constexpr (requires(T& t) {
                             { t.emplace_back() } -> std::same_as<typename T::value_type&>;
                             t.clear();
                         }) {
        return encodable<typename T::value_type, T, Around...>();
    } else if constexpr (codec_array<T>) {
        return encodable<typename T::value_type, T, Around...>();
    } else if constexpr (codec_tuple<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (encodable<std::tuple_element_t<I, T>, T, Around...>() && ...);
        }(std::make_index_sequence<std::tuple_size<T>::value>{});
    } else if constexpr (is_pack<T>) {
        return []<class... Each>(const pack<Each...>*) {
            return (encodable<Each, T, Around...>() && ...);
        }(static_cast<const T*>(nullptr));
    } else if constexpr (is_record<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (encodable<field_type<T, I>, T, Around...>() && ...);
        }(std::make_index_sequence<field_count<T>>{});
    } else {
        return false;
    }
}

}  // namespace detail

class state_writer {
  public:
    void begin(const stage_info& stage) {
        stage_ = &stage;
        section_ = {};
    }
    template <class T>
    void value(const T& v) {
        constexpr bool has_bytes = detail::encodable<T>();
        if constexpr (has_bytes) {
            encode(section_, v);
        } else if (incomplete_.empty()) {
            incomplete_ = std::string(stage_->kind) + " (" + stage_->path + ")";
        }
    }
    void end() {
        all_.text(stage_->path);
        all_.text(stage_->kind);
        all_.varint(stage_->shard);
        all_.text(section_.bytes());
    }
    [[nodiscard]] const std::string& bytes() const noexcept { return all_.bytes(); }
    /// The first stage that has a state without bytes; empty where all was written.
    [[nodiscard]] const std::string& incomplete() const noexcept { return incomplete_; }

  private:
    const stage_info* stage_ = nullptr;
    byte_writer section_;
    byte_writer all_;
    std::string incomplete_;
};

/// Throws std::runtime_error for bytes that no `state_writer` wrote, or that are of another state. Refers to the bytes.
class state_reader {
  public:
    explicit state_reader(std::string_view saved) {
        byte_reader in(saved);
        while (in.ok() && in.left() != 0) {
            std::string path(in.text());
            const std::string_view kind = in.text();
            const std::uint64_t shard = in.varint();
            const std::string_view state = in.text();
            if (!in.ok()) break;
            const auto [at, fresh] = sections_.emplace(std::pair(std::move(path), shard), section{kind, state});
            if (!fresh) {
                throw std::runtime_error("weir::state_reader: two stages are called \"" + at->first.first
                                         + "\", so their states "
                                           "cannot be told apart; give each a name of its own");
            }
        }
        if (!in.ok())
            throw std::runtime_error("weir::state_reader: the snapshot is cut off or not one; use an older one");
    }
    /// False where the snapshot has nothing of that stage.
    [[nodiscard]] bool begin(const stage_info& stage) {
        const auto found = sections_.find(std::pair(std::string(stage.path), std::uint64_t{stage.shard}));
        if (found == sections_.end()) return false;
        if (found->second.kind != stage.kind) {
            throw std::runtime_error("weir::state_reader: stage " + found->first.first + " is a " + stage.kind
                                     + " here and was a " + std::string(found->second.kind)
                                     + " in the snapshot; restore with the pipeline that wrote it");
        }
        found->second.taken = true;
        section_ = byte_reader(found->second.state);
        return true;
    }
    template <class T>
    void value(T& v) {
        constexpr bool has_bytes = detail::encodable<T>();
        if constexpr (has_bytes) {
            if (decode(section_, v)) return;
        }
        refuse();
    }
    template <class T>
    [[nodiscard]] T take() {
        constexpr bool has_bytes = detail::encodable<T>();
        if constexpr (has_bytes) {
            T v{};
            value(v);
            return v;
        } else {
            refuse();
        }
    }
    void end() {
        if (section_.left() != 0) {
            throw std::runtime_error(
                "weir::state_reader: a stage's state is longer than it should be; restore with the "
                "pipeline that wrote it");
        }
    }
    /// A stage whose state nobody has asked for: "aggregate (5)"; empty where there is none.
    [[nodiscard]] std::string left_over() const {
        for (const auto& [id, s] : sections_) {
            if (!s.taken) return std::string(s.kind) + " (" + id.first + ")";
        }
        return {};
    }

  private:
    struct section {
        std::string_view kind;
        std::string_view state;
        bool taken = false;
    };

    [[noreturn]] static void refuse() {
        throw std::runtime_error(
            "weir::state_reader: a stage's state is of another type; restore with the pipeline that "
            "wrote it");
    }

    std::map<std::pair<std::string, std::uint64_t>, section> sections_;
    byte_reader section_{{}};
};

}  // namespace weir
