package rivals;

import java.io.*;
import java.nio.*;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.time.LocalDateTime;
import java.util.Arrays;
import org.apache.flink.core.memory.*;
import org.apache.flink.table.data.*;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.writer.BinaryRowWriter;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.*;

/**
 * Nexmark events as rows of Flink's own binary format, made once from a file of events (a line each, fields
 * separated by the byte 0x1f), kept in files of CHUNK events and mapped into memory: to emit one costs no parsing,
 * no copying and no garbage but the row's handle.
 */
final class Events {
    static final int CHUNK = 500_000; // a multiple of 50: each chunk starts with a person
    private static final int ROW = 5; // kind, date_time, and three nested rows, of which one is there
    private static final LogicalType S = VarCharType.STRING_TYPE, L = new BigIntType(), T = new TimestampType(3);
    private static final LogicalType[][] NESTED = {
        {L, S, S, S, S, S, S},          // person: id name email_address credit_card city state extra
        {L, S, S, L, L, T, L, L, S},    // auction: id item_name description initial_bid reserve expires seller category extra
        {L, L, L, S, S, S},             // bid: auction bidder price channel url extra
    };
    private static final int[] TIME = {7, 6, 6}; // the field of a line that is date_time, which becomes the event's

    /** What this process replays, and where in each segment an event begins. */
    private static MemorySegment[] segments;
    private static int[][] starts;

    private Events() {}

    /** Writes the chunks of a file of events into a folder. */
    static void pack(Path file, Path folder) throws IOException {
        Files.createDirectories(folder);
        Packer packer = new Packer();
        try (BufferedReader in = Files.newBufferedReader(file)) {
            String line = in.readLine();
            for (int chunk = 0; line != null; chunk++) {
                Path to = folder.resolve(chunk + ".bin");
                try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(to), 1 << 20))) {
                    for (int e = 0; e < CHUNK && line != null; e++, line = in.readLine()) packer.write(line, out);
                }
            }
        }
    }

    private static final class Packer {
        private final BinaryRowData row = new BinaryRowData(ROW);
        private final BinaryRowWriter writer = new BinaryRowWriter(row, 1024);
        private final BinaryRowData[] nested = new BinaryRowData[3];
        private final BinaryRowWriter[] writers = new BinaryRowWriter[3];
        private final RowDataSerializer[] serializers = new RowDataSerializer[3];

        Packer() {
            for (int k = 0; k < 3; k++) {
                nested[k] = new BinaryRowData(NESTED[k].length);
                writers[k] = new BinaryRowWriter(nested[k], 512);
                serializers[k] = new RowDataSerializer(NESTED[k]);
            }
        }

        void write(String line, DataOutputStream out) throws IOException {
            String[] fields = line.split("\u001f", -1);
            int k = Integer.parseInt(fields[0]);
            nest(k, fields);
            writer.reset();
            writer.writeInt(0, k);
            writer.writeTimestamp(1, stamp(fields[TIME[k]]), 3);
            for (int j = 0; j < 3; j++) {
                if (j == k) writer.writeRow(2 + j, nested[k], serializers[k]);
                else writer.setNullAt(2 + j);
            }
            writer.complete();
            out.writeLong(row.getSizeInBytes());
            out.write(row.getSegments()[0].getArray(), row.getOffset(), row.getSizeInBytes());
        }

        private void nest(int k, String[] fields) {
            BinaryRowWriter w = writers[k];
            w.reset();
            int i = 0;
            for (int f = 1; f < fields.length; f++) {
                if (f == TIME[k]) continue;
                LogicalType t = NESTED[k][i];
                if (t == L) w.writeLong(i, Long.parseLong(fields[f]));
                else if (t == T) w.writeTimestamp(i, stamp(fields[f]), 3);
                else w.writeString(i, StringData.fromString(fields[f]));
                i++;
            }
            w.complete();
        }
    }

    private static TimestampData stamp(String text) {
        return TimestampData.fromLocalDateTime(LocalDateTime.parse(text.replace(' ', 'T')));
    }

    /** Maps the chunks of n events and touches every page. */
    static void load(Path folder, long n) throws IOException {
        int chunks = (int) ((n + CHUNK - 1) / CHUNK);
        segments = new MemorySegment[chunks];
        starts = new int[chunks][];
        long total = 0;
        for (int i = 0; i < chunks; i++) {
            try (FileChannel file = FileChannel.open(folder.resolve(i + ".bin"))) {
                MappedByteBuffer bytes = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
                bytes.load();
                segments[i] = MemorySegmentFactory.wrapOffHeapMemory(bytes);
                int[] at = new int[CHUNK];
                int count = 0;
                for (long p = 0; p < file.size(); count++) {
                    at[count] = (int) p;
                    p += 8 + bytes.getLong((int) p);
                }
                starts[i] = Arrays.copyOf(at, count);
                total += count;
            }
        }
        if (total < n) throw new IOException("only " + total + " events in " + folder);
    }

    /** Event e, as a view of mapped memory. */
    static BinaryRowData get(long e) {
        int chunk = (int) (e / CHUNK), at = starts[chunk][(int) (e % CHUNK)];
        BinaryRowData row = new BinaryRowData(ROW);
        row.pointTo(segments[chunk], at + 8, (int) Long.reverseBytes(segments[chunk].getLong(at)));
        return row;
    }
}
