// SPDX-License-Identifier: BSL-1.0
// The KPL's aggregated record: P01 byte for byte, C01 to C03, and what no aggregate is.
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/aggregate_writer.hpp>

#include "support/catch.hpp"

namespace {

using weir::hash_key;

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto b = static_cast<unsigned char>(c);
        out += "0123456789abcdef"[b >> 4U];
        out += "0123456789abcdef"[b & 15U];
    }
    return out;
}
/// A message with the frame that belongs to it.
std::string framed(std::string_view message) {
    std::string out(weir::detail::aggregate_magic);
    out += message;
    const auto sum = weir::md5(message);
    out.append(reinterpret_cast<const char*>(sum.data()), sum.size());
    return out;
}

}  // namespace

TEST_CASE("aggregate_writer: P01, byte for byte", "[streams]") {
    weir::aggregate_writer w;
    w.add("a", {}, "x");
    CHECK(w.size_with("a", {}, "y") == 37);
    w.add("a", {}, "y");
    CHECK(w.size() == 37);
    CHECK(hex(w.finish()) == "f3899ac20a01611a0508001a01781a0508001a01794ce17b1ac841e7ccc082e6c0e097f7f6");
    CHECK(w.count() == 0);
    w.add("a", hash_key{}, "x");
    w.add("b", {}, "y");
    CHECK(hex(w.finish())
          == "f3899ac20a01610a01621201301a07080010001a01781a0508011a0179f694e370598a10116c834981d1928ac0");
}

TEST_CASE("aggregate: P02, two records that the real KPL made, byte for byte, and read back", "[streams]") {
    struct put {
        const char* key;
        const char* explicit_key;
        const char* data;
    };
    const std::vector<put> with_keys{
        {"fc03dd88-3e79-448a-b01a-7cf1bd47b784", "38486495867508399078159723846051807020", "22 peeobhczbzdmskboupgyq"},
        {"cae41b1c-ea61-43f2-90be-b8755ebf88e2", "193787600037681706952143357071916352604", "23 uswkxftxroeusscxsjhno"},
        {"d490690c-e74d-4db2-a3c8-d8f2f184fd23", "266880436964932424265466916734068684439", "24 casehdgivfaxeustlyszy"},
        {"c924bc09-b85e-47f1-b32e-336522ee53c8", "339606600942967391854603552402021847292",
         "25 nvffvpmuogdopjhamevrk"}};
    const std::vector<put> without{{"78feb12a-dba0-45ca-a91e-bb1f2f1819b4", nullptr, "18 iklrpsvyhxnerodfeheru"},
                                   {"c2a75787-469b-4310-840d-d486dca7eb5e", nullptr, "19 lnmnudyhvpvcgrokfmzdh"},
                                   {"650e9362-572b-4427-b3fc-13549d7e5ae5", nullptr, "20 pjqrcfbxafzdndzmbgane"},
                                   {"1d8d9600-00b7-46f3-a983-de83477540c0", nullptr, "21 aafreyrntwuwxliygkbhk"},
                                   {"f2e718a0-389b-494a-b796-3355b07569cc", nullptr, "22 qsaadhbsgmvqgdifguyou"},
                                   {"965b8da4-a6bd-4755-81c9-e7181ab7dc9a", nullptr, "23 wjokoiwvzzhlftlzhqfjk"},
                                   {"d693c5f0-5772-46c9-8d86-08c7055bdb75", nullptr, "24 zopcascrthbbpnjiwuhjb"},
                                   {"8d92476b-eb89-4e81-99fb-c2ba63ad6d90", nullptr, "25 txbbvnozrwsboxuomqboq"}};
    const auto check = [](const std::vector<put>& all, std::size_t size, const char* sum) {
        weir::aggregate_writer w;
        for (const put& p : all) {
            std::optional<hash_key> key;
            if (p.explicit_key != nullptr) key = hash_key::parse(p.explicit_key).value();
            w.add(p.key, key, "RECORD " + std::string(p.data) + "\n");
        }
        const std::string blob = w.finish();
        CHECK(blob.size() == size);
        CHECK(hex(blob.substr(size - 16)) == sum);  // the MD5 of all bytes before it
        weir::aggregate_reader reader;
        const auto got = reader.read(blob, "a");
        REQUIRE(got.size() == all.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            CHECK(got[i].partition_key == all[i].key);
            CHECK(got[i].explicit_hash_key.has_value() == (all[i].explicit_key != nullptr));
        }
    };
    check(with_keys, 495, "51c153d0de0a34ca9e18ea4bccd2add5");
    check(without, 628, "bd5d6bacb754f92cb6bfcc64819e5868");
}

TEST_CASE("aggregate: C02, random records come back as they were, with their places", "[streams]") {
    std::mt19937_64 random(5);
    weir::aggregate_writer w;
    weir::aggregate_reader reader;
    for (int round = 0; round < 60; ++round) {
        struct put {
            std::string key;
            std::optional<hash_key> explicit_key;
            std::string data;
        };
        std::vector<put> all;
        const std::size_t n = 1 + random() % 300;
        for (std::size_t i = 0; i < n; ++i) {
            put p{"key-" + std::to_string(random() % 20), {}, std::string(random() % 300, static_cast<char>(random()))};
            if (random() % 3 == 0) p.explicit_key = hash_key{random() % 3, random() % 2};
            const std::size_t size = w.size_with(p.key, p.explicit_key, p.data);
            w.add(p.key, p.explicit_key, p.data);
            REQUIRE(w.size() == size);
            all.push_back(std::move(p));
        }
        const std::size_t size = w.size();
        const std::string payload = w.finish();
        REQUIRE(payload.size() == size);
        const auto got = reader.read(payload, "a");
        REQUIRE(reader.aggregated());
        REQUIRE(got.size() == n);
        for (std::size_t i = 0; i < n; ++i) {
            CHECK(got[i].partition_key == all[i].key);
            CHECK(got[i].explicit_hash_key == all[i].explicit_key);
            CHECK(got[i].data == all[i].data);
            CHECK(got[i].sub_sequence_number == i);
        }
        // Any byte changed: no aggregate.
        std::string bad = payload;
        bad[random() % bad.size()] ^= static_cast<char>(1U << (random() % 8));
        CHECK(reader.read(bad, "k").size() == 1);
        CHECK_FALSE(reader.aggregated());
    }
}

TEST_CASE("aggregate_reader: C01, what is none is one record, as it is", "[streams]") {
    weir::aggregate_reader reader;
    weir::aggregate_writer w;
    w.add("a", {}, "x");
    const std::string whole = w.finish();
    std::vector<std::string> plain{"",
                                   "x",
                                   std::string(20, '\0'),
                                   whole.substr(0, whole.size() - 1),
                                   whole.substr(1),
                                   whole + "x",
                                   std::string(weir::detail::aggregate_magic),
                                   framed("")};
    using namespace std::string_view_literals;
    for (const std::string_view message : {
             "\x0A"sv,                                                  // a length is missing
             "\x0A\x05\x61"sv,                                          // beyond the end
             "\x0A\x01\x61\x1A\x02\x08\x00"sv,                          // no data
             "\x0A\x01\x61\x1A\x03\x1A\x01\x78"sv,                      // no key
             "\x0A\x01\x61\x1A\x05\x08\x01\x1A\x01\x78"sv,              // no such key
             "\x0A\x01\x61\x1A\x07\x08\x00\x10\x00\x1A\x01\x78"sv,      // no such explicit key
             "\x0A\x01\x61\x12\x01\x78\x1A\x05\x08\x00\x1A\x01\x78"sv,  // an explicit key that is no number
             "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"sv,          // an overlong length
             "\x03\x01"sv, "\x00\x01"sv,                                // a group, field 0
         }) {
        plain.push_back(framed(message));
    }
    for (const std::string& p : plain) {
        INFO(hex(p));
        const auto got = reader.read(p, "key");
        REQUIRE(got.size() == 1);
        CHECK_FALSE(reader.aggregated());
        CHECK(got[0].data == p);
        CHECK(got[0].partition_key == "key");
    }
    // Fields that nobody knows are passed over.
    const std::string more = framed("\x0A\x01\x61\x20\x05\x1A\x0A\x08\x00\x1A\x01\x78\x22\x03\x0A\x01\x74"sv);
    REQUIRE(reader.read(more, "key").size() == 1);
    CHECK(reader.aggregated());
    CHECK(reader.read(more, "key")[0].data == "x");
}

TEST_CASE("aggregate_reader: C03, an aggregate of another shard map is dropped whole, and counted", "[streams]") {
    weir::aggregate_reader reader;
    weir::aggregate_writer w;
    const auto halves = weir::equal_ranges(2);
    w.add("a", halves[0].first, "x");
    w.add("a", halves[0].last, "y");
    const std::string low = w.finish();
    w.add("a", halves[0].first, "x");
    w.add("b", {}, "y");  // its MD5 is in the upper half
    const std::string mixed = w.finish();
    CHECK(reader.read_in(halves[0], low, "a").size() == 2);
    CHECK(reader.read_in(halves[1], low, "a").empty());
    CHECK(reader.dropped() == 2);
    CHECK(reader.read_in(halves[0], mixed, "a").empty());
    CHECK(reader.dropped() == 4);
    CHECK(reader.read_in(halves[1], "plain", "a").size() == 1);  // not an aggregate: where it was put
}
