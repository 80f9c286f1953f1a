// SPDX-License-Identifier: BSL-1.0
// visit_fields<N>(object, f): f(member...) for an aggregate of N members, 1 to 64. A structured binding has its number
// of names in the source text, so this is a long switch. `f` is also given the declared type of each member, which
// tells a reference. Answers `not_addressable` where a member has no address (a bit-field).
#pragma once

namespace weir::detail {

struct not_addressable {};

template <class... Ts>
void addresses(Ts*...);

template <class... Ts>
struct field_list {};

// clang-format off
// NOLINTBEGIN
template <unsigned N, class T, class F>
[[gnu::always_inline]] inline constexpr decltype(auto) visit_fields(T& object, F&& f) {
    static_assert(N <= 64, "weir: a record has at most 64 fields");
    if constexpr (N == 0) {
        return f(field_list<>{});
    } else if constexpr (N == 1) {
        auto& [m1] = object;
        if constexpr (requires { addresses(&m1); }) {
            return f(field_list<decltype(m1)>{},
                     m1);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 2) {
        auto& [m1, m2] = object;
        if constexpr (requires { addresses(&m1, &m2); }) {
            return f(field_list<decltype(m1), decltype(m2)>{},
                     m1, m2);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 3) {
        auto& [m1, m2, m3] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3)>{},
                     m1, m2, m3);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 4) {
        auto& [m1, m2, m3, m4] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4)>{},
                     m1, m2, m3, m4);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 5) {
        auto& [m1, m2, m3, m4, m5] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5)>{},
                     m1, m2, m3, m4, m5);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 6) {
        auto& [m1, m2, m3, m4, m5, m6] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6)>{},
                     m1, m2, m3, m4, m5, m6);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 7) {
        auto& [m1, m2, m3, m4, m5, m6, m7] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7)>{},
                     m1, m2, m3, m4, m5, m6, m7);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 8) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 9) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 10) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 11) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 12) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 13) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 14) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14
            ); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 15) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 16) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 17) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 18) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 19) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 20) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 21) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 22) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22
            ] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 23) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 24) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 25) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 26) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 27) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 28) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 29) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 30) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 31) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 32) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31, &m32
            ); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 33) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 34) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 35) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 36) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 37) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 38) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 39) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 40) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 41) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 42) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42
            ] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 43) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43
            ] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 44) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 45) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 46) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 47) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 48) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 49) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48, &m49
            ); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 50) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 51) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 52) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 53) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 54) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 55) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 56) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 57) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 58) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57, &m58); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57), decltype(m58)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 59) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57, &m58, &m59); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57), decltype(m58), decltype(m59)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 60) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57, &m58, &m59, &m60); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57), decltype(m58), decltype(m59), decltype(m60)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59,
                     m60);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 61) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60, m61] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57, &m58, &m59, &m60, &m61); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57), decltype(m58), decltype(m59), decltype(m60), decltype(m61)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59,
                     m60, m61);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 62) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57, &m58, &m59, &m60, &m61, &m62); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57), decltype(m58), decltype(m59), decltype(m60), decltype(m61),
                decltype(m62)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59,
                     m60, m61, m62);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 63) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62, m63
            ] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57, &m58, &m59, &m60, &m61, &m62, &m63); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57), decltype(m58), decltype(m59), decltype(m60), decltype(m61),
                decltype(m62), decltype(m63)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59,
                     m60, m61, m62, m63);
        } else {
            return not_addressable{};
        }
    } else if constexpr (N == 64) {
        auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22,
            m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43,
            m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62, m63, m64
            ] = object;
        if constexpr (requires { addresses(&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11, &m12, &m13, &m14,
            &m15, &m16, &m17, &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26, &m27, &m28, &m29, &m30, &m31,
            &m32, &m33, &m34, &m35, &m36, &m37, &m38, &m39, &m40, &m41, &m42, &m43, &m44, &m45, &m46, &m47, &m48,
            &m49, &m50, &m51, &m52, &m53, &m54, &m55, &m56, &m57, &m58, &m59, &m60, &m61, &m62, &m63, &m64); }) {
            return f(field_list<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12), decltype(m13),
                decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18), decltype(m19),
                decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24), decltype(m25),
                decltype(m26), decltype(m27), decltype(m28), decltype(m29), decltype(m30), decltype(m31),
                decltype(m32), decltype(m33), decltype(m34), decltype(m35), decltype(m36), decltype(m37),
                decltype(m38), decltype(m39), decltype(m40), decltype(m41), decltype(m42), decltype(m43),
                decltype(m44), decltype(m45), decltype(m46), decltype(m47), decltype(m48), decltype(m49),
                decltype(m50), decltype(m51), decltype(m52), decltype(m53), decltype(m54), decltype(m55),
                decltype(m56), decltype(m57), decltype(m58), decltype(m59), decltype(m60), decltype(m61),
                decltype(m62), decltype(m63), decltype(m64)>{},
                     m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
                     m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                     m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59,
                     m60, m61, m62, m63, m64);
        } else {
            return not_addressable{};
        }
    }
}
// NOLINTEND
// clang-format on

}  // namespace weir::detail
