// SPDX-License-Identifier: BSL-1.0
// Stacks to switch between, within one thread. By hand where we know how (a few ns); else by ucontext.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace interleaving {

#if defined(__x86_64__)

extern "C" void weir_interleaving_switch(void** save, void* to);

class fiber_context {
  public:
    /// The next switch to it calls `entry`, which never returns, on its own stack.
    void start(void (*entry)()) {
        if (!stack_) stack_ = std::make_unique<std::byte[]>(stack_size);
        auto top = reinterpret_cast<std::uintptr_t>(stack_.get() + stack_size) & ~std::uintptr_t{63};
        void** p = reinterpret_cast<void**>(top);
        *--p = nullptr;  // where `entry` would return to; aligns the stack as after a call
        *--p = reinterpret_cast<void*>(entry);
        for (int i = 0; i < 6; ++i) *--p = nullptr;  // the registers that a call preserves
        pointer_ = p;
    }
    [[nodiscard]] bool owns(const void* at) const noexcept {
        return reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(stack_.get()) < stack_size;
    }
    static void change(fiber_context& from, fiber_context& to) {
        weir_interleaving_switch(&from.pointer_, to.pointer_);
    }

  private:
    static constexpr std::size_t stack_size = 256 * 1024;
    std::unique_ptr<std::byte[]> stack_;
    void* pointer_ = nullptr;
};

#else

class fiber_context {
  public:
    void start(void (*entry)()) {
        if (!stack_) stack_ = std::make_unique<std::byte[]>(stack_size);
        ::getcontext(&context_);
        context_.uc_stack.ss_sp = stack_.get();
        context_.uc_stack.ss_size = stack_size;
        context_.uc_link = nullptr;
        ::makecontext(&context_, entry, 0);
    }
    [[nodiscard]] bool owns(const void* at) const noexcept {
        return reinterpret_cast<std::uintptr_t>(at) - reinterpret_cast<std::uintptr_t>(stack_.get()) < stack_size;
    }
    static void change(fiber_context& from, fiber_context& to) { ::swapcontext(&from.context_, &to.context_); }

  private:
    static constexpr std::size_t stack_size = 256 * 1024;
    std::unique_ptr<std::byte[]> stack_;
    ucontext_t context_{};
};

#endif

}  // namespace interleaving
