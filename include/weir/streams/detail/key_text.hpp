// SPDX-License-Identifier: BSL-1.0
// The partition key of a typed record: its key members as text, several joined by `|`. Text as it is; integers, enums
// and time points by their number. What `text()` refers to lives as long as the object and the record.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>

#include "../../core/stages/key_by.hpp"

namespace weir::detail {

template <class M>
inline constexpr bool key_as_text = std::is_convertible_v<const M&, std::string_view>;
template <class M>
inline constexpr bool key_as_number = std::is_integral_v<M> || std::is_enum_v<M>;
template <class M>
inline constexpr bool key_as_time = requires(const M& m) { m.time_since_epoch().count(); };

template <auto Member>
using member_type = std::remove_cvref_t<decltype(std::declval<const class_of_member<Member>&>().*Member)>;

template <auto Member>
inline constexpr bool partition_member =
    key_as_text<member_type<Member>> || key_as_number<member_type<Member>> || key_as_time<member_type<Member>>;

template <auto... Members>
class key_text {
  public:
    template <class T>
    explicit key_text(const T& record) {
        if constexpr (sizeof...(Members) == 1) {
            (one(record.*Members), ...);
        } else {
            ((one(record.*Members), joined_.append(joined_.empty() ? "" : "|").append(text_)), ...);
            text_ = joined_;
        }
    }
    key_text(const key_text&) = delete;
    key_text& operator=(const key_text&) = delete;

    [[nodiscard]] std::string_view text() const noexcept { return text_; }

  private:
    template <class M>
    void one(const M& member) {
        if constexpr (key_as_text<M>) {
            text_ = member;
        } else if constexpr (key_as_time<M>) {
            number(member.time_since_epoch().count());
        } else if constexpr (std::is_enum_v<M>) {
            number(static_cast<std::underlying_type_t<M>>(member));
        } else if constexpr (std::is_same_v<M, bool>) {
            number(member ? 1 : 0);
        } else {
            number(member);
        }
    }
    template <class N>
    void number(N n) {
        char* const end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), n).ptr;
        text_ = {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
    }

    struct nothing {};
    static constexpr bool any_number = !(key_as_text<member_type<Members>> && ...);

    [[no_unique_address]] std::conditional_t<any_number, std::array<char, 24>, nothing> digits_;
    [[no_unique_address]] std::conditional_t<(sizeof...(Members) > 1), std::string, nothing> joined_;
    std::string_view text_;
};

}  // namespace weir::detail
