// error: weir::data_stream: name the members that are the partition key
// SPDX-License-Identifier: BSL-1.0
#include <weir/streams/data_stream.hpp>

#include <string>

struct hit {
    std::string host;
    int status;
};

int main() {
#ifdef WEIR_TWIN
    const weir::data_stream<hit, &hit::host> hits("hits");
#else
    const weir::data_stream<hit> hits("hits");
#endif
    static_cast<void>(hits.name());
}
