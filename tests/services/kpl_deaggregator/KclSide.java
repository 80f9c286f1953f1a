// SPDX-License-Identifier: BSL-1.0
// The deaggregator of version 3 of Amazon's consumer library. `KclSide CASES ANSWERS`.

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.kpl.Messages;

final class KclSide implements Exchange.Side {
    private final AggregatorUtil util = new AggregatorUtil();

    public static void main(String[] args) throws Exception {
        Exchange.answer(new KclSide(), args);
    }

    private static List<KinesisClientRecord> one(byte[] payload, String key) {
        return List.of(KinesisClientRecord.builder()
                .data(ByteBuffer.wrap(payload))
                .partitionKey(key)
                .sequenceNumber("1")
                .build());
    }

    @Override
    public List<Exchange.UserRecord> read(byte[] payload, String key) {
        List<Exchange.UserRecord> out = new ArrayList<>();
        for (KinesisClientRecord r : util.deaggregate(one(payload, key))) {
            out.add(new Exchange.UserRecord(
                    r.subSequenceNumber(), r.partitionKey(), r.explicitHashKey(), Exchange.bytes(r.data())));
        }
        return out;
    }

    @Override
    public int readIn(byte[] payload, String key, BigInteger first, BigInteger last) {
        return util.deaggregate(one(payload, key), first, last).size();
    }

    @Override
    public byte[] rewritten(byte[] message) throws Exception {
        return Messages.AggregatedRecord.parseFrom(message).toByteArray();
    }
}
