package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// A writer is one client. Its methods are called by one goroutine at a time.
type writer interface {
	// prepare readies a new connection.
	prepare(ctx context.Context, c *pgconn.PgConn) error
	// write does one write and remembers what became of it.
	write(ctx context.Context, c *pgconn.PgConn, rng *rand.Rand) error
	// check compares the database with what was promised, and takes what it finds of the
	// write without an answer for a fact.
	check(ctx context.Context, c *pgconn.PgConn) error
}

// promise is how many numbered writes, from 1, were acknowledged, and whether one more was
// sent whose answer never came.
type promise struct {
	acked int
	open  bool
}

// send marks the next write as sent and says its number.
func (p *promise) send() int {
	p.open = true
	return p.acked + 1
}

// answered takes what a write returned. An error of the statement means that it did not
// happen; a lost connection, that nobody knows.
func (p *promise) answered(err error) error {
	switch {
	case err == nil:
		p.acked++
		p.open = false
	case !lost(err):
		p.open = false
	}
	return err
}

// holds checks the number of the last write that is there.
func (p *promise) holds(found int) error {
	if found != p.acked && !(p.open && found == p.acked+1) {
		return fmt.Errorf("%d writes were acknowledged (one more without an answer: %v), but %d are there", p.acked, p.open, found)
	}
	p.acked, p.open = found, false
	return nil
}

// lost reports whether an error leaves the outcome of a write unknown: the connection
// broke, or the server says so.
func lost(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return true
	}
	return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P")
}

// conflict reports whether an error asks to try the transaction again.
func conflict(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "40001"
}

// numbers reads a query whose values are integers; NULL is 0.
func numbers(ctx context.Context, c *pgconn.PgConn, sql string) (rows [][]int, err error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	for _, values := range results[len(results)-1].Rows {
		row := make([]int, len(values))
		for i, v := range values {
			if v == nil {
				continue
			}
			if row[i], err = strconv.Atoi(string(v)); err != nil {
				return nil, fmt.Errorf("%s: %w", sql, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// same compares the only row of a query with what it must be.
func same(ctx context.Context, c *pgconn.PgConn, what, sql string, want ...int) error {
	rows, err := numbers(ctx, c, sql)
	if err != nil {
		return err
	}
	if len(rows) != 1 || !slices.Equal(rows[0], want) {
		return fmt.Errorf("%s: %v, but it must be %v", what, rows, want)
	}
	return nil
}

// params are parameters in text form.
func params(values ...any) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = fmt.Append(nil, v)
	}
	return out
}

// execute carries out a prepared statement and forgets its rows.
func execute(ctx context.Context, c *pgconn.PgConn, name string, values ...any) error {
	_, err := c.ExecPrepared(ctx, name, params(values...), nil, nil).Close()
	return err
}

// run carries out simple queries one after another.
func run(ctx context.Context, c *pgconn.PgConn, statements ...string) error {
	for _, sql := range statements {
		if _, err := c.Exec(ctx, sql).ReadAll(); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
