import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;

/** The JDBC driver against the server: text and binary results, prepared statements, batches, fetch sizes, COPY, metadata. */
public class Jdbc {
    static void check(boolean ok, Object... what) {
        if (!ok) throw new AssertionError(Arrays.deepToString(what));
    }

    static void equal(Object got, Object want) {
        check(Objects.deepEquals(got, want), "got", got, "want", want);
    }

    interface Action { void run() throws Exception; }

    static SQLException fails(String state, Action a) throws Exception {
        try {
            a.run();
        } catch (SQLException e) {
            equal(e.getSQLState(), state);
            return e;
        }
        throw new AssertionError("no error " + state);
    }

    static Connection open(String more) throws SQLException {
        Map<String, String> env = System.getenv();
        return DriverManager.getConnection("jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/millrace?user=millrace&sslmode=disable" + more);
    }

    public static void main(String[] args) throws Exception {
        for (String more : List.of("", "&prepareThreshold=1", "&preferQueryMode=simple", "&binaryTransfer=false")) {
            try (Connection c = open(more)) {
                types(c);
            }
        }
        try (Connection c = open("")) {
            statements(c);
            transactions(c);
            fetchSize(c);
            copies(c);
            cancel(c);
            metadata(c);
        }
        try (Connection c = open("&reWriteBatchedInserts=true")) {
            batches(c);
        }
        try (Connection c = open("&autosave=always")) {
            autosave(c);
        }
        System.out.println("all checks passed");
    }

    static void types(Connection c) throws Exception {
        String sql = "SELECT ?::bool, ?::int2, ?::int4, ?::int8, ?::float4, ?::float8, ?::numeric, ?::text, ?::bytea, ?::date, ?::time, ?::timestamp, ?::timestamptz, ?::uuid, ?::json, ?::jsonb, ?::varchar(3), NULL::int";
        try (PreparedStatement p = c.prepareStatement(sql)) {
            for (int round = 0; round < 7; round++) { // prepared on the server from the fifth on
                UUID id = UUID.fromString("12345678-1234-5678-1234-567812345678");
                OffsetDateTime at = OffsetDateTime.of(2026, 7, 1, 12, 0, 0, 123456000, ZoneOffset.UTC);
                Object[] in = {true, (short) 7, -70000, 1L << 40, 0.25f, 1.5, new BigDecimal("12345.6700"), "héllo", new byte[] {0, -1},
                    LocalDate.of(2024, 2, 29), LocalTime.of(23, 59, 58), LocalDateTime.of(1999, 12, 31, 23, 59, 59, 1000), at, id};
                for (int i = 0; i < in.length; i++) p.setObject(i + 1, in[i]);
                p.setString(15, "{\"a\":1}");
                p.setString(16, "{\"a\":1}");
                p.setString(17, "abc");
                try (ResultSet r = p.executeQuery()) {
                    check(r.next(), "a row");
                    equal(r.getBoolean(1), true);
                    equal(r.getShort(2), (short) 7);
                    equal(r.getInt(3), -70000);
                    equal(r.getLong(4), 1L << 40);
                    equal(r.getFloat(5), 0.25f);
                    equal(r.getDouble(6), 1.5);
                    equal(r.getBigDecimal(7), new BigDecimal("12345.6700"));
                    equal(r.getString(8), "héllo");
                    equal(r.getBytes(9), new byte[] {0, -1});
                    equal(r.getObject(10, LocalDate.class), in[9]);
                    equal(r.getObject(11, LocalTime.class), in[10]);
                    equal(r.getObject(12, LocalDateTime.class), in[11]);
                    equal(r.getObject(13, OffsetDateTime.class).toInstant(), at.toInstant());
                    equal(r.getObject(14), id);
                    equal(r.getString(15), "{\"a\":1}");
                    equal(r.getString(16), "{\"a\": 1}");
                    equal(r.getString(17), "abc");
                    equal(r.getObject(18), null);
                    check(r.wasNull() && !r.next(), "the end");
                }
            }
        }
    }

    static void statements(Connection c) throws Exception {
        try (Statement s = c.createStatement()) {
            s.execute("CREATE TABLE t (id int PRIMARY KEY, v text, n numeric(10,2) DEFAULT 1.5)");
            s.execute("CREATE MATERIALIZED VIEW mv AS SELECT v, count(*) AS n, sum(n) AS total FROM t GROUP BY v");
            s.execute("CREATE VIEW plain AS SELECT id FROM t");
            s.execute("CREATE INDEX t_v ON t (v)");
            equal(s.executeUpdate("INSERT INTO t (id, v) VALUES (1, 'a'), (2, 'b')"), 2);
            check(s.execute("SELECT 1; UPDATE t SET v = v; SELECT 2"), "a result first");
            check(!s.getMoreResults() && s.getUpdateCount() == 2 && s.getMoreResults(), "three results");
            s.setMaxRows(1);
            try (ResultSet r = s.executeQuery("SELECT id FROM t ORDER BY id")) {
                check(r.next() && !r.next(), "one row");
            }
            s.setMaxRows(0);
            equal(s.executeUpdate("DROP TABLE IF EXISTS nothing"), 0);
            equal(s.getWarnings().getMessage(), "table \"nothing\" does not exist, skipping");
            PSQLException e = (PSQLException) fails("42601", () -> s.execute("SELECT 1 +"));
            equal(e.getServerErrorMessage().getPosition(), 11);
            PSQLException d = (PSQLException) fails("23505", () -> s.execute("INSERT INTO t (id) VALUES (1)"));
            equal(d.getServerErrorMessage().getConstraint(), "t_pkey");
            equal(d.getServerErrorMessage().getTable(), "t");
        }
        try (PreparedStatement p = c.prepareStatement("INSERT INTO t (id, v) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
            for (int i = 10; i < 20; i++) {
                p.setInt(1, i);
                p.setString(2, i % 2 == 0 ? "even" : null);
                equal(p.executeUpdate(), 1);
                try (ResultSet keys = p.getGeneratedKeys()) {
                    check(keys.next() && keys.getInt("id") == i && keys.getBigDecimal("n").equals(new BigDecimal("1.50")), "generated keys");
                }
            }
        }
        try (PreparedStatement p = c.prepareStatement("SELECT n, total FROM mv WHERE v = ?")) {
            for (int i = 0; i < 7; i++) {
                p.setString(1, "even");
                try (ResultSet r = p.executeQuery()) {
                    check(r.next() && r.getLong(1) == 5 && r.getBigDecimal(2).equals(new BigDecimal("7.50")), "the view");
                }
            }
        }
    }

    static void transactions(Connection c) throws Exception {
        c.setAutoCommit(false);
        try (Statement s = c.createStatement(); Connection other = open(""); Statement o = other.createStatement()) {
            s.executeUpdate("UPDATE t SET v = 'moved' WHERE id = 1");
            Savepoint p = c.setSavepoint("here");
            fails("22012", () -> s.execute("SELECT 1 / 0"));
            fails("25P02", () -> s.execute("SELECT 1"));
            c.rollback(p);
            try (ResultSet r = o.executeQuery("SELECT v FROM t WHERE id = 1")) {
                check(r.next() && r.getString(1).equals("a"), "not committed yet");
            }
            c.commit();
            try (ResultSet r = o.executeQuery("SELECT v FROM t WHERE id = 1")) {
                check(r.next() && r.getString(1).equals("moved"), "committed");
            }
            s.executeUpdate("DELETE FROM t");
            c.rollback();
            try (ResultSet r = o.executeQuery("SELECT count(*) FROM t")) {
                check(r.next() && r.getInt(1) == 12, "rolled back");
            }
        }
        c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        equal(c.getTransactionIsolation(), Connection.TRANSACTION_REPEATABLE_READ);
        c.commit();
        c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        c.commit();
        c.setAutoCommit(true);
    }

    static void fetchSize(Connection c) throws Exception {
        c.setAutoCommit(false);
        try (PreparedStatement p = c.prepareStatement("SELECT i, i::text FROM generate_series(1, ?) g(i)")) {
            p.setFetchSize(100);
            for (int round = 0; round < 7; round++) {
                p.setInt(1, 1234);
                long sum = 0;
                try (ResultSet r = p.executeQuery()) {
                    while (r.next()) sum += r.getInt(1);
                }
                equal(sum, 1234L * 1235 / 2);
            }
        }
        c.commit();
        c.setAutoCommit(true);
    }

    static void copies(Connection c) throws Exception {
        try (Statement s = c.createStatement()) {
            s.execute("CREATE STREAM s (a int, b text)");
        }
        var copy = c.unwrap(PGConnection.class).getCopyAPI();
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < 5000; i++) b.append(i).append(",\"line, ").append(i).append("\"\n");
        equal(copy.copyIn("COPY s FROM STDIN WITH (FORMAT csv)", new StringReader(b.toString())), 5000L);
        StringWriter out = new StringWriter();
        equal(copy.copyOut("COPY (SELECT a, b FROM s WHERE a < 2 ORDER BY a) TO STDOUT", out), 2L);
        equal(out.toString(), "0\tline, 0\n1\tline, 1\n");
        fails("22P02", () -> copy.copyIn("COPY s FROM STDIN", new StringReader("x\ty\n")));
        var in = copy.copyIn("COPY s FROM STDIN");
        in.writeToCopy("1\tx\n".getBytes(), 0, 4);
        in.cancelCopy();
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT count(*) FROM s")) {
            check(r.next() && r.getInt(1) == 5000, "nothing of what failed");
        }
    }

    static void cancel(Connection c) throws Exception {
        try (Statement s = c.createStatement()) {
            s.setQueryTimeout(1);
            fails("57014", () -> s.execute("SUBSCRIBE t"));
            s.setQueryTimeout(0);
            check(s.execute("SELECT 1"), "the connection lives");
        }
    }

    static void batches(Connection c) throws Exception {
        try (PreparedStatement p = c.prepareStatement("INSERT INTO t (id, v) VALUES (?, ?)")) {
            for (int i = 1000; i < 2000; i++) {
                p.setInt(1, i);
                p.setString(2, "batch");
                p.addBatch();
            }
            equal(p.executeBatch().length, 1000);
            p.setInt(1, 3000);
            p.setString(2, "alone");
            p.addBatch();
            p.setInt(1, 1000);
            p.setString(2, "twice");
            p.addBatch();
            try {
                p.executeBatch();
                throw new AssertionError("a duplicate key in a batch");
            } catch (BatchUpdateException e) {
                equal(e.getSQLState(), "23505");
            }
        }
        try (Statement s = c.createStatement()) {
            try (ResultSet r = s.executeQuery("SELECT n FROM mv WHERE v = 'batch'")) {
                check(r.next() && r.getInt(1) == 1000, "the view has the batch");
            }
            s.addBatch("UPDATE t SET v = 'x' WHERE id < 1010 AND id >= 1000");
            s.addBatch("DELETE FROM t WHERE v = 'x'");
            equal(s.executeBatch(), new int[] {10, 10});
        }
    }

    static void autosave(Connection c) throws Exception {
        c.setAutoCommit(false);
        try (Statement s = c.createStatement()) {
            s.executeUpdate("INSERT INTO t (id, v) VALUES (5000, 'kept')");
            fails("23505", () -> s.executeUpdate("INSERT INTO t (id, v) VALUES (5000, 'twice')"));
            c.commit();
            try (ResultSet r = s.executeQuery("SELECT v FROM t WHERE id = 5000")) {
                check(r.next() && r.getString(1).equals("kept"), "the transaction went on");
            }
        }
        c.commit();
    }

    static void metadata(Connection c) throws Exception {
        DatabaseMetaData m = c.getMetaData();
        equal(m.getDatabaseProductName(), "PostgreSQL");
        equal(m.getDatabaseMajorVersion(), 15);
        check(c.isValid(5), "the connection is valid");
        Set<String> found = new TreeSet<>();
        try (ResultSet r = m.getTables(null, "public", "%", null)) {
            while (r.next()) found.add(r.getString("TABLE_NAME") + " " + r.getString("TABLE_TYPE"));
        }
        check(found.containsAll(List.of("t TABLE", "s TABLE", "plain VIEW", "mv MATERIALIZED VIEW")), found);
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT id, v AS other, n, count(*) AS c FROM t GROUP BY id, v, n")) {
            ResultSetMetaData d = r.getMetaData();
            equal(List.of(d.getColumnTypeName(1), d.getColumnLabel(2), d.getPrecision(3), d.getScale(3), d.getColumnTypeName(4)), List.of("int4", "other", 10, 2, "int8"));
        }
        try (PreparedStatement p = c.prepareStatement("SELECT v FROM t WHERE id = ? AND n > ?")) {
            ParameterMetaData d = p.getParameterMetaData();
            equal(List.of(d.getParameterCount(), d.getParameterTypeName(1), d.getParameterTypeName(2)), List.of(2, "int4", "numeric"));
            equal(p.getMetaData().getColumnName(1), "v");
        }
    }
}
