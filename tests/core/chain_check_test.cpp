// SPDX-License-Identifier: BSL-1.0
// What a piece that stands inside another one is asked before it is bound. The refusals' words are in ../compile_fail;
// here a refusal is an answer.
#include "support/catch.hpp"

#include <weir/core/chain_check.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/tee.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace wd = weir::detail;

namespace {

/// Takes records of one type only, and says no without a message.
template <class T>
struct only : weir::stage_base<only<T>> {
    template <class In>
    static constexpr bool accepts() {
        return std::is_same_v<typename In::value_type, T> && In::value_category == weir::category::lent;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return in;
    }
};

constexpr auto length = weir::map([](const std::string& s) { return s.size(); });
constexpr auto echo = weir::map([](const auto& x) -> const auto& { return x; });
constexpr auto odd = weir::filter([](std::size_t n) { return n % 2 != 0; });

template <class P>
using lifted = decltype(wd::lift(std::declval<P>()));
template <class P>
constexpr bool ends = wd::ends_in_sink<lifted<P>>;

template <class T>
using lent = weir::stream<T, weir::category::lent>;
template <class T>
using given = weir::stream<T, weir::category::given>;
template <class In, class P>
constexpr bool fits = wd::branch_accepts<In>(static_cast<const lifted<P>*>(nullptr));

using only_text = only<std::string>;
using text_twice = decltype(only_text() | echo | only_text() | weir::discard);
using text_then_length = decltype(only_text() | length | only_text() | weir::discard);
using length_then_size = decltype(length | echo | only<std::size_t>() | odd | weir::discard);
using teed = decltype(length | weir::tee(odd | weir::discard));
using source = decltype(weir::from(std::declval<std::vector<int>&>()));

}  // namespace

// --- what may stand as a branch: no source, and a sink at its end ----------------------------------------------------
static_assert(ends<decltype(weir::discard)> && ends<text_twice>);
static_assert(ends<teed>, "tee is a sink and a stage");
static_assert(!ends<decltype(length)> && !ends<decltype(length | odd)>);
static_assert(!ends<source> && !ends<decltype(std::declval<source>() | weir::discard)>);
static_assert(!wd::ends_in_sink<int> && !wd::ends_in_sink<wd::broken>);

// --- each piece is asked with the stream that reaches it -------------------------------------------------------------
static_assert(fits<lent<std::string>, text_twice> && fits<lent<std::string>, length_then_size>);
static_assert(!fits<lent<int>, text_twice>, "the first refuses");
static_assert(!fits<lent<std::string>, text_then_length>, "one further on refuses, for what comes out of those before");
static_assert(!fits<given<std::string>, text_twice>, "the category counts too");
static_assert(fits<given<std::string>, decltype(weir::discard)>);

// --- where a branch begins, and what it is lent ----------------------------------------------------------------------
static_assert(std::is_same_v<wd::first_of_branch<lifted<text_then_length>>, only_text>);
namespace {
using keyed_type = decltype(weir::key_by<&std::pair<int, int>::first>().out(given<std::pair<int, int>>{}));
using all = weir::with_partition<keyed_type, weir::partition::unkeyed>;
}  // namespace
static_assert(std::is_same_v<wd::lent_stream<all>::reference, const std::pair<int, int>&>);
static_assert(wd::lent_stream<all>::keyed && wd::lent_stream<all>::partitioning == weir::partition::unkeyed,
              "lending changes nothing else");
static_assert(std::is_same_v<wd::lent_stream<wd::lent_stream<all>>, wd::lent_stream<all>>);

TEST_CASE("chain_check: what is accepted is what runs", "[core]") {
    // The same answers where the pieces are values.
    const auto branch = only_text() | echo | only_text() | weir::for_each([](const std::string&) {});
    CHECK(wd::branch_accepts<lent<std::string>>(&branch));
    CHECK_FALSE(wd::branch_accepts<lent<int>>(&branch));
}
