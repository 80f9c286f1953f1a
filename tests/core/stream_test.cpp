// SPDX-License-Identifier: BSL-1.0
// The type that flows forward while a pipeline is composed: category, meta, window and partition, and what keeps them.
#include "support/catch.hpp"

#include <weir/core/stream.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using weir::category;
using weir::partition;
using weir::meta_of::event_time;
using weir::meta_of::key;
using weir::meta_of::place;

namespace {

struct first_letter {
    constexpr char operator()(const std::string& s) const { return s[0]; }
};
struct length_of {
    constexpr const int& operator()(const std::string&) const { return seven; }
    static constexpr int seven = 7;
};
struct window_of {
    int size = 0;
};

using lazy_key = weir::lazy<key, first_letter>;
using lazy_time = weir::lazy<event_time, length_of>;
struct own_tag {};
using own_entry = weir::lazy<own_tag, first_letter>;

using plain = weir::stream<std::string, category::lent>;
using full =
    weir::stream<std::string, category::given, weir::meta_set<lazy_key, lazy_time>, window_of, partition::by_key>;

}  // namespace

// --- what `put` is called with ---------------------------------------------------------------------------------------
static_assert(std::is_same_v<plain::reference, const std::string&>);
static_assert(std::is_same_v<full::reference, std::string&&>);
static_assert(std::is_same_v<weir::stream<std::vector<int>, category::lent>::reference, const std::vector<int>&>);

// --- what a stream says of itself ------------------------------------------------------------------------------------
static_assert(!plain::timed && !plain::keyed && !plain::windowed && !plain::sharded);
static_assert(full::timed && full::keyed && full::windowed && full::sharded);
static_assert(weir::stream<int, category::lent, weir::meta_set<lazy_key>>::keyed);
static_assert(!weir::stream<int, category::lent, weir::meta_set<lazy_key>>::timed);
static_assert(weir::stream<int, category::lent, weir::meta_set<>, weir::no_window, partition::unkeyed>::sharded,
              "a flow whose key was changed still exists n times");
static_assert(std::is_same_v<plain::window_type, weir::no_window> && plain::partitioning == partition::one);

// --- lent or given: what a function returned -------------------------------------------------------------------------
static_assert(weir::category_of<int> == category::given);
static_assert(weir::category_of<int&&> == category::given);
static_assert(weir::category_of<const int> == category::given);
static_assert(weir::category_of<int&> == category::lent);
static_assert(weir::category_of<const int&> == category::lent);
static_assert(std::is_same_v<weir::lent_or_given<int&>, const int&>, "what is lent is const");
static_assert(std::is_same_v<weir::lent_or_given<const int&>, const int&>);
static_assert(std::is_same_v<weir::lent_or_given<int>, int&&>);
static_assert(std::is_same_v<weir::lent_or_given<int&&>, int&&>);

// --- across a change of the record -----------------------------------------------------------------------------------
namespace {
using changed = weir::changed_stream<full, const int&>;
using changed_by_value = weir::changed_stream<full, int>;
}  // namespace
static_assert(std::is_same_v<changed::value_type, int> && changed::value_category == category::lent);
static_assert(std::is_same_v<changed_by_value::value_type, int> && changed_by_value::value_category == category::given);
static_assert(changed::timed && changed::keyed, "time and key are still to be had");
static_assert(std::is_same_v<weir::entry_of<changed::meta_type, key>, weir::stored<key, char, first_letter>>);
static_assert(std::is_same_v<weir::entry_of<changed::meta_type, event_time>, weir::stored<event_time, int, length_of>>,
              "stored by value, whatever the projection returns");
static_assert(!weir::has_entry<changed::meta_type, place>, "what was not there does not come to be");
static_assert(std::is_same_v<changed::window_type, window_of> && changed::partitioning == partition::by_key);
static_assert(std::is_same_v<weir::changed_stream<changed, int>::meta_type, changed::meta_type>,
              "what is stored stays as it is");
static_assert(std::is_same_v<weir::changed_stream<plain, int>, weir::stream<int, category::given>>);
static_assert(
    !weir::has_entry<
        weir::changed_stream<weir::stream<std::string, category::lent, weir::meta_set<own_entry>>, int>::meta_type,
        own_tag>,
    "only time, key and place cross a change");

// --- one thing replaced, the rest as it was --------------------------------------------------------------------------
static_assert(
    std::is_same_v<weir::with_meta<full, weir::meta_set<>>,
                   weir::stream<std::string, category::given, weir::meta_set<>, window_of, partition::by_key>>);
static_assert(std::is_same_v<weir::with_window<plain, window_of>,
                             weir::stream<std::string, category::lent, weir::meta_set<>, window_of, partition::one>>);
static_assert(
    std::is_same_v<weir::with_partition<plain, partition::unkeyed>,
                   weir::stream<std::string, category::lent, weir::meta_set<>, weir::no_window, partition::unkeyed>>);
static_assert(
    std::is_same_v<weir::with_partition<weir::with_partition<full, partition::one>, partition::by_key>, full>);

TEST_CASE("stream: the settings of a window travel by value", "[core]") {
    constexpr weir::with_window<plain, window_of> in{window_of{42}};
    static_assert(in.window.size == 42);
    constexpr weir::with_partition<decltype(in), partition::by_key> sharded{in.window};
    static_assert(sharded.window.size == 42);
    int size = 17;  // known at run time only
    const weir::with_window<plain, window_of> at_run_time{window_of{++size}};
    const weir::changed_stream<std::remove_const_t<decltype(at_run_time)>, int> behind{at_run_time.window};
    CHECK(behind.window.size == 18);
}
