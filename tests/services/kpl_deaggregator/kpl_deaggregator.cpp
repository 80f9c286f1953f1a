// SPDX-License-Identifier: BSL-1.0
// Aggregated records between weir and Amazon's own code for the JVM, both ways: P01 (the bytes), C01 (what is no
// aggregate), C02 (the user records) and C03 (of another shard map).
//
//   kpl_deaggregator write CASES             the cases, for AwslabsSide.java and KclSide.java to answer
//   kpl_deaggregator check AWSLABS KCL       their answers against what weir reads; exit status 1 where they differ
//
// A line of CASES: `case NAME`, `record KEY EXPLICIT DATA`, `payload KEY BYTES` or `range FIRST LAST`. Text and bytes
// are hexadecimal behind an x, hash keys decimal or `-`.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/aggregate_writer.hpp>

namespace {

using lines = std::vector<std::string>;

struct given {
    std::string key;
    std::optional<weir::hash_key> explicit_hash_key;
    std::string data;
};

/// What Amazon's readers do with a payload that weir delivers as it is: the same; take it for an aggregate; log an
/// error and deliver nothing, or what came before the error.
enum class theirs { as_we, taken, nothing, first_alone };

struct test_case {
    std::string name;
    std::vector<given> records;
    std::string payload;
    theirs expected = theirs::as_we;
};

const std::string outer_key = "a";

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "x";
    for (const char c : bytes) {
        const auto b = static_cast<unsigned char>(c);
        out += digits[b >> 4U];
        out += digits[b & 15U];
    }
    return out;
}
std::string unhex(std::string_view text) {
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); i += 2) {
        out += static_cast<char>(digit(text[i]) << 4U | digit(text[i + 1]));
    }
    return out;
}
std::string explicit_text(const std::optional<weir::hash_key>& key) { return key ? to_string(*key) : "-"; }

/// `derived`: a record without explicit hash key is written with the hash of its key, as Amazon's aggregator does.
std::string aggregate_of(const std::vector<given>& records, bool derived) {
    weir::aggregate_writer w;
    for (const given& r : records) {
        std::optional<weir::hash_key> key = r.explicit_hash_key;
        if (!key && derived) key = weir::hash_of(r.key);
        w.add(r.key, key, r.data);
    }
    return w.finish();
}
std::string sealed(std::string_view message) {
    const weir::md5_digest sum = weir::md5(message);
    std::string out(weir::detail::aggregate_magic);
    out += message;
    return out.append(reinterpret_cast<const char*>(sum.data()), sum.size());
}

std::vector<test_case> good_cases() {
    std::vector<test_case> all;
    const auto add = [&](const std::string& name, std::vector<given> records) {
        std::string payload = aggregate_of(records, false);
        all.push_back({name, std::move(records), std::move(payload)});
    };
    const weir::hash_key low{0, 0};
    const weir::hash_key middle{std::uint64_t{1} << 63U, 0};
    add("one", {{"key", {}, "data"}});
    add("explicit", {{"k", low, "1"}, {"k", weir::hash_key::max(), "2"}, {"k", middle, "3"}, {"k", low, "4"}});
    add("mixed", {{"a", {}, "1"}, {"b", middle, "2"}, {"a", {}, "3"}, {"a", low, "4"}, {"c", {}, "5"}});
    add("empty_data", {{"a", {}, ""}, {"b", low, ""}, {"a", {}, "full"}, {"a", {}, ""}});
    add("utf8_keys", {{"\xC3\xA9t\xC3\xA9", {}, "1"}, {"\xE6\xB0\xB4", {}, "2"}, {"\xF0\x9F\x8C\x8A", low, "3"}});
    add("longest_key", {{std::string(256, 'k'), {}, "1"}, {std::string(255, 'k'), {}, "2"}});
    std::string every(256, '\0');
    for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<char>(i);
    add("every_byte", {{"a", {}, every}, {"a", {}, every.substr(127, 1)}, {"a", {}, every.substr(128, 1)}});
    add("nested", {{"inner", {}, aggregate_of({{"k", {}, "v"}}, false)}, {"inner", {}, "2"}});
    add("long_data", {{"a", {}, std::string(900'000, 'd')}, {"b", {}, std::string(16'384, 'e')}});
    std::vector<given> many;
    for (int i = 0; i != 20'000; ++i) many.push_back({"key" + std::to_string(i), low, std::to_string(i % 7)});
    for (int i = 0; i < 20'000; i += 127) many.push_back({"key" + std::to_string(i), {}, "again"});
    add("many_keys", many);
    std::mt19937_64 random(5);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    for (int i = 0; i != 60; ++i) {
        std::vector<given> records(1 + below(200));
        const std::uint64_t keys = 1 + below(300);
        for (given& r : records) {
            r.key = "key-" + std::to_string(below(keys));
            if (below(3) == 0) r.explicit_hash_key = weir::hash_key{random(), below(4) == 0 ? 0 : random()};
            r.data.resize(below(300));
            std::ranges::generate(r.data, [&] { return static_cast<char>(random()); });
        }
        add("random_" + std::to_string(i), std::move(records));
    }
    return all;
}

std::vector<test_case> bad_cases() {
    const std::string good = aggregate_of({{"a", {}, "1"}, {"b", weir::hash_key{0, 7}, "2"}}, false);
    const auto changed = [&](std::size_t at) {
        std::string out = good;
        out[at] = static_cast<char>(out[at] ^ 1);
        return out;
    };
    const std::string key("\x0A\x01k", 3);
    const std::string record("\x1A\x05\x08\x00\x1A\x01v", 7);
    const std::string with_explicit("\x1A\x07\x08\x00\x10\x00\x1A\x01v", 9);
    const auto explicit_key = [&](const std::string& text) {
        return sealed(key + '\x12' + static_cast<char>(text.size()) + text + with_explicit);
    };
    return {
        {"bad_checksum_last", {}, changed(good.size() - 1)},
        {"bad_checksum_first", {}, changed(good.size() - 16)},
        {"bad_data", {}, changed(good.size() - 17)},
        {"bad_magic", {}, changed(0)},
        {"cut", {}, good.substr(0, good.size() - 1)},
        {"longer", {}, good + '\0'},
        {"short", {}, good.substr(0, 19)},
        {"empty_message", {}, sealed("")},
        {"magic_alone", {}, good.substr(0, 4)},
        {"nothing", {}, ""},
        {"plain", {}, "a record that is none"},
        {"cut_message", {}, sealed(key + record.substr(0, 6))},
        {"no_protobuf", {}, sealed("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")},
        {"key_index_missing", {}, sealed(key + std::string("\x1A\x03\x1A\x01v", 5))},
        {"data_missing", {}, sealed(key + std::string("\x1A\x02\x08\x00", 4))},
        {"key_index_beyond", {}, sealed(key + std::string("\x1A\x05\x08\x01\x1A\x01v", 7)), theirs::nothing},
        {"second_key_index_beyond",
         {},
         sealed(key + record + std::string("\x1A\x05\x08\x01\x1A\x01w", 7)),
         theirs::first_alone},
        {"explicit_index_beyond", {}, sealed(key + with_explicit), theirs::nothing},
        {"explicit_key_zeros", {}, explicit_key("007"), theirs::taken},
        {"explicit_key_beyond", {}, explicit_key("340282366920938463463374607431768211456"), theirs::nothing},
    };
}
std::vector<test_case> cases() {
    std::vector<test_case> all = good_cases();
    for (test_case& c : bad_cases()) all.push_back(std::move(c));
    return all;
}

std::vector<weir::hash_range> ranges_of(const test_case& c) {
    const weir::hash_key half{std::uint64_t{1} << 63U, 0};
    std::vector<weir::hash_range> out{{}, {weir::hash_key::min(), half.previous()}, {half, weir::hash_key::max()}};
    if (c.records.empty()) return out;
    weir::hash_range all{weir::hash_key::max(), weir::hash_key::min()};
    for (const given& r : c.records) {
        const weir::hash_key place = r.explicit_hash_key ? *r.explicit_hash_key : weir::hash_of(r.key);
        all = {std::min(all.first, place), std::max(all.last, place)};
    }
    out.push_back(all);
    if (all.first != all.last) {
        out.push_back({all.first.next(), all.last});
        out.push_back({all.first, all.last.previous()});
    }
    return out;
}
std::string range_line(const weir::hash_range& r) { return "range " + to_string(r.first) + ' ' + to_string(r.last); }

int write(const char* path) {
    std::ofstream out(path, std::ios::binary);
    for (const test_case& c : cases()) {
        out << "case " << c.name << '\n';
        for (const given& r : c.records) {
            out << "record " << hex(r.key) << ' ' << explicit_text(r.explicit_hash_key) << ' ' << hex(r.data) << '\n';
        }
        out << "payload " << hex(outer_key) << ' ' << hex(c.payload) << '\n';
        for (const weir::hash_range& r : ranges_of(c)) out << range_line(r) << '\n';
    }
    out.flush();
    if (!out) std::fprintf(stderr, "cannot write %s\n", path);
    return out ? 0 : 2;
}

class checker {
  public:
    void equal(const std::string& what, const lines& mine, const lines& other) {
        ++checks_;
        if (mine == other) return;
        ++differences_;
        std::size_t at = 0;
        while (at < mine.size() && at < other.size() && mine[at] == other[at]) ++at;
        const auto show = [&](const lines& l) {
            return at < l.size() ? l[at].substr(0, 300) : std::string("(no line)");
        };
        std::printf("%s DIFFERENT, line %zu\n    weir   %s\n    Amazon %s\n", what.c_str(), at, show(mine).c_str(),
                    show(other).c_str());
    }
    int finish() const {
        std::printf("%d checks, %d differences\n", checks_, differences_);
        return differences_ == 0 && checks_ != 0 ? 0 : 1;
    }

  private:
    int checks_ = 0;
    int differences_ = 0;
};

std::string record_line(std::uint64_t sub, std::string_view key, const std::string& explicit_key,
                        std::string_view data) {
    return "record " + std::to_string(sub) + ' ' + hex(key) + ' ' + explicit_key + ' ' + hex(data);
}
/// What weir reads.
lines read_by_weir(std::string_view payload) {
    weir::aggregate_reader reader;
    lines out;
    for (const weir::user_record& r : reader.read(payload, outer_key)) {
        out.push_back(record_line(r.sub_sequence_number, r.partition_key, explicit_text(r.explicit_hash_key), r.data));
    }
    return out;
}
lines given_to(const std::vector<given>& records, bool derived) {
    lines out;
    for (const given& r : records) {
        std::optional<weir::hash_key> key = r.explicit_hash_key;
        if (!key && derived) key = weir::hash_of(r.key);
        out.push_back(record_line(out.size(), r.key, explicit_text(key), r.data));
    }
    return out;
}

void check_ranges(checker& check, const std::string& what, const test_case& c, const lines& got) {
    lines expected;
    for (const weir::hash_range& r : ranges_of(c)) {
        weir::aggregate_reader reader;
        expected.push_back(range_line(r) + ' ' + std::to_string(reader.read_in(r, c.payload, outer_key).size()));
    }
    check.equal(what + ", ranges", expected, got);
}

/// The case's lines by what they say; `got` has the lines of one answer.
lines of_kind(const lines& got, std::string_view kind) {
    lines out;
    for (const std::string& l : got) {
        if (l.starts_with(kind) && l.substr(kind.size()).starts_with(' ')) out.push_back(l);
    }
    return out;
}

void check_good(checker& check, const std::string& what, const test_case& c, const lines& got, bool aggregator) {
    check.equal(what + ", they read what weir wrote", given_to(c.records, false), of_kind(got, "record"));
    check.equal(what + ", weir reads what weir wrote", given_to(c.records, false), read_by_weir(c.payload));
    const auto frame = weir::detail::aggregate_magic.size();
    const std::string message = c.payload.substr(frame, c.payload.size() - frame - sizeof(weir::md5_digest));
    check.equal(what + ", rewritten byte for byte", {"rewritten " + hex(message)}, of_kind(got, "rewritten"));
    check_ranges(check, what, c, of_kind(got, "range"));
    if (!aggregator) return;
    const std::string derived = aggregate_of(c.records, true);
    const given& first = c.records.front();
    const weir::hash_key outer = first.explicit_hash_key ? *first.explicit_hash_key : weir::hash_of(first.key);
    const lines all = of_kind(got, "theirs");
    check.equal(what + ", byte for byte", {"theirs " + hex(derived) + ' ' + to_string(outer)}, all);
    const auto payload_of = [](const lines& l) {
        if (l.size() != 1) return std::string{};
        const std::size_t at = l.front().find(' ') + 1;
        return unhex(std::string_view(l.front()).substr(at, l.front().find(' ', at) - at));
    };
    check.equal(what + ", weir reads what they wrote", read_by_weir(payload_of(all)), given_to(c.records, true));
    check.equal(what + ", with tags", read_by_weir(payload_of(of_kind(got, "tagged"))), given_to(c.records, false));
}

/// What weir takes for no aggregate and Amazon's readers too; where those stumble, that is asserted as it is.
void check_bad(checker& check, const std::string& what, const test_case& c, const lines& got) {
    const lines raw{record_line(0, outer_key, "-", c.payload)};
    check.equal(what + ", as it is by weir", read_by_weir(c.payload), raw);
    switch (c.expected) {
    case theirs::as_we:
        check.equal(what + ", as it is by them", raw, of_kind(got, "record"));
        check_ranges(check, what, c, of_kind(got, "range"));
        break;
    case theirs::taken:
        check.equal(what + ", they take it", {record_line(0, "k", "007", "v")}, of_kind(got, "record"));
        break;
    case theirs::first_alone:
        check.equal(what + ", they lose the rest", {record_line(0, "k", "-", "v")}, of_kind(got, "record"));
        break;
    case theirs::nothing:
        check.equal(what + ", they drop it", {}, of_kind(got, "record"));
        break;
    }
}

int check(const char* awslabs, const char* kcl) {
    checker c;
    for (const char* path : {awslabs, kcl}) {
        const std::string who = path == awslabs ? "awslabs " : "kcl ";
        std::ifstream in(path, std::ios::binary);
        std::string line;
        std::getline(in, line);
        for (const test_case& one : cases()) {
            c.equal(who + one.name, {"case " + one.name}, {line});
            lines got;
            while (std::getline(in, line) && !line.starts_with("case ") && line != "end") got.push_back(line);
            if (one.records.empty()) {
                check_bad(c, who + one.name, one, got);
            } else {
                check_good(c, who + one.name, one, got, path == awslabs);
            }
        }
        c.equal(who + "all answered", {"end"}, {line});
    }
    return c.finish();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb == "write" && argc == 3) return write(argv[2]);
    if (verb == "check" && argc == 4) return check(argv[2], argv[3]);
    std::fprintf(stderr, "usage: kpl_deaggregator write CASES | check AWSLABS KCL\n");
    return 2;
}
