// SPDX-License-Identifier: BSL-1.0
// What the two sides of Amazon's share: the file of cases (kpl_deaggregator.cpp says its format), answered case by case.

import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

final class Exchange {
    record UserRecord(long sub, String key, String explicitHashKey, byte[] data) {}

    interface Side {
        /** The user records of a Kinesis record. */
        List<UserRecord> read(byte[] payload, String key) throws Exception;

        /** How many of them a reader of this shard is given. */
        int readIn(byte[] payload, String key, BigInteger first, BigInteger last) throws Exception;

        /** The message, parsed and written again by Amazon's generated class. */
        byte[] rewritten(byte[] message) throws Exception;

        /** What else this side has to say of the case: lines. */
        default void more(List<UserRecord> records, PrintStream out) throws Exception {}
    }

    static final int MAGIC = 4;
    static final int DIGEST = 16;

    static String hex(byte[] bytes) {
        return "x" + HexFormat.of().formatHex(bytes);
    }

    static String hex(String text) {
        return hex(text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex, 1, hex.length());
    }

    static String text(String hex) {
        return new String(bytes(hex), StandardCharsets.UTF_8);
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] out = new byte[buffer.remaining()];
        buffer.duplicate().get(out);
        return out;
    }

    static void answer(Side side, String[] args) throws Exception {
        try (PrintStream out = new PrintStream(args[1], StandardCharsets.UTF_8)) {
            List<UserRecord> records = new ArrayList<>();
            byte[] payload = null;
            String key = null;
            for (String line : Files.readAllLines(Path.of(args[0]))) {
                String[] word = line.split(" ");
                switch (word[0]) {
                    case "case" -> {
                        records.clear();
                        out.println(line);
                    }
                    case "record" -> records.add(
                            new UserRecord(records.size(), text(word[1]), word[2].equals("-") ? null : word[2], bytes(word[3])));
                    case "payload" -> {
                        key = text(word[1]);
                        payload = bytes(word[2]);
                        try {
                            for (UserRecord r : side.read(payload, key)) {
                                String explicit = r.explicitHashKey() == null ? "-" : r.explicitHashKey();
                                out.println("record " + r.sub() + " " + hex(r.key()) + " " + explicit + " " + hex(r.data()));
                            }
                        } catch (RuntimeException e) {
                            out.println("thrown " + e.getClass().getSimpleName());
                        }
                        if (!records.isEmpty()) {
                            byte[] message = new byte[payload.length - MAGIC - DIGEST];
                            System.arraycopy(payload, MAGIC, message, 0, message.length);
                            out.println("rewritten " + hex(side.rewritten(message)));
                            side.more(records, out);
                        }
                    }
                    case "range" -> out.println(
                            line + " " + side.readIn(payload, key, new BigInteger(word[1]), new BigInteger(word[2])));
                    default -> throw new IllegalArgumentException(line);
                }
            }
            out.println("end");
            if (out.checkError()) throw new IllegalStateException("cannot write " + args[1]);
        }
    }

    private Exchange() {}
}
