package server

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// The parts of a conversation in the extended protocol.
func prepareMsg(name, sql string) pgproto3.FrontendMessage {
	return &pgproto3.Parse{Name: name, Query: sql}
}

func bind(portal, statement string, params ...string) pgproto3.FrontendMessage {
	b := &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: statement}
	for _, p := range params {
		b.Parameters = append(b.Parameters, []byte(p))
	}
	return b
}

func describe(kind byte, name string) pgproto3.FrontendMessage {
	return &pgproto3.Describe{ObjectType: kind, Name: name}
}

func execute(portal string, rows uint32) pgproto3.FrontendMessage {
	return &pgproto3.Execute{Portal: portal, MaxRows: rows}
}

var syncMsg = &pgproto3.Sync{}

// exchange sends messages with a Sync behind them and compares what comes back.
func (c *client) exchange(want string, messages ...pgproto3.FrontendMessage) {
	c.t.Helper()
	c.send(append(messages, syncMsg)...)
	says(c.t, strings.ReplaceAll(c.upToReady(), "\n", ", "), want)
}

// once is a whole unnamed statement.
func once(sql string, params ...string) []pgproto3.FrontendMessage {
	return []pgproto3.FrontendMessage{prepareMsg("", sql), bind("", "", params...), describe('P', ""), execute("", 0)}
}

func TestExtendedProtocol(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, a text)")
	c.exchange("ParseComplete, BindComplete, NoData, INSERT 0 2", once("INSERT INTO t VALUES ($1, $2), ($1 + 1, 'y')", "1", "x")...)
	c.exchange("ParseComplete, BindComplete, (id, a), 2 | y, SELECT 1", once("SELECT * FROM t WHERE id = $1", "2")...)
	c.exchange("ParseComplete, ParameterDescription, (id)", prepareMsg("s", "SELECT id FROM t WHERE a = $1 AND id < $2"), describe('S', "s"))
	c.exchange("BindComplete, 1, SELECT 1", bind("p", "s", "x", "9"), execute("p", 0))
	c.exchange("CloseComplete", &pgproto3.Close{ObjectType: 'S', Name: "s"})
	c.exchange(`ERROR 26000: prepared statement "s" does not exist`, bind("", "s", "x", "9"), execute("", 0))
	c.exchange("ParseComplete, BindComplete, NoData, EmptyQueryResponse", once("")...)
	c.exchange("ParseComplete, BindComplete, (TimeZone), UTC, SHOW", once("SHOW TimeZone")...)
	c.exchange("ParseComplete, BindComplete, NoData, SET", once("SET jit = off")...)
	c.exchange("ParseComplete, BindComplete, (QUERY PLAN)", prepareMsg("", "EXPLAIN SELECT 1"), bind("", ""), describe('P', ""))
	c.exchange("ERROR 42601: cannot insert multiple commands into a prepared statement", prepareMsg("", "SELECT 1; SELECT 2"))
	c.exchange(`ERROR 34000: portal "none" does not exist`, execute("none", 0))
	c.exchange("ParseComplete, BindComplete, NoData, PREPARE", once("PREPARE q AS SELECT a FROM t WHERE id = $1")...)
	c.exchange("ParseComplete, BindComplete, (a), y, SELECT 1", once("EXECUTE q(2)")...)
}

// TestPlanningIsAStatement: what Parse plans has a statement's beginning and end, also as the first
// that a client says.
func TestPlanningIsAStatement(t *testing.T) {
	c := start(t).dial()
	c.exchange("ParseComplete, BindComplete, (length), 3, SELECT 1", once("SELECT length('abc')")...)
	c.must("SET statement_timeout = 20")
	c.send(append(once("SELECT length(upper(repeat('x', 20000000)))"), syncMsg)...) // it may end while it is planned
	if got := c.upToReady(); !strings.HasSuffix(got, "ERROR 57014: canceling statement due to statement timeout") {
		t.Error(got)
	}
	c.exchange("ParseComplete, BindComplete, (length), 3, SELECT 1", once("SELECT length('abc')")...)
}

func TestErrorsSkipToSync(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)")
	all := append(once("INSERT INTO t VALUES (1)"), once("SELECT 1/0")...)
	all = append(all, once("INSERT INTO t VALUES (2)")...)
	c.exchange("ParseComplete, BindComplete, NoData, INSERT 0 1, ParseComplete, ERROR 22012: division by zero", all...)
	c.talk([2]string{"SELECT count(*) FROM t", "0\nSELECT 1"})
	if c.status != 'I' {
		t.Errorf("status %c", c.status)
	}
	c.send(&pgproto3.FunctionCall{Function: 1})
	says(t, c.upToReady(), "ERROR 0A000: the function call protocol is not supported yet")
}

func TestPipelinesAreTransactions(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)")
	insert := func(id string) []pgproto3.FrontendMessage {
		return []pgproto3.FrontendMessage{prepareMsg("", "INSERT INTO t VALUES ($1)"), bind("", "", id), execute("", 0)}
	}
	c.exchange("ParseComplete, BindComplete, INSERT 0 1, ParseComplete, BindComplete, INSERT 0 1", append(insert("1"), insert("2")...)...)
	dup := `ERROR 23505: duplicate key value violates unique constraint "t_pkey"; DETAIL: Key (id)=(1) already exists.`
	c.exchange("ParseComplete, BindComplete, INSERT 0 1, ParseComplete, BindComplete, "+dup, append(insert("3"), insert("1")...)...)
	c.talk([2]string{"SELECT id FROM t ORDER BY id", "1\n2\nSELECT 2"})
	c.send(append(append(insert("3"), syncMsg), append(insert("1"), append([]pgproto3.FrontendMessage{syncMsg}, append(insert("4"), syncMsg)...)...)...)...)
	for _, want := range []string{"ParseComplete\nBindComplete\nINSERT 0 1", "ParseComplete\nBindComplete\n" + dup, "ParseComplete\nBindComplete\nINSERT 0 1"} {
		says(t, c.upToReady(), want)
	}
	c.talk([2]string{"SELECT id FROM t ORDER BY id", "1\n2\n3\n4\nSELECT 4"})
	block := append([]pgproto3.FrontendMessage{prepareMsg("", "BEGIN"), bind("", ""), execute("", 0)}, insert("5")...)
	c.exchange("ParseComplete, BindComplete, BEGIN, ParseComplete, BindComplete, INSERT 0 1", block...)
	if c.status != 'T' {
		t.Errorf("status %c in a block", c.status)
	}
	c.exchange("ParseComplete, BindComplete, "+dup, insert("1")...)
	if c.status != 'E' {
		t.Errorf("status %c in a failed block", c.status)
	}
	c.exchange("ERROR 25P02: current transaction is aborted, commands ignored until end of transaction block", insert("6")...)
	c.exchange("ParseComplete, BindComplete, ROLLBACK", prepareMsg("", "ROLLBACK"), bind("", ""), execute("", 0))
	c.talk([2]string{"SELECT max(id) FROM t", "4\nSELECT 1"})
}

func TestPortalsWithRowLimits(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t SELECT g FROM generate_series(1, 5) AS g", "BEGIN")
	c.exchange("ParseComplete, BindComplete, 1, 2, PortalSuspended", prepareMsg("s", "SELECT id FROM t ORDER BY id"), bind("p", "s"), execute("p", 2))
	c.exchange("3, 4, PortalSuspended, 5, SELECT 1", execute("p", 2), execute("p", 2))
	c.exchange("SELECT 0", execute("p", 2))
	c.exchange("BindComplete, 1, PortalSuspended, 2, 3, 4, 5, SELECT 4, CloseComplete", bind("q", "s"), execute("q", 1), execute("q", 0), &pgproto3.Close{ObjectType: 'P', Name: "q"})
	c.exchange(`ERROR 42P03: cursor "p" already exists`, bind("p", "s"))
	c.must("ROLLBACK")
	c.exchange(`ERROR 34000: portal "p" does not exist`, execute("p", 0))
	c.exchange("ParseComplete, BindComplete, 7, PortalSuspended, 8, PortalSuspended", prepareMsg("", "INSERT INTO t VALUES (7), (8) RETURNING id"), bind("", ""), execute("", 1), execute("", 1))
	c.exchange("BindComplete, 1, PortalSuspended", bind("p", "s"), execute("p", 1))
	c.exchange(`ERROR 34000: portal "p" does not exist`, execute("p", 1))
	c.exchange("ParseComplete, BindComplete, UTC, PortalSuspended, SHOW", prepareMsg("", "SHOW TimeZone"), bind("", ""), execute("", 1), execute("", 1))
}

// A portal runs once: again it has no more rows, and what writes is not done twice.
func TestPortalsRunOnce(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int)")
	c.exchange(`ParseComplete, BindComplete, INSERT 0 1, ERROR 55000: portal "" cannot be run`,
		prepareMsg("", "INSERT INTO t VALUES (1)"), bind("", ""), execute("", 0), execute("", 0))
	c.exchange("ParseComplete, BindComplete, INSERT 0 1", prepareMsg("", "INSERT INTO t VALUES (2)"), bind("", ""), execute("", 0))
	c.exchange("ParseComplete, BindComplete, 2, SELECT 1, SELECT 0, SELECT 0",
		prepareMsg("", "SELECT id FROM t"), bind("", ""), execute("", 0), execute("", 0), execute("", 1))
	c.must("BEGIN")
	c.exchange("ParseComplete, BindComplete, INSERT 0 1", prepareMsg("", "INSERT INTO t VALUES (3)"), bind("p", ""), execute("p", 0))
	c.exchange(`ERROR 55000: portal "p" cannot be run`, execute("p", 0))
	c.must("ROLLBACK")
}

func TestPreparedStatementsAfterDDL(t *testing.T) {
	c := start(t).dial()
	c.must("CREATE TABLE t (id int PRIMARY KEY, a int)", "INSERT INTO t VALUES (1, 10)", "CREATE VIEW v AS SELECT a FROM t")
	c.exchange("ParseComplete, ParameterDescription, (a)", prepareMsg("s", "SELECT a FROM v"), describe('S', "s"))
	c.must("CREATE INDEX i ON t (a)")
	c.exchange("BindComplete, 10, SELECT 1", bind("", "s"), execute("", 0))
	c.must("DROP VIEW v", "CREATE VIEW v AS SELECT a + 1 AS a FROM t")
	c.exchange("BindComplete, 11, SELECT 1", bind("", "s"), execute("", 0))
	c.must("DROP VIEW v", "CREATE VIEW v AS SELECT a::text AS a FROM t")
	c.exchange("ERROR 0A000: cached plan must not change result type", bind("", "s"), execute("", 0))
	c.must("DROP VIEW v")
	c.exchange(`ERROR 42P01: relation "v" does not exist`, bind("", "s"), execute("", 0))
	c.must("CREATE VIEW v AS SELECT a FROM t")
	c.exchange("BindComplete, 10, SELECT 1", bind("", "s"), execute("", 0))

	c.must("PREPARE p(int) AS SELECT $1 + a FROM v", "CREATE SCHEMA other", "CREATE TABLE other.v (a int)", "INSERT INTO other.v VALUES (100)")
	c.talk([2]string{"EXECUTE p(1)", "11\nSELECT 1"})
	c.must("SET search_path = other")
	c.talk([2]string{"EXECUTE p(1)", "101\nSELECT 1"})
	c.must("RESET search_path")
	c.talk(
		[2]string{"EXECUTE p(1)", "11\nSELECT 1"},
		[2]string{"EXECUTE p", `ERROR 42601: wrong number of parameters for prepared statement "p"; DETAIL: Expected 1 parameters but got 0.`},
		[2]string{"PREPARE p AS SELECT 1", `ERROR 42P05: prepared statement "p" already exists`},
		[2]string{"DEALLOCATE p", "DEALLOCATE"},
		[2]string{"EXECUTE p(1)", `ERROR 26000: prepared statement "p" does not exist`},
	)
}

func TestDescribeOfSubscriptions(t *testing.T) {
	f := start(t)
	c := f.dial()
	c.must("CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)")
	c.send(append(once("SUBSCRIBE t"), syncMsg)...)
	c.upTo("BindComplete")
	c.upTo("(mr_tick, mr_diff, a)")
	if line, _ := c.receive(); !strings.HasSuffix(line, "| 1 | 7") {
		t.Errorf("the first row: %s", line)
	}
	f.cancel(c)
	says(t, c.upToReady(), "ERROR 57014: canceling statement due to user request")
}
