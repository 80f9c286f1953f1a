// SPDX-License-Identifier: BSL-1.0
// Kinesis records that may be aggregated ones: whatever the bytes, views stay within them, and what is an aggregate can
// be written again and read back the same. The bytes are tried as they are, and in the frame that a right checksum
// makes.
#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/aggregate_writer.hpp>

#include <string>
#include <vector>

#include "require.hpp"

using weir_fuzz::require;

namespace {

void check(const std::string& payload) {
    weir::aggregate_reader reader;
    const auto got = reader.read(payload, "key");
    if (!reader.aggregated()) {
        require(got.size() == 1 && got[0].data == payload, "what is no aggregate is one record as it is");
        return;
    }
    weir::aggregate_writer writer;
    for (const weir::user_record& r : got) {
        for (const std::string_view part : {r.data, r.partition_key}) {
            require(
                part.empty()
                    || (part.data() >= payload.data() && part.data() + part.size() <= payload.data() + payload.size()),
                "a view is within the payload");
        }
        writer.add(r.partition_key, r.explicit_hash_key, r.data);
    }
    if (got.empty()) return;
    const std::size_t size = writer.size();
    const std::string again = writer.finish();
    require(again.size() == size, "the size is known beforehand");
    weir::aggregate_reader second;
    const auto back = second.read(again, "key");
    require(second.aggregated() && back.size() == got.size(), "what is written reads back");
    for (std::size_t i = 0; i < got.size(); ++i) {
        require(back[i].partition_key == got[i].partition_key && back[i].explicit_hash_key == got[i].explicit_hash_key
                    && back[i].data == got[i].data && back[i].sub_sequence_number == i,
                "the records are the same");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string exact(weir_fuzz::text_of(data, size));
    check(exact);
    std::string framed(weir::detail::aggregate_magic);
    framed += exact;
    const auto sum = weir::md5(exact);
    framed.append(reinterpret_cast<const char*>(sum.data()), sum.size());
    check(framed);
    return 0;
}
