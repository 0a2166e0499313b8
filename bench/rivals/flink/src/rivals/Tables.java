package rivals;

import java.util.*;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * One table with person, auction and bid as nested rows and three views of it, which is the layout that the
 * benchmark has on Flink.
 */
final class Tables {
    private static final String[][] COLUMNS = {
        {"person", "id BIGINT", "name STRING", "email_address STRING", "credit_card STRING", "city STRING", "state STRING",
            "date_time TIMESTAMP(3)", "extra STRING"},
        {"auction", "id BIGINT", "item_name STRING", "description STRING", "initial_bid BIGINT", "reserve BIGINT",
            "date_time TIMESTAMP(3)", "expires TIMESTAMP(3)", "seller BIGINT", "category BIGINT", "extra STRING"},
        {"bid", "auction BIGINT", "bidder BIGINT", "price BIGINT", "channel STRING", "url STRING",
            "date_time TIMESTAMP(3)", "extra STRING"},
    };

    private Tables() {}

    /** Declares the first n events, and the query as the view answer. */
    static void declare(StreamTableEnvironment t, long n, String query) {
        StringJoiner events = new StringJoiner(", ", "CREATE TABLE events (",
            ", WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'replay', 'count' = '" + n + "')");
        events.add("event_type INT").add("date_time TIMESTAMP(3)");
        for (String[] table : COLUMNS) {
            StringJoiner nested = new StringJoiner(", ", table[0] + " ROW<", ">");
            for (String column : List.of(table).subList(1, table.length)) if (!column.startsWith("date_time")) nested.add(column);
            events.add(nested.toString());
        }
        t.executeSql(events.toString());
        for (int k = 0; k < COLUMNS.length; k++) {
            StringJoiner view = new StringJoiner(", ", "CREATE VIEW " + COLUMNS[k][0] + " AS SELECT ", " FROM events WHERE event_type = " + k);
            for (String column : List.of(COLUMNS[k]).subList(1, COLUMNS[k].length)) {
                String name = column.split(" ")[0];
                view.add(name.equals("date_time") ? name : COLUMNS[k][0] + "." + name + " AS " + name);
            }
            t.executeSql(view.toString());
        }
        t.executeSql("CREATE TEMPORARY VIEW answer AS " + query);
    }

    /** Declares the table sink, of the answer's columns; the connector with its quotes and options. */
    static void sink(StreamTableEnvironment t, String connector) {
        StringJoiner sink = new StringJoiner(", ", "CREATE TABLE sink (", ") WITH ('connector' = " + connector + ")");
        for (var column : t.from("answer").getResolvedSchema().getColumns()) {
            String type = column.getDataType().getLogicalType().copy(true).asSerializableString();
            sink.add("`" + column.getName() + "` " + type.replace("*ROWTIME*", ""));
        }
        t.executeSql(sink.toString());
    }
}
