// SPDX-License-Identifier: BSL-1.0
// One writer of a folder: an exclusive flock of its file `LOCK`, or of one by another name for a part of the folder; it
// also says whose it is. flock, not lockf, whose locks go with any descriptor of the file, and which one process may
// take twice. The kernel lets go of it at kill -9.
#pragma once

#include <string>

#include "log_io.hpp"

namespace weir::detail {

class folder_lock {
  public:
    folder_lock() = default;
    /// `errc::resource_in_use`, with the holder's process, where somebody has it (R10).
    [[nodiscard]] static result<folder_lock> take(const log_folder_io& io, const std::string& name = "LOCK") {
        auto f = io.open(name, storage_open::lock);
        if (!f) return f.error();
        int n = io.files().lock(f->descriptor());
        while (n == -EINTR) n = io.files().lock(f->descriptor());
        if (n == -EWOULDBLOCK) {
            char text[24] = {};
            const auto got = io.read(*f, text, sizeof(text) - 1, 0, name);
            std::string holder;
            for (std::size_t i = 0; got && i < *got && text[i] >= '0' && text[i] <= '9'; ++i) holder += text[i];
            return error{errc::resource_in_use,
                         "lock " + io.path_of(name) + ": process " + (holder.empty() ? "?" : holder)
                             + " writes to this folder; stop it, or only read",
                         io.path_of(name)};
        }
        if (n < 0) return io.failure("lock", name, n);
        if (auto r = io.resize(*f, 0, name); !r) return r.error();
        if (auto r = io.write(*f, std::to_string(io.files().process()) + "\n", 0, name); !r) return r.error();
        folder_lock held;
        held.file_ = std::move(*f);
        return held;
    }

  private:
    storage_file file_;
};

}  // namespace weir::detail
