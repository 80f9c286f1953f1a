// SPDX-License-Identifier: BSL-1.0
// md5_many against md5, RFC 1321's vectors and, where its library is, OpenSSL: every kernel that the processor has,
// every length round a block's end, every number of texts round the sixteen lanes.
#include <weir/support/md5_lanes.hpp>

#include <dlfcn.h>

#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace {

std::vector<weir::detail::md5_kernel> kernels() {
    std::vector<weir::detail::md5_kernel> all{nullptr};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) all.push_back(&weir::detail::md5_block_avx2);
    if (__builtin_cpu_supports("avx512f")) all.push_back(&weir::detail::md5_block_avx512);
#endif
    return all;
}

bool same_as_one_by_one(weir::detail::md5_kernel by, const std::vector<std::string>& texts) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::vector<weir::md5_digest> sums(texts.size());
    weir::detail::md5_many_by(by, views, sums);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (sums[i] != weir::md5(texts[i])) return false;
    }
    return true;
}

std::string hex(const weir::md5_digest& sum) {
    std::string out;
    for (const auto b : sum) {
        out += "0123456789abcdef"[b >> 4U];
        out += "0123456789abcdef"[b & 15U];
    }
    return out;
}

}  // namespace

TEST_CASE("md5_many: the vectors of RFC 1321, side by side", "[support]") {
    const std::vector<std::string_view> texts{"",
                                              "a",
                                              "abc",
                                              "message digest",
                                              "abcdefghijklmnopqrstuvwxyz",
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"};
    const std::vector<std::string> expected{"d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661",
                                            "900150983cd24fb0d6963f7d28e17f72", "f96b697d7cb7938d525a2f31aaf161d0",
                                            "c3fcd3d76192e4007dfb496cca67e13b", "d174ab98d277d9f5a5611c2c9f419d9f"};
    for (const auto by : kernels()) {
        std::vector<weir::md5_digest> sums(texts.size());
        weir::detail::md5_many_by(by, texts, sums);
        for (std::size_t i = 0; i < texts.size(); ++i) CHECK(hex(sums[i]) == expected[i]);
    }
    std::vector<weir::md5_digest> sums(texts.size());
    weir::md5_many(texts, sums);
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(hex(sums[i]) == expected[i]);
    CHECK_THROWS_AS(weir::md5_many(texts, std::span(sums).first(2)), std::invalid_argument);
}

TEST_CASE("md5_many: every length and every number of texts as one by one", "[support]") {
    constexpr std::uint64_t seed = 20261126;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const auto text = [&](std::size_t size) {
        std::string t(size, '\0');
        for (char& c : t) c = static_cast<char>(random());
        return t;
    };
    for (const auto by : kernels()) {
        for (std::size_t count = 0; count <= 35; ++count) {
            std::vector<std::string> texts;
            for (std::size_t i = 0; i < count; ++i) texts.push_back(text(random() % 70));
            CHECK(same_as_one_by_one(by, texts));
        }
        // Each length in each lane; a long group before a short one: nothing of it may be left in the lanes.
        for (std::size_t size = 0; size <= 130; ++size) {
            std::vector<std::string> texts;
            for (std::size_t i = 0; i < 16; ++i) texts.push_back(text(size));
            for (std::size_t i = 0; i < 16; ++i) texts.push_back(text(i % 4));
            CHECK(same_as_one_by_one(by, texts));
        }
        for (int round = 0; round < 200; ++round) {
            std::vector<std::string> texts;
            for (std::size_t i = random() % 100; i > 0; --i) texts.push_back(text(random() % 57));
            CHECK(same_as_one_by_one(by, texts));
        }
    }
}

TEST_CASE("md5_many: as OpenSSL has it", "[support]") {
    void* const library = ::dlopen("libcrypto.so.3", RTLD_NOW);  // no headers needed
    if (library == nullptr) {
        WARN("libcrypto.so.3 is not here: not compared with OpenSSL");
        return;
    }
    using one_shot = unsigned char* (*)(const unsigned char*, std::size_t, unsigned char*);
    const auto theirs = reinterpret_cast<one_shot>(::dlsym(library, "MD5"));
    REQUIRE(theirs != nullptr);
    constexpr std::uint64_t seed = 55;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 2'000; ++i) {
        std::string t(random() % 64, '\0');
        for (char& c : t) c = static_cast<char>(random());
        texts.push_back(std::move(t));
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::vector<weir::md5_digest> sums(texts.size());
    for (const auto by : kernels()) {
        weir::detail::md5_many_by(by, views, sums);
        std::size_t same = 0;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            weir::md5_digest sum;
            theirs(reinterpret_cast<const unsigned char*>(texts[i].data()), texts[i].size(), sum.data());
            same += sum == sums[i] ? 1U : 0U;
        }
        CHECK(same == texts.size());
    }
}
