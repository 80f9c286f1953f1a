// SPDX-License-Identifier: BSL-1.0
#include <weir/weir.hpp>

#include "traffic.hpp"

namespace access_log {

namespace {

using namespace std::chrono_literals;

auto head(const std::string& log, const std::string& out) {
    return weir::from(weir::lines(log)) | weir::parse<hit>(weir::formats::combined_log)
           | weir::on<"failed">(weir::directory(out + "/bad"))
           | weir::event_time<&hit::time>(weir::out_of_order_by(60s)) | weir::key_by<&hit::host>();
}
auto tail(const std::string& out) {
    return weir::tumble(60s) | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>())
           | weir::on<"late">(weir::discard) | weir::directory(out);
}

}  // namespace

counts by_weir(const std::string& log, const std::string& out, unsigned shards) {
    const weir::report done = shards == 0 ? weir::run(head(log, out) | tail(out))
                                          : weir::run(head(log, out) | weir::shard(shards) | tail(out));
    done.rethrow();
    return {done.taken(), done.of("parse").passed, done.failed(), done.late(), done.of("aggregate").counts.made};
}

}  // namespace access_log
