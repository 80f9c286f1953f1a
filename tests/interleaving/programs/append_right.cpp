// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/append_right.hpp>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;

/// Each thread passes `Times` times. What is served is served once, by one thread at a time that sees what the last one
/// did; with the answer the request is its owner's again. With a habit of 1 the right is kept after each pass of a
/// thread alone, of 2 after two of them.
template <std::size_t Threads, std::size_t Patience, std::uint32_t Habit = 0, int Times = 2>
struct passes {
    static constexpr int threads = static_cast<int>(Threads);
    struct request : weir::right_request<request> {
        int asked = 0;
        int answer = 0;
    };
    weir::append_right<request, Patience, Habit> right;
    alignas(request) std::byte memory[Threads][sizeof(request)];
    int served = 0;

    void thread(int t) {
        for (int i = 0; i < Times; ++i) {
            request& mine = *std::construct_at(reinterpret_cast<request*>(memory[t]));
            mine.asked = 10 * t + i;
            right.pass(mine, [this](request* first) noexcept {
                for (request* r = first; r != nullptr; r = r->following()) {
                    ++served;
                    r->answer = r->asked + 1;
                }
            });
            require(mine.answer == 10 * t + i + 1, "a wrong answer");
            std::destroy_at(&mine);
        }
    }
    void finish() {
        require(served == Times * threads, "a request is served twice or never");
        require(!right.held(), "the right is held by nobody");
    }
};

const add_program<passes<2, 1>> a("append_right", "append_right.hpp", "two_patience1", exhaustive::yes);
const add_program<passes<3, 1>> b("append_right", "append_right.hpp", "three_patience1", exhaustive::no);
const add_program<passes<3, 256>> c("append_right", "append_right.hpp", "three", exhaustive::no);
const add_program<passes<2, 256, 1>> d("append_right", "append_right.hpp", "two_kept", exhaustive::yes);
const add_program<passes<3, 256, 1>> e("append_right", "append_right.hpp", "three_kept", exhaustive::no);
const add_program<passes<2, 1, 2, 4>> f("append_right", "append_right.hpp", "two_habit2", exhaustive::no);

}  // namespace
