// error: weir::data_stream: a partition key is text, an integer, an enum or a time point
// SPDX-License-Identifier: BSL-1.0
#include <weir/streams/data_stream.hpp>

#include <string>

struct hit {
    std::string host;
    double load;
};

int main() {
#ifdef WEIR_TWIN
    const weir::data_stream<hit, &hit::host> hits("hits");
#else
    const weir::data_stream<hit, &hit::load> hits("hits");
#endif
    static_cast<void>(hits.name());
}
