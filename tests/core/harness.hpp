// SPDX-License-Identifier: BSL-1.0
// Runs a pipeline of one task without the runtime, and keeps what its stages counted: for tests of stages.
#pragma once

#include <weir/core/driver.hpp>
#include <weir/core/pipeline.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace weir_test {

/// The counters by path ("1", "1.failed.0", or the given name).
struct ledger {
    std::map<std::string, weir::exits> stages;
    std::map<std::string, std::uint64_t> sinks;
    std::map<std::string, std::uint64_t> unwanted;

    void stage(const weir::stage_info& info, const weir::exits& e) { stages[info.path] = e; }
    void skipped(std::uint64_t n) { unwanted["main"] += n; }
    void watermark(weir::instant) {}
    void bytes(std::uint64_t) {}
    void begin(const weir::stage_info*, std::uint64_t) {}
    [[nodiscard]] std::uint64_t flowing() const { return 0; }
    void go_on_with(std::uint64_t) {}
    void branch(const char* name, std::uint64_t, std::uint64_t skipped) { unwanted[name] += skipped; }
    void sink(const weir::stage_info& info, std::uint64_t taken) { sinks[info.path] = taken; }
    template <class Call>
    void side(const char* name, std::uint64_t skipped, Call call) {
        unwanted[name] += skipped;
        call(*this);
    }

    /// Both sides of the identity of a whole run: what came in or was made, and where all of it went (what leaves by an
    /// output is counted by the sink there).
    [[nodiscard]] std::uint64_t entered() const {
        std::uint64_t sum = sinks.at("source");
        for (const auto& [path, e] : stages) sum += e.made;
        return sum;
    }
    [[nodiscard]] std::uint64_t left() const {
        std::uint64_t sum = 0;
        for (const auto& [path, n] : sinks) sum += path == "source" ? 0 : n;
        for (const auto& [path, e] : stages) sum += e.absorbed + e.dropped + e.late + e.held;
        for (const auto& [name, n] : unwanted) sum += n;
        return sum;
    }
};

/// The part of a builder that stages of one task use.
struct builder {
    struct store {
        std::deque<std::string> paths;
        std::deque<weir::stage_info> infos;
    };
    std::shared_ptr<store> kept = std::make_shared<store>();
    std::string prefix;
    std::string path;
    std::uint32_t shard_index = 0;

    [[nodiscard]] builder at(std::size_t position, const char* name) const {
        builder b = *this;
        b.path = name != nullptr ? name : prefix + std::to_string(position);
        return b;
    }
    [[nodiscard]] builder side(const char* name) const {
        builder b = *this;
        b.prefix = path + "." + name + ".";
        b.path = b.prefix + "0";
        return b;
    }
    [[nodiscard]] std::uint32_t shard() const { return shard_index; }
    [[nodiscard]] const weir::stage_info* info(const char* kind) const {
        kept->paths.push_back(path);
        kept->infos.push_back({kind, kept->paths.back().c_str(), shard_index});
        return &kept->infos.back();
    }
};

/// The stage whose function threw in the last `drive` that did: "map at 1".
inline std::string& blamed() {
    static std::string text;
    return text;
}

/// What a task steps: the source's own driver, or its cursor with the chain.
template <class Source, class MakeReceiver>
auto connect(Source& source, const builder& b, MakeReceiver& receiver) {
    if constexpr (requires { source.connect_driver(b, receiver); }) {
        return source.connect_driver(b, receiver);
    } else {
        auto cursor = [&] { return source.connect(b); };
        return weir::driver<decltype(cursor()), decltype(receiver())>(cursor, receiver);
    }
}

/// Runs to the end in batches of `batch` records; processing time is `now` and moves to the next timer by
/// itself when nothing else does.
template <class Out, class... Parts>
ledger drive(weir::pipeline<Out, Parts...> p, std::size_t batch = 256, weir::instant now = {}) {
    auto& parts = p.parts();
    auto& source = weir::detail::part_stage(weir::detail::element<0>(parts));
    const auto in = source.out();
    const builder b;
    auto receiver = [&] { return weir::detail::bind_from<1>(parts, b, in); };
    auto d = connect(source, b.at(0, source.path), receiver);
    try {
        for (;;) {
            const weir::step_result r = d.step(batch, now);
            if (r.what == weir::step_result::kind::done) break;
            if (r.what == weir::step_result::kind::wait_until && now < r.until) now = r.until;
        }
    } catch (...) {
        const weir::stage_info* stage = std::exchange(weir::detail::blamed_stage, nullptr);
        blamed() = stage == nullptr ? "" : std::string(stage->kind) + " at " + stage->path;
        throw;
    }
    ledger out;
    d.receiver().account(out);
    out.sinks["source"] = d.records();
    return out;
}

}  // namespace weir_test
