package rivals;

import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.flink.api.connector.sink2.*;
import org.apache.flink.configuration.*;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.*;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.*;
import org.apache.flink.table.types.logical.*;
import org.apache.flink.types.RowKind;

/**
 * 'connector' = 'digest': folds all changes into the digest that millrace bench nexmark --digest describes: of each
 * row as text its hash, times its weight. With 'key' = 'n' a row takes the place of the one that had the same n
 * leading columns: some plans say what a row becomes without saying what it was. Made for a parallelism of one.
 * Public, for Flink makes it.
 */
public final class DigestFactory implements DynamicTableSinkFactory {
    private static final ConfigOption<Integer> KEY = ConfigOptions.key("key").intType().defaultValue(0);

    /** What the last job came to. */
    static long rows, sum;

    public String factoryIdentifier() { return "digest"; }
    public Set<ConfigOption<?>> requiredOptions() { return Set.of(); }
    public Set<ConfigOption<?>> optionalOptions() { return Set.of(KEY); }

    public DynamicTableSink createDynamicTableSink(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        helper.validate();
        return new Table(context.getPhysicalRowDataType().getLogicalType().getChildren(), helper.getOptions().get(KEY));
    }

    private record Table(List<LogicalType> types, int key) implements DynamicTableSink {
        public ChangelogMode getChangelogMode(ChangelogMode requested) { return ChangelogMode.all(); }
        public DynamicTableSink copy() { return this; }
        public String asSummaryString() { return "digest"; }
        public SinkRuntimeProvider getSinkRuntimeProvider(Context context) { return SinkV2Provider.of(new Out(types, key)); }
    }

    private record Out(List<LogicalType> types, int key) implements Sink<RowData> {
        public SinkWriter<RowData> createWriter(WriterInitContext context) {
            Map<String, Long> last = new HashMap<>();
            return new SinkWriter<>() {
                public void write(RowData row, Context at) {
                    boolean more = row.getRowKind() == RowKind.INSERT || row.getRowKind() == RowKind.UPDATE_AFTER;
                    long h = hash(text(row, types.size()));
                    if (key > 0) {
                        String k = text(row, key);
                        add(last.remove(k), -1);
                        if (more) last.put(k, h);
                    }
                    if (more || key == 0) add(h, more ? 1 : -1);
                }
                private void add(Long h, int weight) {
                    if (h == null) return;
                    sum += h * weight;
                    rows += weight;
                }
                public void flush(boolean end) {}
                public void close() {}
            };
        }

        private String text(RowData row, int columns) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                if (i > 0) text.append('\u001f');
                if (row.isNullAt(i)) text.append('\0');
                else if (types.get(i) instanceof BigIntType) text.append(row.getLong(i));
                else if (types.get(i) instanceof TimestampType t) text.append(row.getTimestamp(i, t.getPrecision()).getMillisecond());
                else if (types.get(i) instanceof VarCharType) text.append(row.getString(i));
                else throw new IllegalStateException("no digest of " + types.get(i));
            }
            return text.toString();
        }
    }

    private static long hash(String text) {
        long h = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) h = (h ^ (b & 0xff)) * 0x100000001b3L;
        h = (h ^ h >>> 30) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 27) * 0x94d049bb133111ebL;
        return h ^ h >>> 31;
    }
}
