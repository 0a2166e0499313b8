"""psycopg 3 against the server: parameters, types, server-side prepared statements,
transactions, pipelines, COPY, named cursors' absence, cancel and notices."""

import datetime as dt
import decimal
import threading
import uuid

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

conn = psycopg.connect(autocommit=True)
one = lambda q, *a, **k: conn.execute(q, *a, **k).fetchone()[0]

# Parameters of every type, text and binary, there and back.
values = [
    ("bool", True), ("int2", 7), ("int4", -70000), ("int8", 1 << 40), ("float8", 1.5), ("float4", 0.25),
    ("numeric", decimal.Decimal("12345.6700")), ("text", "héllo\n\t'\\"), ("varchar", "v"), ("bytea", b"\x00\xff\\"),
    ("date", dt.date(2024, 2, 29)), ("time", dt.time(23, 59, 59, 999999)),
    ("timestamp", dt.datetime(1999, 12, 31, 23, 59, 59, 1)),
    ("timestamptz", dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone.utc)),
    ("interval", dt.timedelta(days=3, hours=4, microseconds=5)),
    ("uuid", uuid.UUID("12345678-1234-5678-1234-567812345678")), ("jsonb", Jsonb({"a": [1, None, "x"]})),
]
for name, value in values:
    expected = value.obj if isinstance(value, Jsonb) else value
    for param in ("%s", "%b", "%t"):
        for binary in (False, True):
            got = conn.execute(f"SELECT {param}::{name}, NULL::{name}", (value,), binary=binary).fetchone()
            assert got == (expected, None), (name, param, binary, got)

# A table of all of them, by executemany, and back through a prepared statement.
conn.execute("CREATE TABLE every (id int PRIMARY KEY, " + ", ".join(f"c_{n} {n}" for n, _ in values) + ")")
with conn.cursor() as cur:
    marks = ", ".join(["%s"] * (len(values) + 1))
    cur.executemany(f"INSERT INTO every VALUES ({marks})", [[i, *(v for _, v in values)] for i in range(50)])
    assert cur.rowcount == 50, cur.rowcount
for i in range(20):  # prepared on the server from the sixth time on
    row = conn.execute("SELECT * FROM every WHERE id = %s", (i,)).fetchone()
    assert row[0] == i and row[3] == -70000 and row[17] == {"a": [1, None, "x"]}, row
assert len(conn.execute("SELECT * FROM every WHERE c_text = %s", ("héllo\n\t'\\",), prepare=True).fetchall()) == 50
with conn.cursor() as cur:
    cur.executemany("INSERT INTO every (id) VALUES (%s) RETURNING id", [(100,), (101,)], returning=True)
    assert cur.fetchone() == (100,) and cur.nextset() and cur.fetchone() == (101,)

# Transactions: commit, rollback, savepoints, errors.
conn.execute("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)")
conn.execute("CREATE MATERIALIZED VIEW mv AS SELECT v, count(*) AS n FROM t GROUP BY v")
with conn.transaction():
    conn.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    try:
        with conn.transaction():
            conn.execute("INSERT INTO t VALUES (1, 'again')")
        raise AssertionError("a duplicate key")
    except psycopg.errors.UniqueViolation as e:
        assert e.diag.constraint_name == "t_pkey" and e.diag.table_name == "t" and e.diag.schema_name == "public", e.diag.constraint_name
    conn.execute("INSERT INTO t VALUES (3, 'a')")
assert conn.execute("SELECT v, n FROM mv ORDER BY v").fetchall() == [("a", 2), ("b", 1)]
try:
    with conn.transaction():
        conn.execute("DELETE FROM t")
        assert one("SELECT count(*) FROM t") == 0
        raise psycopg.Rollback("undo")
except psycopg.Rollback:
    pass
assert one("SELECT count(*) FROM t") == 3
try:
    conn.execute("INSERT INTO t VALUES (9, NULL)")
    raise AssertionError("NULL in a NOT NULL column")
except psycopg.errors.NotNullViolation as e:
    assert e.diag.column_name == "v", e.diag.column_name
try:
    conn.execute("SELECT nope FROM t")
    raise AssertionError("a column that is not there")
except psycopg.errors.UndefinedColumn as e:
    assert e.diag.statement_position == "8", e.diag.statement_position

# A second connection, not in autocommit: BEGIN is sent before the first statement.
with psycopg.connect() as other:
    other.execute("UPDATE t SET v = 'c' WHERE id = %s", (1,))
    assert one("SELECT v FROM t WHERE id = 1") == "a"
    assert other.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
assert one("SELECT v FROM t WHERE id = 1") == "c"

# A pipeline: an error ends its own group only.
with conn.pipeline() as p:
    a = conn.execute("SELECT 1")
    b = conn.execute("INSERT INTO t VALUES (10, 'p')")
    p.sync()
    assert a.fetchone() == (1,) and b.rowcount == 1
    bad = conn.execute("SELECT 1 / 0")
    try:
        p.sync()
        bad.fetchone()
        raise AssertionError("a division by zero")
    except psycopg.errors.DivisionByZero:
        pass
assert one("SELECT count(*) FROM t WHERE id = 10") == 1

# COPY in all formats, both ways.
conn.execute("CREATE STREAM s (k int, x float8, b bytea, at timestamptz, note text)")
rows = [(i, i / 4, bytes([i % 256]), dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(seconds=i), None if i % 3 else "a\tb\n") for i in range(1000)]
with conn.cursor() as cur:
    with cur.copy("COPY s FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    with cur.copy("COPY s FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "float8", "bytea", "timestamptz", "text"])
        for row in rows:
            copy.write_row(row)
    with cur.copy("COPY s (k, note) FROM STDIN (FORMAT csv, HEADER, NULL '-')") as copy:
        copy.write('k,note\n1,"a,b"\n2,-\n')
    assert cur.rowcount == 2, cur.rowcount
    for options, binary in (("", False), ("(FORMAT BINARY)", True)):
        with cur.copy(f"COPY (SELECT k, x, b, at, note FROM s WHERE x IS NOT NULL AND k < 10) TO STDOUT {options}") as copy:
            copy.set_types(["int4", "float8", "bytea", "timestamptz", "text"])
            got = sorted(copy.rows(), key=lambda r: r[0])
        assert got == sorted(rows[:10] * 2, key=lambda r: r[0]), got[:3]
    try:
        with cur.copy("COPY s (k) FROM STDIN") as copy:
            copy.write("1\nx\n")
        raise AssertionError("bad data")
    except psycopg.errors.InvalidTextRepresentation:
        pass
    try:
        with cur.copy("COPY s (k) FROM STDIN") as copy:
            copy.write("1\n")
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
assert one("SELECT count(*) FROM s") == 2002

# Large results, row by row; client-side composition of statements.
with conn.cursor() as cur:
    total = sum(k for (k,) in cur.stream("SELECT k FROM s"))
    assert total == 2 * 499500 + 3, total
assert one(sql.SQL("SELECT count(*) FROM {} WHERE {} = {}").format(sql.Identifier("s"), sql.Identifier("k"), sql.Literal(5))) == 2

# Cancel ends what runs, the connection lives.
threading.Timer(0.2, conn.cancel).start()
try:
    conn.execute("SUBSCRIBE t")
    raise AssertionError("SUBSCRIBE ended by itself")
except psycopg.errors.QueryCanceled:
    pass
assert one("SELECT 1") == 1

# Notices, settings, what the server says of itself.
said = []
conn.add_notice_handler(lambda d: said.append((d.sqlstate, d.message_primary)))
conn.execute("DROP TABLE IF EXISTS nothing")
assert said == [("00000", 'table "nothing" does not exist, skipping')], said
conn.execute("SET TIME ZONE 'Europe/Berlin'")
assert conn.info.timezone.key == "Europe/Berlin"
assert one("SELECT timestamptz '2026-07-01 12:00+00'").isoformat() == "2026-07-01T14:00:00+02:00"
assert conn.info.server_version // 10000 == 15 and conn.info.parameter_status("standard_conforming_strings") == "on"
conn.close()
print("all checks passed")
