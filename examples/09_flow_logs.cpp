// SPDX-License-Identifier: BSL-1.0
// A network's flow logs: lines -> parse -> a stream kept by shards -> who owned the address at that moment -> traffic
// for each owner and minute. An address changes hands, so the lookup is by the record's own time: a replay of the
// stream next week charges the same owners. The lines are made up, in the format of a VPC's flow log.
#include <weir/streams.hpp>
#include <weir/weir.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

/// What is read of a line; the format's other fields are passed over.
struct line {
    std::string srcaddr;
    long bytes = 0;
    long start = 0;  // seconds since the epoch
    std::string action;
};
constexpr auto flow_format =
    weir::line_format<"{version} {account} {interface} {srcaddr} {dstaddr} {srcport} {dstport} "
                      "{protocol} {packets} {bytes} {start} {end} {action} {status}">;

struct flow {
    std::string address;
    sys_seconds time;
    long bytes = 0;
    bool accepted = false;
};
struct owned_flow {
    std::string owner;
    sys_seconds time;
    long bytes = 0;
};
struct usage {
    std::string owner;
    weir::window_bounds window;
    long flows = 0;
    long bytes = 0;
};

/// Who has an address from when on.
class ownership {
  public:
    void assign(const std::string& address, sys_seconds from, const std::string& owner) {
        history_[address][from] = owner;
    }
    [[nodiscard]] std::string at(const std::string& address, sys_seconds when) const {
        const auto of = history_.find(address);
        if (of == history_.end()) return "nobody";
        const auto behind = of->second.upper_bound(when);
        return behind == of->second.begin() ? "nobody" : std::prev(behind)->second;
    }

  private:
    std::map<std::string, std::map<sys_seconds, std::string>> history_;
};

constexpr sys_seconds start{1'700'000'040s};

std::vector<std::string> made_up_lines(int n) {
    std::mt19937 random(7);
    std::vector<std::string> lines;
    for (int i = 0; i < n; ++i) {
        const auto interface = random() % 4;
        const auto address = random() % 3;
        const auto port = 1'024 + random() % 60'000;
        const auto bytes = 40 + random() % 1'400;
        const bool refused = random() % 10 == 0;
        const long begun = start.time_since_epoch().count() + i * 180 / n;
        lines.push_back(fmt::format("2 1234 eni-{} 10.0.0.{} 10.0.1.9 {} 443 6 1 {} {} {} {} OK", interface, address,
                                    port, bytes, begun, begun + 5, refused ? "REJECT" : "ACCEPT"));
    }
    lines.insert(lines.begin() + 100, "2 1234 eni-0 - - - - - - - 1700000040 1700000045 - NODATA");
    return lines;
}

}  // namespace

int main() {
    const std::vector<std::string> lines = made_up_lines(6'000);
    ownership owners;
    owners.assign("10.0.0.0", start, "shop");
    owners.assign("10.0.0.1", start, "shop");
    owners.assign("10.0.0.1", start + 60s, "search");  // changes hands
    owners.assign("10.0.0.2", start + 60s, "search");  // nobody's before

    // In: the stream decides by the address which shard has a flow, and keeps it there in order.
    const weir::data_stream<flow, &flow::address> flows("flows", {.shards = 4, .retention = 24h * 14});
    const weir::report in = weir::run(
        weir::from(lines) | weir::parse<line>(flow_format) | weir::on<"failed">(weir::for_each([](const auto& bad) {
            fmt::print("not a flow: {}: {}\n", bad.why, bad.value);
        }))
        | weir::map([](const line& l) {
              return flow{l.srcaddr, sys_seconds(std::chrono::seconds(l.start)), l.bytes, l.action == "ACCEPT"};
          })
        | weir::to(flows));
    if (!in) return 1;
    flows.close();

    // Out: a chain for each shard looks owners up; then all flows of an owner come together.
    std::vector<usage> all;
    const weir::report out =
        weir::run(weir::from(flows) | weir::filter([](const flow& f) { return f.accepted; })
                  | weir::map([&](const flow& f) { return owned_flow{owners.at(f.address, f.time), f.time, f.bytes}; })
                  // Chains are read at speeds of their own: a replay is as disordered as its shards are apart.
                  | weir::merge() | weir::event_time<&owned_flow::time>(weir::out_of_order_by(180s))
                  | weir::key_by<&owned_flow::owner>() | weir::tumble(60s)
                  | weir::aggregate<usage>(weir::count<"flows">(), weir::sum<&owned_flow::bytes>())
                  | weir::on<"late">(weir::stop) | weir::collect(all));
    if (!out) return 1;
    std::ranges::sort(all, {}, [](const usage& u) { return std::tuple(u.window.start, u.owner); });
    for (const usage& u : all) {
        fmt::print("minute {}  {:6}  {:5} flows  {:8} bytes\n",
                   (std::chrono::floor<std::chrono::seconds>(u.window.start) - start) / 60s, u.owner, u.flows, u.bytes);
    }
    fmt::print("{} flows kept, {} looked at again\n", in.of("to").passed, out.taken());
    return 0;
}
