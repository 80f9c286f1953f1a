// SPDX-License-Identifier: BSL-1.0
// The KPL's aggregated record, of 250 user records of 200 bytes with a key each: written and read back, beside the MD5
// of the same bytes alone, with which the format ends and which both directions compute: weir's, and OpenSSL's where it
// is found. Nanoseconds for each user record.
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/aggregate_writer.hpp>
#include <weir/support/md5.hpp>

#ifdef BENCH_HAS_OPENSSL
#include <openssl/md5.h>
#endif

#include "../support/bench.hpp"

namespace {

constexpr std::size_t in_one = 250;
constexpr std::size_t record_size = 200;

struct user {
    std::string key;
    std::string data;
};

std::vector<user> users(std::uint64_t distinct) {
    std::mt19937_64 random(3);
    std::vector<user> all(in_one);
    for (std::size_t i = 0; i < in_one; ++i) {
        all[i].key = "sensor-" + std::to_string(1'000'000 + i % distinct);
        for (std::size_t j = 0; j < record_size; ++j) all[i].data += static_cast<char>(random());
    }
    return all;
}

std::string encoded(weir::aggregate_writer& to, const std::vector<user>& all) {
    for (const user& u : all) to.add(u.key, {}, u.data);
    return to.finish();
}

bool same(weir::aggregate_reader& reader, std::string_view record, const std::vector<user>& all) {
    const auto got = reader.read(record, "a");
    if (got.size() != all.size()) return false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (got[i].partition_key != all[i].key || got[i].data != all[i].data) return false;
    }
    return true;
}

void rows(bench::program& p, const std::string& keys, std::uint64_t distinct) {
    const std::vector<user> all = users(distinct);
    const std::size_t rounds = p.size(400, 8);
    weir::aggregate_writer writer;
    weir::aggregate_reader reader;
    const std::string record = encoded(writer, all);
    const std::string_view summed = std::string_view(record).substr(4, record.size() - 20);
    const bool whole = same(reader, record, all);
    const auto repeated = [rounds](auto work) {
        return [rounds, work] {
            for (std::size_t i = 0; i < rounds; ++i) work();
        };
    };
    const auto t =
        bench::measure(p.runs(11), static_cast<double>(rounds * in_one),
                       bench::named("encode", repeated([&] { bench::keep(encoded(writer, all).data()); })),
                       bench::named("decode", repeated([&] { bench::keep(reader.read(record, "a").data()); })),
                       bench::named("weir::md5", repeated([&] { bench::keep(weir::md5(summed)); })),
                       bench::named("OpenSSL's MD5", repeated([&] {
#ifdef BENCH_HAS_OPENSSL
                                        unsigned char sum[16];
                                        MD5(reinterpret_cast<const unsigned char*>(summed.data()), summed.size(), sum);
                                        bench::keep(sum);
#endif
                                    })));
    for (const std::size_t direction : {0U, 1U}) {
        p.add(t[direction].name + ", " + keys, "ns/record", t[direction], t[2], whole ? 0.7 : bench::none,
              bench::better::less, whole ? "" : "A PAYLOAD IS WRONG");
#ifdef BENCH_HAS_OPENSSL
        p.add(t[direction].name + ", " + keys, "ns/record", t[direction], t[3], whole ? 0.7 : bench::none,
              bench::better::less, whole ? "" : "A PAYLOAD IS WRONG");
#endif
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("aggregation", argc, argv);
    rows(p, "a key for each record", in_one);
    rows(p, "10 keys", 10);
    return p.finish();
}
