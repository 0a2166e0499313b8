package nexmark

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/connect/nexmark/queries"
)

// shape is a schema that events go into, and how its rows change after each batch.
type shape struct {
	name   string
	schema func(t *testing.T) string
	// change is statements that Millrace and PostgreSQL both understand. Of a run that is so many
	// times as long as a small one, each changes as many rows as there.
	change func(round, times int64) []string
}

var shapes = []shape{
	{"streams", func(t *testing.T) string { return text(t, queries.Text, "schema") }, func(int64, int64) []string { return nil }},
	{"tables", func(t *testing.T) string { return text(t, queries.Text, "schema_tables") }, changeTables},
	{"bids-change", changingBids, func(round, times int64) []string {
		return append(changeTables(round, times), changeBids(round, times)...)
	}},
}

// changingBids is the schema of tables with bids that can change, too.
func changingBids(t *testing.T) string {
	schema := text(t, queries.Text, "schema_tables")
	const append = ", WATERMARK FOR date_time AS date_time - INTERVAL '4 seconds') APPEND ONLY"
	if !strings.Contains(schema, append) {
		t.Fatal("the table bid is declared in another way than expected")
	}
	return strings.Replace(schema, append, ")", 1)
}

// oneIn chooses, behind a number, one row of so many, each round others.
func oneIn(n, round int64) string { return fmt.Sprintf("%% %d = %d", n, round%n) }

// changeTables updates and deletes people and auctions: values, keys of joins, primary keys,
// ends of ranges. An auction's new seller is none of those who bid most: q23 would be far larger.
func changeTables(round, times int64) []string {
	each := func(n int64) string { return oneIn(n*times, round) }
	switch round % 4 {
	case 0:
		return []string{
			fmt.Sprintf("UPDATE auction SET category = 10 + (category + 1) %% 5 WHERE id %s", each(17)),
			fmt.Sprintf("UPDATE person SET state = 'OR', city = city || '+' WHERE id %s", each(11))}
	case 1:
		return []string{
			fmt.Sprintf("DELETE FROM auction WHERE id %s", each(23)),
			fmt.Sprintf("UPDATE auction SET expires = expires - interval '20 ms', seller = seller + 2 WHERE id %s", each(13))}
	case 2:
		return []string{"BEGIN",
			fmt.Sprintf("DELETE FROM person WHERE id %s", each(19)),
			fmt.Sprintf("UPDATE person SET id = -id WHERE id %s", each(31)),
			"SAVEPOINT s", "DELETE FROM auction", "ROLLBACK TO s", "COMMIT"}
	}
	return []string{"BEGIN", "DELETE FROM person", "UPDATE auction SET category = 10", "ROLLBACK",
		fmt.Sprintf("UPDATE auction SET date_time = date_time + interval '11 seconds', expires = expires + interval '11 seconds' WHERE id %s", each(29))}
}

// changeBids updates and deletes bids, of hot auctions too.
func changeBids(round, times int64) []string {
	each := func(n int64) string { return oneIn(n*times, round) }
	switch round % 3 {
	case 0:
		return []string{fmt.Sprintf("UPDATE bid SET price = price - 1, extra = extra || '*' WHERE auction %s", each(13))}
	case 1:
		return []string{fmt.Sprintf("DELETE FROM bid WHERE price %s", each(9))}
	}
	return []string{fmt.Sprintf("UPDATE bid SET auction = auction + 1, date_time = date_time - interval '1 second' WHERE bidder %s", each(7))}
}

// text is a query or a schema in one of the dialects; its comments are left out.
func text(t *testing.T, dialect func(name string) (string, error), name string) string {
	t.Helper()
	whole, err := dialect(name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(whole) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}

func createViews(t *testing.T, c *pgconn.PgConn) {
	t.Helper()
	for _, q := range queries.Held {
		run(t, c, "CREATE MATERIALIZED VIEW "+q+" AS "+text(t, queries.Text, q))
	}
}

// connect opens a connection that ends with the test.
func connect(t *testing.T, url string) *pgconn.PgConn {
	t.Helper()
	c, err := pgconn.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func rowsOf(t *testing.T, c *pgconn.PgConn, sql string) content {
	t.Helper()
	rows, err := read(context.Background(), c, sql)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
