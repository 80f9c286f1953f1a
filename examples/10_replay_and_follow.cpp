// SPDX-License-Identifier: BSL-1.0
// Producers -> a stream -> two consumers. One follows as orders come in; the other comes later, replays the stream from
// its oldest record while the first still follows, and finds the same, each customer's orders in their order, although
// the stream is resharded meanwhile and several producers put at once.
#include <weir/streams.hpp>
#include <weir/weir.hpp>

#include <fmt/core.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

struct order {
    std::string customer;
    long number = 0;  // of this customer, from 1
    long cents = 0;
};
using orders_stream = weir::data_stream<order, &order::customer>;

/// What a consumer knows of the orders so far.
struct book {
    std::map<std::string, long> last;
    long orders = 0;
    long cents = 0;
    long out_of_order = 0;

    void take(const order& o) {
        long& before = last[o.customer];
        if (o.number != before + 1) ++out_of_order;
        before = o.number;
        ++orders;
        cents += o.cents;
    }
    void print(const char* who) const {
        fmt::print("{}: {} orders of {} customers, {} cents, {} out of order\n", who, orders, last.size(), cents,
                   out_of_order);
    }
};

/// Every record of the stream into `into`, until the stream is closed and read to its end.
auto reading(const orders_stream& orders, const weir::iterator_start& from, book& into) {
    return weir::from(orders, {.start = from, .chains = 3}) | weir::merge()
           | weir::for_each([&into](const order& o) { into.take(o); });
}

}  // namespace

int main() {
    constexpr long of_each = 500;
    const orders_stream orders("orders", {.shards = 2});

    book live;
    weir::job following = weir::start(reading(orders, weir::latest, live));

    std::vector<std::thread> shops;
    for (int shop = 0; shop < 4; ++shop) {
        shops.emplace_back([&, shop] {
            for (long n = 1; n <= of_each; ++n) {
                for (int c = 0; c < 5; ++c) {  // five customers are this shop's alone
                    const auto put =
                        orders.put_record({"customer-" + std::to_string(shop * 5 + c), n, 100 + (n * 37 + c) % 900});
                    if (!put) fmt::print("not taken: {}\n", put.error().message);
                }
            }
        });
    }
    // While they put: two shards become four, then three. Nobody stops, and no order is lost.
    if (!orders.update_shard_count(4)) return 1;
    book replayed;
    weir::job replaying = weir::start(reading(orders, weir::trim_horizon, replayed));
    if (!orders.update_shard_count(3)) return 1;
    for (std::thread& shop : shops) shop.join();
    orders.close();
    if (!following.wait() || !replaying.wait()) return 1;
    live.print("followed");
    replayed.print("replayed");
    fmt::print("{} shards, {} of them closed\n", orders.list_shards()->shards.size(),
               orders.list_shards()->shards.size()
                   - orders.list_shards({weir::shard_filter::type::at_latest})->shards.size());
    return replayed.cents == live.cents && replayed.orders == 4 * 5 * of_each ? 0 : 1;
}
