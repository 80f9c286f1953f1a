// SPDX-License-Identifier: BSL-1.0
// parse: records, headers, bad lines and joined lines, with a format of the test's own.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/parse.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace weir_test;
using weir::failure;
using weir::parsed;

namespace {

struct word {
    std::string text;
};

/// A line is a word; "#..." is a header, "!..." fails at its length, and one '"' opens a field that another closes.
struct word_format {
    int* calls = nullptr;

    struct word_parser {
        int* calls;
        weir::parse_status parse(std::string_view line, word& out) const {
            if (calls != nullptr) ++*calls;
            if (line.starts_with('#') || line.empty()) return {parsed::nothing};
            std::size_t quotes = 0;
            for (const char c : line) quotes += c == '"' ? 1U : 0U;
            if (quotes % 2 == 1) return {parsed::incomplete};
            if (line.find('!') != std::string_view::npos) {
                return weir::detail::parse_failed(line.find('!'), "there is a mark");
            }
            out.text = line;
            return {};
        }
    };
    template <class T>
    [[nodiscard]] word_parser parser() const {
        return {calls};
    }
};

struct line_source : weir::source_base<line_source> {
    std::vector<std::string> text;
    std::uint64_t cut_line = 0;

    using place_entry = weir::stored<weir::meta_of::place, weir::place, line_source>;

    struct cursor {
        std::vector<std::string> text;
        std::uint64_t cut_line;
        std::size_t next = 0;
        template <class Receiver>
        weir::pull_result pull(Receiver& r, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                if (next == text.size()) return {weir::pulled::exhausted, i};
                const std::string_view line = text[next++];
                const weir::place at{next, next == cut_line ? 7U : 0U, 3};
                const weir::flow f = r.put(line, weir::meta_set<place_entry>{place_entry{at}});
                if (f != weir::flow::more)
                    return {f == weir::flow::full ? weir::pulled::full : weir::pulled::done, i + 1};
            }
            return {weir::pulled::more, n};
        }
    };

    explicit line_source(std::vector<std::string> lines, std::uint64_t cut = 0)
        : text(std::move(lines)), cut_line(cut) {}
    [[nodiscard]] auto out() const {
        return weir::stream<std::string_view, weir::category::lent, weir::meta_set<place_entry>>{};
    }
    template <class Builder>
    [[nodiscard]] cursor connect(Builder) {
        return {text, cut_line};
    }
};

struct outcome {
    std::vector<word> words;
    std::vector<failure<std::string>> failed;
    ledger counts;

    [[nodiscard]] std::string joined() const {
        std::string all;
        for (const word& w : words) all += w.text + "|";
        return all;
    }
};

outcome parse_all(std::vector<std::string> lines, std::uint64_t cut = 0) {
    outcome o;
    o.counts = drive(weir::from(line_source(std::move(lines), cut)) | weir::parse<word>(word_format{})
                     | weir::on<"failed">(weir::collect(o.failed)) | weir::collect(o.words));
    // Every line is explained: a record, absorbed (a header, or joined to the next), or failed.
    CHECK(o.counts.sinks.at("source")
          == o.counts.sinks.at("2") + o.counts.stages.at("1").absorbed + o.counts.stages.at("1").failed
                 - (o.counts.stages.at("1").made));
    return o;
}

}  // namespace

TEST_CASE("parse: records go on, headers do not, bad lines fail with text, reason and place") {
    const outcome o = parse_all({"# head", "one", "tw!o", "", "three"});
    CHECK(o.joined() == "one|three|");
    REQUIRE(o.failed.size() == 1);
    CHECK(o.failed[0].value == "tw!o");
    CHECK(o.failed[0].why == "there is a mark");
    CHECK(o.failed[0].where == weir::place{3, 3, 3});
    CHECK(o.counts.stages.at("1").absorbed == 2);
    CHECK(o.counts.stages.at("1").failed == 1);
}

TEST_CASE("parse: a quoted field joins lines, which keep their line end") {
    const outcome o = parse_all({"a \"b", "c", "", "d\" e", "f"});
    CHECK(o.joined() == "a \"b\nc\n\nd\" e|f|");
    CHECK(o.counts.stages.at("1").absorbed == 3);
}

TEST_CASE("parse: a joined record that fails is whole, at its first line") {
    const outcome o = parse_all({"x", "a \"b", "c!\"", "y"});
    CHECK(o.joined() == "x|y|");
    REQUIRE(o.failed.size() == 1);
    CHECK(o.failed[0].value == "a \"b\nc!\"");
    CHECK(o.failed[0].where.line == 2);
    CHECK(o.failed[0].where.column == 7);
}

TEST_CASE("parse: an input that ends inside a quoted field") {
    outcome o;
    o.counts = drive(weir::from(line_source({"x", "a \"b", "c"})) | weir::parse<word>(word_format{})
                     | weir::on<"failed">(weir::collect(o.failed)) | weir::collect(o.words));
    CHECK(o.joined() == "x|");
    REQUIRE(o.failed.size() == 1);
    CHECK(o.failed[0].value == "a \"b\nc\n");
    CHECK(o.failed[0].where.line == 2);
    CHECK(o.failed[0].why == "the input ends inside a quoted field");
    // The lines that were joined are absorbed; what failed is one record made of them.
    const weir::exits& e = o.counts.stages.at("1");
    CHECK(o.counts.sinks.at("source") + e.made == o.counts.sinks.at("2") + e.absorbed + e.failed);
}

TEST_CASE("parse: a quote that nobody closes takes no more than 1 MiB, and the rest goes on") {
    const std::string line(1'000, 'x');
    std::vector<std::string> lines{"\""};
    for (int i = 0; i < 3'000; ++i) lines.push_back(line);
    const outcome o = parse_all(lines);
    REQUIRE(o.failed.size() == 1);
    CHECK(o.failed[0].where.line == 1);
    CHECK(o.failed[0].value.size() <= (1U << 20U) + 1'001);
    CHECK(o.words.size() + o.counts.stages.at("1").absorbed + 1 == 3'001);
    CHECK(o.words.size() > 1'000);
}

TEST_CASE("parse: many short lines inside a quote do not cost their square") {
    int calls = 0;
    std::vector<std::string> lines{"\""};
    lines.resize(100'000, "x");
    std::vector<failure<std::string>> failed;
    std::vector<word> words;
    drive(weir::from(line_source(lines)) | weir::parse<word>(word_format{&calls})
          | weir::on<"failed">(weir::collect(failed)) | weir::collect(words));
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].value.size() < 20'000);
    CHECK(calls <= 100'000);
    CHECK(words.size() > 80'000);
}

TEST_CASE("parse: a line that its source has cut fails, even where it looks whole") {
    const outcome o = parse_all({"one", "two", "three"}, 2);
    CHECK(o.joined() == "one|three|");
    REQUIRE(o.failed.size() == 1);
    CHECK(o.failed[0].value == "two");
    CHECK(o.failed[0].where == weir::place{2, 7, 3});
}

TEST_CASE("parse: the place travels with the record, that of its first line where lines were joined") {
    std::vector<std::uint64_t> lines;
    std::vector<std::size_t> out;
    drive(weir::from(line_source({"a", "b \"", "c \"", "d"})) | weir::parse<word>(word_format{})
          | weir::on<"failed">(weir::discard) | weir::map([&](const word& w, weir::meta<weir::meta_of::place> m) {
                lines.push_back(m.place().line);
                return w.text.size();
            })
          | weir::collect(out));
    CHECK(lines == std::vector<std::uint64_t>{1, 2, 4});
}

TEST_CASE("parse: any source of text will do, and places are zeros where there are none") {
    const std::vector<std::string> lines{"one", "b!"};
    std::vector<failure<std::string>> failed;
    std::vector<word> words;
    drive(weir::from(lines) | weir::parse<word>(word_format{}) | weir::on<"failed">(weir::collect(failed))
          | weir::collect(words));
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].where == weir::place{0, 2, 0});
    CHECK(words.size() == 1);
}

TEST_CASE("parse: full on either way, also at the end inside a quote") {
    for (const std::size_t a : {0U, 1U, 2U}) {
        for (const std::size_t b : {0U, 1U}) {
            CAPTURE(a, b);
            slow_log<word> good;
            slow_log<failure<std::string>> bad;
            drive(weir::from(line_source({"one", "!", "two", "#", "!!", "three", "\" open"}))
                      | weir::parse<word>(word_format{})
                      | weir::on<"failed">(slow_sink<failure<std::string>>(bad, {a, 2, SIZE_MAX, true, 0}))
                      | slow_sink<word>(good, {b, 1, SIZE_MAX, true, 0}),
                  2);
            CHECK(good.records.size() == 3);
            CHECK(good.given == 3);
            CHECK(bad.records.size() == 3);
            CHECK(good.finishes == 1);
            CHECK(bad.finishes == 1);
        }
    }
}

namespace {

/// A text's first line is its header.
struct headed_format {
    struct headed_parser {
        bool awaits_header = true;
        void begin_text() { awaits_header = true; }
        weir::parse_status parse(std::string_view line, word& out) {
            if (std::exchange(awaits_header, false)) return {parsed::nothing};
            out.text = line;
            return {};
        }
    };
    template <class T>
    [[nodiscard]] headed_parser parser() const {
        return {};
    }
};

/// Two lines of each file.
struct files_source : weir::source_base<files_source> {
    using place_entry = line_source::place_entry;
    struct cursor {
        std::uint32_t next = 0;
        template <class Receiver>
        weir::pull_result pull(Receiver& r, std::size_t) {
            if (next == 6) return {weir::pulled::exhausted, 0};
            const std::string line = std::to_string(next);
            const weir::place at{1 + next % 2, 0, next / 2};
            ++next;
            static_cast<void>(r.put(std::string_view(line), weir::meta_set<place_entry>{place_entry{at}}));
            return {weir::pulled::more, 1};
        }
    };
    [[nodiscard]] auto out() const {
        return weir::stream<std::string_view, weir::category::lent, weir::meta_set<place_entry>>{};
    }
    template <class Builder>
    [[nodiscard]] cursor connect(Builder) {
        return {};
    }
};

}  // namespace

TEST_CASE("parse: a format that asks is told where the next file begins") {
    outcome o;
    o.counts = drive(weir::from(files_source{}) | weir::parse<word>(headed_format{})
                     | weir::on<"failed">(weir::collect(o.failed)) | weir::collect(o.words));
    CHECK(o.joined() == "1|3|5|");
    CHECK(o.counts.stages.at("1").absorbed == 3);
}
