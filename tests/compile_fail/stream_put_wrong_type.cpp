// error: weir::data_stream: put_record takes the stream.s record; make one of this value
// SPDX-License-Identifier: BSL-1.0
#include <weir/streams/data_stream.hpp>

#include <string>

struct hit {
    std::string host;
    int status;
};

int main() {
    const weir::data_stream<hit, &hit::host> hits("hits");
#ifdef WEIR_TWIN
    const auto put = hits.put_record(hit{"a", 200});
#else
    const auto put = hits.put_record(std::string("a"));
#endif
    static_cast<void>(put);
}
