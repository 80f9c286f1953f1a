// SPDX-License-Identifier: BSL-1.0
// Amazon's aggregator and deaggregator modules for the JVM, upon version 1 of the consumer library.
// `AwslabsSide CASES ANSWERS`.

import com.amazonaws.kinesis.agg.AggRecord;
import com.amazonaws.kinesis.deagg.RecordDeaggregator;
import com.amazonaws.services.kinesis.clientlibrary.types.Messages;
import com.amazonaws.services.kinesis.clientlibrary.types.UserRecord;
import com.amazonaws.services.kinesis.model.Record;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import com.google.protobuf.ByteString;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

final class AwslabsSide implements Exchange.Side {
    public static void main(String[] args) throws Exception {
        Exchange.answer(new AwslabsSide(), args);
    }

    @Override
    public List<Exchange.UserRecord> read(byte[] payload, String key) {
        KinesisEvent.Record record = new KinesisEvent.Record();
        record.setData(ByteBuffer.wrap(payload));
        record.setPartitionKey(key);
        record.setSequenceNumber("1");
        KinesisEvent.KinesisEventRecord event = new KinesisEvent.KinesisEventRecord();
        event.setKinesis(record);
        List<Exchange.UserRecord> out = new ArrayList<>();
        for (UserRecord r : RecordDeaggregator.deaggregate(event)) {
            out.add(new Exchange.UserRecord(
                    r.getSubSequenceNumber(), r.getPartitionKey(), r.getExplicitHashKey(), Exchange.bytes(r.getData())));
        }
        return out;
    }

    @Override
    public int readIn(byte[] payload, String key, BigInteger first, BigInteger last) {
        Record record = new Record().withData(ByteBuffer.wrap(payload)).withPartitionKey(key).withSequenceNumber("1");
        return UserRecord.deaggregate(List.of(record), first, last).size();
    }

    @Override
    public byte[] rewritten(byte[] message) throws Exception {
        return Messages.AggregatedRecord.parseFrom(message).toByteArray();
    }

    /** theirs PAYLOAD OUTER-HASH-KEY: by Amazon's aggregator. tagged PAYLOAD: with the field that nobody uses. */
    @Override
    public void more(List<Exchange.UserRecord> records, PrintStream out) throws Exception {
        AggRecord theirs = new AggRecord();
        for (Exchange.UserRecord r : records) {
            if (!theirs.addUserRecord(r.key(), r.explicitHashKey(), r.data())) {
                out.println("full");
                return;
            }
        }
        out.println("theirs " + Exchange.hex(theirs.toRecordBytes()) + " " + theirs.getExplicitHashKey());

        Messages.AggregatedRecord.Builder message = Messages.AggregatedRecord.newBuilder();
        for (Exchange.UserRecord r : records) {
            Messages.Record.Builder one = Messages.Record.newBuilder();
            one.setPartitionKeyIndex(message.getPartitionKeyTableCount()).setData(ByteString.copyFrom(r.data()));
            message.addPartitionKeyTable(r.key());
            if (r.explicitHashKey() != null) {
                one.setExplicitHashKeyIndex(message.getExplicitHashKeyTableCount());
                message.addExplicitHashKeyTable(r.explicitHashKey());
            }
            one.addTags(Messages.Tag.newBuilder().setKey("a tag").setValue("its value"));
            one.addTags(Messages.Tag.newBuilder().setKey("without a value"));
            message.addRecords(one);
        }
        byte[] bytes = message.build().toByteArray();
        String digest = HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
        out.println("tagged xf3899ac2" + HexFormat.of().formatHex(bytes) + digest);
    }
}
