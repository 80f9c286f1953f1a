// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/large_block.hpp>

#include <cstdint>
#include <cstring>

using weir::detail::allocate_block;
using weir::detail::huge_page;
using weir::detail::release_block;

TEST_CASE("large_block: aligned as asked, and to a huge page from the size of one on", "[support]") {
    for (const std::size_t alignment : {std::size_t{16}, std::size_t{64}, std::size_t{4'096}, 2 * huge_page}) {
        for (const std::size_t size : {std::size_t{1}, huge_page - 1, huge_page, 3 * huge_page + 1}) {
            CAPTURE(alignment, size);
            void* const block = allocate_block(size, alignment);
            const std::size_t given = size >= huge_page && alignment < huge_page ? huge_page : alignment;
            CHECK(reinterpret_cast<std::uintptr_t>(block) % given == 0);
            std::memset(block, 0x5A, size);
            CHECK(static_cast<unsigned char*>(block)[size - 1] == 0x5A);
            release_block(block, size, alignment);
        }
    }
}
