package rivals;

import java.util.Set;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.*;
import org.apache.flink.connector.datagen.source.*;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.*;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.*;
import org.apache.flink.table.types.DataType;

/** 'connector' = 'replay': the first 'count' Events, in order, by one reader. Public, for Flink makes it. */
public final class ReplayFactory implements DynamicTableSourceFactory {
    private static final ConfigOption<Long> COUNT = ConfigOptions.key("count").longType().noDefaultValue();

    /** When the first event was asked for: nanoTime, and the process's CPU time. */
    static volatile long firstAt, firstCpu;

    public String factoryIdentifier() { return "replay"; }
    public Set<ConfigOption<?>> requiredOptions() { return Set.of(COUNT); }
    public Set<ConfigOption<?>> optionalOptions() { return Set.of(); }

    public DynamicTableSource createDynamicTableSource(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        helper.validate();
        return new Source(helper.getOptions().get(COUNT), context.getPhysicalRowDataType());
    }

    private record Source(long count, DataType type) implements ScanTableSource {
        public ChangelogMode getChangelogMode() { return ChangelogMode.insertOnly(); }
        public DynamicTableSource copy() { return this; }
        public String asSummaryString() { return "replay"; }
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            TypeInformation<RowData> rows = context.createTypeInformation(type);
            return SourceProvider.of(new DataGeneratorSource<>(new Replay(), count, rows), 1);
        }
    }

    private static final class Replay implements GeneratorFunction<Long, RowData> {
        public RowData map(Long e) {
            if (firstAt == 0) {
                firstCpu = Bench.cpu();
                firstAt = System.nanoTime();
            }
            return Events.get(e);
        }
    }
}
