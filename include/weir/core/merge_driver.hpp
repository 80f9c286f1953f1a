// SPDX-License-Identifier: BSL-1.0
// Several sources fused into one node, in one task: the node at a fixed address, and the drivers of its inputs. It is
// to a task what `driver` is.
//
// A step goes round the inputs, each with its share of the records, and the next one begins with another. While what is
// behind the node is full, the input that met it is the only one that is stepped, and that resumes it; so after
// `full` nothing but `resume()` arrives. Timers behind the node are the node's; those of a chain are its driver's.
#pragma once

#include <cstddef>

#include "../support/box.hpp"
#include "branch_name.hpp"
#include "driver.hpp"
#include "pipeline.hpp"
#include "port.hpp"

namespace weir {
namespace detail {

/// As `bind_from`, for a chain without a sink: `end(builder)` makes the last receiver.
template <std::size_t I, class Parts, class Builder, class In, class End>
auto bind_until(Parts& parts, Builder b, const In& in, End end) {
    if constexpr (I == Parts::size) {
        return end(b);
    } else {
        auto& p = element<I>(parts);
        auto& piece = part_stage(p);
        const auto out = piece.out(in);
        return piece.bind(b.at(I, piece.path), in, [&parts, &p, in, out, end](auto builder) {
            return bind_sides(p, in, builder,
                              [&parts, out, end](auto at) { return bind_until<I + 1>(parts, at, out, end); });
        });
    }
}

/// The driver of input I, ending at the node.
template <std::size_t I, class Pipeline, class Builder, class Node>
auto connect_input(Pipeline& p, Builder b, Node* node) {
    auto& parts = p.parts();
    auto& source = part_stage(element<0>(parts));
    const auto in = source.out();
    const Builder inside = b.side(branch_name<I>::text);
    const Builder first = inside.at(0, source.path);
    auto make_receiver = [&] { return bind_until<1>(parts, inside, in, [node](auto) { return port<I, Node>{node}; }); };
    if constexpr (requires { source.connect_driver(first, make_receiver); }) {
        return source.connect_driver(first, make_receiver);
    } else {
        auto make_cursor = [&] { return source.connect(first); };
        const stage_info* info = first.info(kind_of_source<std::remove_cvref_t<decltype(source)>>());
        return driver<decltype(make_cursor()), decltype(make_receiver())>(make_cursor, make_receiver, info);
    }
}

/// Drivers side by side, built in place.
template <std::size_t I, class... Drivers>
struct driver_list {
    template <class Make>
    explicit driver_list(Make&) noexcept {}
    template <class Self, class Call>
    static void each(Self&, Call&) noexcept {}
};
template <std::size_t I, class First, class... Rest>
struct driver_list<I, First, Rest...> {
    First here;
    driver_list<I + 1, Rest...> rest;

    template <class Make>
    explicit driver_list(Make& make) : here(make(std::integral_constant<std::size_t, I>{})), rest(make) {}

    /// Calls `call(index, driver)` for each.
    template <class Self, class Call>
    static void each(Self& self, Call& call) {
        call(I, self.here);
        driver_list<I + 1, Rest...>::each(self.rest, call);
    }
};

}  // namespace detail

/// `Node` is what the drivers' chains end in. Moves by pointer.
template <class Node, class... Drivers>
class merge_driver {
    static constexpr std::size_t count = sizeof...(Drivers);
    using list = detail::driver_list<0, Drivers...>;

  public:
    /// `make_node()` gives the node, `make_input(integral_constant<I>, Node*)` the driver of input I.
    template <class MakeNode, class MakeInput>
    merge_driver(MakeNode&& make_node, MakeInput&& make_input)
        : held_(detail::box<body>::from([&] { return body(make_node, make_input); })) {}

    /// At most about `max_records` records, over all inputs. `draining` ends the sources where they are.
    step_result step(std::size_t max_records, instant now, bool draining = false) {
        using kind = step_result::kind;
        body& all = *held_;
        if (finished()) return {kind::done, instant::max(), 0};
        const std::size_t share = max_records < count ? 1 : max_records / count;
        std::uint32_t taken = 0;
        bool moved = false;
        if (signals_full_) {
            if (resume() == flow::full) return {kind::idle, instant::max(), 0};
            moved = true;
        }
        if (own_full_) {
            own_full_ = all.node.resume() == flow::full;
            if (own_full_) return {kind::idle, instant::max(), 0};
            moved = true;
        }
        if (full_ != count) {
            const step_result r = step_one(full_, share, now, draining);
            if (is_blocked(full_)) return r;
            full_ = count;
            taken += r.records;
            moved = true;
        }
        if (!all.node.done() && all.node.due() <= now) {
            moved = true;
            own_full_ = all.node.tick(now) == flow::full;
            if (own_full_) return {kind::progress, instant::max(), taken};
        }
        instant until = all.node.done() ? instant::max() : all.node.due();
        const std::size_t begin = turn_;
        turn_ = turn_ + 1 == count ? 0 : turn_ + 1;
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t i = (begin + k) % count;
            if (is_finished(i)) continue;
            const step_result r = step_one(i, share, now, draining || all.node.done());
            taken += r.records;
            if (r.what == kind::progress || r.what == kind::done) moved = true;
            if (r.what == kind::wait_until && r.until < until) until = r.until;
            if (is_blocked(i)) {
                full_ = i;
                return {kind::progress, instant::max(), taken};
            }
        }
        if (finished()) return {kind::done, instant::max(), taken};
        if (moved) return {kind::progress, instant::max(), taken};
        return {until == instant::max() ? kind::idle : kind::wait_until, until, 0};
    }

    /// Records taken from all sources so far.
    [[nodiscard]] std::uint64_t records() const {
        std::uint64_t sum = 0;
        each([&](std::size_t, const auto& d) { sum += d.records(); });
        return sum;
    }
    [[nodiscard]] bool blocked() const noexcept { return own_full_ || signals_full_ || full_ != count; }
    [[nodiscard]] bool finished() const {
        bool all_finished = true;
        each([&](std::size_t, const auto& d) { all_finished = all_finished && d.finished(); });
        return all_finished && !own_full_ && !signals_full_;
    }

    /// What a task asks of its receiver, for all inputs and the node.
    [[nodiscard]] merge_driver& receiver() noexcept { return *this; }
    [[nodiscard]] const merge_driver& receiver() const noexcept { return *this; }

    /// A checkpoint goes through all chains, with the places of their sources, and through the node with the last of
    /// them. Of a chain that has ended only its state is asked. After `full` the next steps resume.
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        bool any_running = false;
        signals_full_ = false;
        each([&](std::size_t i, auto& d) {
            d.save(out);
            any_running = any_running || !d.finished();
            signal_full_[i] = d.receiver().snapshot(d.finished() ? barrier{} : at, out) == flow::full;
            signals_full_ = signals_full_ || signal_full_[i];
        });
        if (!any_running) held_->node.save(barrier{}, out);
        return signals_full_ ? flow::full : flow::more;
    }
    template <class Reader>
    void restore(Reader& in) {
        each([&](std::size_t, auto& d) {
            d.load(in);
            d.receiver().restore(in);
        });
        held_->node.restore(in);
    }
    template <class Writer>
    void save(Writer&) const noexcept {}  // in the snapshot
    template <class Reader>
    void load(Reader&) noexcept {}
    flow resume() {
        signals_full_ = false;
        each([&](std::size_t i, auto& d) {
            signal_full_[i] = signal_full_[i] && d.receiver().resume() == flow::full;
            signals_full_ = signals_full_ || signal_full_[i];
        });
        return signals_full_ ? flow::full : flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        std::uint64_t reached = 0;
        each([&](std::size_t, const auto& d) {
            d.account(ledger);
            reached += ledger.flowing();
        });
        ledger.go_on_with(reached);
        held_->node.account(ledger);
    }

  private:
    struct body {
        Node node;
        list drivers;

        template <class MakeNode, class MakeInput>
        body(MakeNode& make_node, MakeInput& make_input)
            : body(make_node, make_input, [&](auto i) { return make_input(i, &node); }) {}

      private:
        template <class MakeNode, class MakeInput, class Make>
        body(MakeNode& make_node, MakeInput&, Make make) : node(make_node()), drivers(make) {}
    };

    template <class Call>
    void each(Call call) {
        list::each(held_->drivers, call);
    }
    template <class Call>
    void each(Call call) const {
        list::each(held_->drivers, call);
    }
    step_result step_one(std::size_t at, std::size_t max_records, instant now, bool draining) {
        step_result r;
        each([&](std::size_t i, auto& d) {
            if (i == at) r = d.step(max_records, now, draining);
        });
        return r;
    }
    [[nodiscard]] bool is_blocked(std::size_t at) const {
        bool answer = false;
        each([&](std::size_t i, const auto& d) { answer = answer || (i == at && d.blocked()); });
        return answer;
    }
    [[nodiscard]] bool is_finished(std::size_t at) const {
        bool answer = false;
        each([&](std::size_t i, const auto& d) { answer = answer || (i == at && d.finished()); });
        return answer;
    }

    detail::box<body> held_;
    std::size_t full_ = count;  // the input that is blocked
    std::size_t turn_ = 0;
    bool own_full_ = false;         // a timer of the node met `full`
    bool signal_full_[count] = {};  // a checkpoint met `full` in that chain
    bool signals_full_ = false;     // in any
};

}  // namespace weir
