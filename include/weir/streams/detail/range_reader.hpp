// SPDX-License-Identifier: BSL-1.0
// Reads the records of one range of hash keys, whatever shards hold them: the chain of a pipeline behind a stream.
//
// The range is the chain's for good, so keyed state never moves. A shard is begun when every parent that has keys of
// the range is read to its end, so that each key's records come in the order in which they were put, across splits and
// merges. Of several shards the record that was put first is next, so a replay has no more disorder than there was.
// A shard that is larger than the range is read with the other keys left out. One thread at a time; no call blocks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "../../core/concepts.hpp"
#include "../../runtime/waker.hpp"
#include "../../support/config.hpp"
#include "missed_records.hpp"
#include "shard_reader.hpp"
#include "stream_core.hpp"

namespace weir::detail {

template <class Payload>
class range_reader {
  public:
    using core_type = stream_core<Payload>;
    using shard = typename core_type::shard;
    using record = typename core_type::record;

    /// `start`: trim_horizon, latest or at_timestamp. `gone` is shared by the chains of a pipeline.
    range_reader(std::shared_ptr<core_type> core, const hash_range& keys, const iterator_start& start, waker wakes,
                 std::shared_ptr<missed_records> gone)
        : core_(std::move(core)), keys_(keys), wakes_(std::move(wakes)), gone_(std::move(gone)) {
        const instant horizon = core_->horizon(core_->now());
        const instant from = start.time && *start.time > horizon ? *start.time : horizon;
        const bool at_tip = start.kind == iterator_type::latest;
        if (core_->waits_for_readers()) place_ = core_->places().add(keys_);
        for (const auto& s : core_->live_shards()) {
            if (!s.of->keys().overlaps(keys_)) continue;
            const bool skipped = !s.open && (at_tip || s.ended < from);
            shards_.emplace(s.of->id(), known_shard{s, skipped ? progress::done : progress::waiting});
            if (!skipped)
                waiting_from_.emplace(s.of->id(), at_tip ? s.of->log().end_position() : s.of->position_at(from));
            wants(*s.of, skipped ? reader_place::nothing : waiting_from_.at(s.of->id()));
        }
        open_those_ready();
        waiting_from_.clear();
    }
    range_reader(range_reader&&) = default;
    range_reader& operator=(range_reader&&) = delete;
    ~range_reader() {
        for (const auto& in : inputs_) in->of->remove_waker(in->waker_number);
        if (!place_) return;
        core_->places().remove(place_);
        for (const auto& s : core_->live_shards()) {
            if (s.of->behind()) s.of->relieve();
        }
    }

    /// At most `most` records are looked at. `put(shard, record, number's position)` answers flow.
    template <class Put>
    pull_result pull(std::size_t most, Put put) {
        std::size_t taken = 0;
        for (std::size_t looked = 0; looked < most;) {
            input* first = nullptr;
            put_moment until = never;  // the earliest in another shard
            for (std::size_t i = 0; i < inputs_.size();) {
                input& in = *inputs_[i];
                if (in.used == in.known.size() && !refill(in)) {
                    if (in.from.drained()) {
                        retire(i);
                        first = nullptr;
                        until = never;
                        i = 0;
                    } else {
                        ++i;
                    }
                    continue;
                }
                const put_moment at = in.known[in.used].at;
                if (first == nullptr || at < first->known[first->used].at) {
                    if (first != nullptr) until = first->known[first->used].at;
                    first = &in;
                } else if (at < until) {
                    until = at;
                }
                ++i;
            }
            if (first == nullptr) return {inputs_.empty() ? pulled::exhausted : pulled::starved, taken};
            const flow f = pull_from(*first, until, most, looked, taken, put);
            if (f != flow::more) [[unlikely]]
                return {f == flow::full ? pulled::full : pulled::done, taken};
        }
        return {pulled::more, taken};
    }

    /// A shard's storage cannot open its files just now.
    [[nodiscard]] bool blocked() const noexcept {
        for (const auto& in : inputs_) {
            if (in->from.blocked()) return true;
        }
        return false;
    }
    [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
    /// What retention took before it was read, but for what another chain has counted.
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

    /// Its place: where it is in each shard that it reads, and which it has done with.
    template <class Writer>
    void save(Writer& out) const {
        out.value(static_cast<std::uint64_t>(inputs_.size()));
        for (const auto& in : inputs_) {
            out.value(in->of->id().index);
            out.value(in->at + in->used);
        }
        std::uint64_t done = 0;
        for (const auto& [id, s] : shards_) done += s.is == progress::done ? 1U : 0U;
        out.value(done);
        for (const auto& [id, s] : shards_) {
            if (s.is == progress::done) out.value(id.index);
        }
    }
    template <class Reader>
    void load(Reader& in) {
        while (!inputs_.empty()) drop(0);
        for (auto& [id, s] : shards_) s.is = progress::waiting;
        if (place_) place_->forget_all();
        for (auto n = in.template take<std::uint64_t>(); n > 0; --n) {
            const shard_id id{in.template take<std::uint32_t>()};
            const auto position = in.template take<std::uint64_t>();
            waiting_from_.emplace(id, position);
            if (place_) place_->set(id, position);
        }
        for (auto n = in.template take<std::uint64_t>(); n > 0; --n) {
            const auto at = shards_.find({in.template take<std::uint32_t>()});
            if (at == shards_.end()) continue;
            at->second.is = progress::done;
            wants(*at->second.of.of, reader_place::nothing);
        }
        open_those_ready();
        waiting_from_.clear();
    }

  private:
    static constexpr put_moment never{instant::max(), ~std::uint64_t{0}};
    enum class progress : unsigned char { waiting, reading, done };
    struct known_shard {
        typename core_type::lineage of;
        progress is;
    };
    struct input {
        input(shard& s, std::uint64_t position, std::uint64_t number, bool all)
            : of(&s), from(s, position), waker_number(number), whole(all), at(position) {}
        shard* of;
        shard_reader<Payload> from;
        std::uint64_t waker_number;
        bool whole;        // all of its keys are the range's
        std::uint64_t at;  // position of `known`
        std::span<const record> known = {};
        std::size_t used = 0;
    };

    /// The records of one shard that come before `until`.
    template <class Put>
    WEIR_INLINE flow pull_from(input& in, put_moment until, std::size_t most, std::size_t& looked, std::size_t& taken,
                               Put& put) {
        const record* const end = in.known.data() + std::min(in.known.size(), in.used + (most - looked));
        shard& of = *in.of;
        std::uint64_t position = in.at + in.used;
        for (const record* r = in.known.data() + in.used; r != end && !(until < r->at); ++r, ++position) {
            prefetch_records_behind(*r);
            ++looked;
            ++in.used;
            if (!in.whole && !keys_.contains(r->hash)) continue;
            ++taken_;
            ++taken;
            const flow f = put(of, *r, position);
            if (f != flow::more) [[unlikely]]
                return f;
        }
        return flow::more;
    }

    /// Of a stream whose puts wait for its readers.
    void wants(shard& s, std::uint64_t first) {
        if (!place_) return;
        place_->set(s.id(), first);
        if (s.behind()) s.relieve();
    }
    bool refill(input& in) {
        in.from.release(in.used);
        const std::uint64_t expected = in.at + in.used;
        if (place_ && in.used != 0) [[unlikely]]
            wants(*in.of, in.from.position());
        in.known = in.from.peek();
        in.used = 0;
        in.at = in.from.position();
        if (in.from.take_missed() != 0) [[unlikely]]
            missed_ += gone_->add(in.of->id(), expected, in.at);
        return !in.known.empty();
    }
    [[nodiscard]] bool ready(const typename core_type::lineage& s) const {
        for (const std::optional<shard_id>& parent : {s.parent, s.adjacent_parent}) {
            if (!parent) continue;
            const auto at = shards_.find(*parent);  // not there: expired, or none of its keys are the range's
            if (at != shards_.end() && at->second.is != progress::done) return false;
        }
        return true;
    }
    void open_those_ready() {
        for (auto& [id, s] : shards_) {
            if (s.is != progress::waiting || !ready(s.of)) continue;
            const auto from = waiting_from_.find(id);
            shard& of = *s.of.of;
            const std::uint64_t number = of.add_waker(wakes_);
            inputs_.push_back(std::make_unique<input>(of, from == waiting_from_.end() ? 0 : from->second, number,
                                                      keys_.contains(of.keys())));
            s.is = progress::reading;
        }
    }
    void drop(std::size_t i) {
        inputs_[i]->of->remove_waker(inputs_[i]->waker_number);
        inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    /// It is read to its end: its children may begin.
    WEIR_COLD void retire(std::size_t i) {
        shard& parent = *inputs_[i]->of;
        drop(i);
        shards_.find(parent.id())->second.is = progress::done;
        wants(parent, reader_place::nothing);
        for (const auto& child : core_->children(parent)) {
            if (child.of->keys().overlaps(keys_)) {
                shards_.emplace(child.of->id(), known_shard{child, progress::waiting});
            }
        }
        open_those_ready();
    }

    std::shared_ptr<core_type> core_;
    hash_range keys_;
    waker wakes_;
    std::map<shard_id, known_shard> shards_;
    std::map<shard_id, std::uint64_t> waiting_from_;  // where the first shards begin
    std::vector<std::unique_ptr<input>> inputs_;
    std::shared_ptr<missed_records> gone_;
    std::shared_ptr<reader_place> place_;  // where puts wait for readers
    std::uint64_t taken_ = 0;
    std::uint64_t missed_ = 0;
};

}  // namespace weir::detail
