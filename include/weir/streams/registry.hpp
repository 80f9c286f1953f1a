// SPDX-License-Identifier: BSL-1.0
// Where independent parts of a program meet: streams (and topics) by name.
//
//     weir::registry& all = weir::registry::process();
//     auto hits = all.create<weir::data_stream<hit, &hit::host>>("hits", {.shards = 4}).value();    // one part
//     auto same = all.find<weir::data_stream<hit, &hit::host>>("hits").value();                     // another
//
// It keeps a handle of each until it is deleted; handles that others hold stay good. Any thread; a mutex.
#pragma once

#include <any>
#include <concepts>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/result.hpp"

namespace weir {

/// What a registry holds: a handle whose copies are the same thing, made from a name and options.
template <class H>
concept registered_handle = std::copy_constructible<H> && requires(const H& h) {
    { h.name() } -> std::convertible_to<std::string>;
};

class registry {
  public:
    registry() = default;
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    /// The process's own.
    [[nodiscard]] static registry& process() {
        static registry one;
        return one;
    }

    /// `errc::resource_in_use` where the name is taken. Throws what the handle's constructor throws.
    template <registered_handle Handle, class Options = typename Handle::options_type>
    [[nodiscard]] result<Handle> create(const std::string& name, const Options& options = {}) {
        const std::lock_guard hold(mutex_);
        if (handles_.contains(name)) {
            return error{errc::resource_in_use, "there is a stream of this name already; find it, or delete it first",
                         name};
        }
        return std::any_cast<Handle>(handles_.emplace(name, Handle(name, options)).first->second);
    }
    /// `errc::resource_not_found`; `invalid_argument` where it is one of another type.
    template <registered_handle Handle>
    [[nodiscard]] result<Handle> find(std::string_view name) const {
        const std::lock_guard hold(mutex_);
        const auto at = handles_.find(name);
        if (at == handles_.end()) return unknown(name);
        const Handle* const handle = std::any_cast<Handle>(&at->second);
        if (handle == nullptr) {
            return error{errc::invalid_argument,
                         "the stream of this name has records of another type; ask for the type it was created with",
                         std::string(name)};
        }
        return *handle;
    }
    /// Forgets it; who has a handle goes on with it.
    result<void> remove(std::string_view name) {
        const std::lock_guard hold(mutex_);
        const auto at = handles_.find(name);
        if (at == handles_.end()) return unknown(name);
        handles_.erase(at);
        return {};
    }
    /// In alphabetical order.
    [[nodiscard]] std::vector<std::string> names() const {
        const std::lock_guard hold(mutex_);
        std::vector<std::string> out;
        out.reserve(handles_.size());
        for (const auto& [name, handle] : handles_) out.push_back(name);
        return out;
    }

  private:
    [[nodiscard]] static error unknown(std::string_view name) {
        return {errc::resource_not_found, "there is no stream of this name; names() lists them", std::string(name)};
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::any, std::less<>> handles_;
};

}  // namespace weir
