package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// taker takes values of a sequence in every way: it sees them before they are committed, with the commit,
// and in transactions that are rolled back. No taker may ever see a value that another one has seen.
type taker struct {
	seen *values
	kept []int // acknowledged with the rows that have them
}

// values are those that anybody has seen, over all lives of the server.
type values struct {
	mu  sync.Mutex
	all map[int]bool
}

// see notes values; an error tells of one that was seen before.
func (v *values) see(rows []*pgconn.Result) (fresh []int, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range rows {
		for _, row := range r.Rows {
			n, err := strconv.Atoi(string(row[0]))
			switch {
			case err != nil:
				return fresh, err
			case v.all[n]:
				return fresh, fmt.Errorf("value %d of the sequence was given twice", n)
			}
			v.all[n] = true
			fresh = append(fresh, n)
		}
	}
	return fresh, nil
}

// takes are the ways to see values: just those of the first are acknowledged with rows that have them.
var takes = []string{
	"INSERT INTO tickets (w) VALUES (1), (2) RETURNING id",
	"SELECT nextval('tickets_id_seq')",
	"SELECT nextval('tickets_id_seq') FROM generate_series(1, 100)",
	"BEGIN; INSERT INTO tickets (w) VALUES (3); SELECT currval('tickets_id_seq'); ROLLBACK",
	"BEGIN; INSERT INTO tickets (w) SELECT 4 FROM generate_series(1, 5) RETURNING id; COMMIT",
	"INSERT INTO tickets (w) SELECT 5 FROM generate_series(1, 40)",
}

func (w *taker) prepare(context.Context, *pgconn.PgConn) error { return nil }

func (w *taker) write(ctx context.Context, c *pgconn.PgConn, rng *rand.Rand) error {
	how := rng.IntN(len(takes))
	results, err := c.Exec(ctx, takes[how]).ReadAll()
	fresh, twice := w.seen.see(results)
	if twice != nil {
		return twice
	}
	if err == nil && how == 0 {
		w.kept = append(w.kept, fresh...)
	}
	return err
}

func (w *taker) check(ctx context.Context, c *pgconn.PgConn) error {
	rows, err := numbers(ctx, c, "SELECT id FROM tickets")
	if err != nil {
		return err
	}
	there := make(map[int]bool, len(rows))
	for _, r := range rows {
		there[r[0]] = true
	}
	for _, id := range w.kept {
		if !there[id] {
			return fmt.Errorf("ticket %d was acknowledged, and is gone", id)
		}
	}
	return nil
}
