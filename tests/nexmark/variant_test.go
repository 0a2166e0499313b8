package nexmark

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/tests/harness"
)

// variant is one way of many to the same contents.
type variant struct {
	shape shape
	ev    events
	feed  feed
	late  bool // the views are created after the events
	// ends are how the server ends, and with how many workers it goes on, after one round and
	// another; none: it runs through.
	ends    []harness.End
	workers int // that the server has at first, and keeps without ends; 0: one
}

// ends go through all ways in which a server can end, and through numbers of workers.
var ends = []harness.End{
	{How: "kill", Args: []string{"workers=1"}}, {How: "restart", Args: []string{"workers=4"}},
	{How: "crash", Args: []string{"workers=2"}}, {How: "restart", Args: []string{"workers=1"}},
	{How: "crash", Args: []string{"workers=4"}},
}

// deaths is how many times a server with ends ends while it is fed.
const deaths = 8

// contents runs a variant on Millrace and hands out the views' rows one after another, having
// compared each with its query asked ad hoc.
func (v variant) contents(t *testing.T, each func(query string, rows content)) {
	t.Helper()
	m := v.start(t)
	c := connect(t, m.URL())
	began := time.Now()
	runEach(t, c, v.shape.schema(t))
	if !v.late {
		createViews(t, c)
	}
	rounds, ended := v.ev.n/v.batch(), 0
	v.feed(t, c, v.ev, func(round int64) *pgconn.PgConn {
		for _, sql := range v.shape.change(round, v.ev.times()) {
			run(t, c, sql)
		}
		if len(v.ends) > 0 && (round+1)%max(1, rounds/deaths) == 0 {
			_ = c.Close(context.Background())
			if err := m.Begin(v.ends[ended%len(v.ends)]); err != nil {
				t.Fatal(err)
			}
			c = connect(t, m.URL())
			ended++
		}
		return c
	})
	if v.late {
		createViews(t, c)
	}
	t.Logf("%d events in %v", v.ev.n, time.Since(began).Round(time.Millisecond))
	for _, q := range queries.Held {
		view := rowsOf(t, c, "SELECT * FROM "+q)
		if d := view.differences(rowsOf(t, c, text(t, queries.Text, q))); d != "" {
			t.Errorf("%s: the view is not what its query says: %s", q, d)
		}
		each(q, view)
	}
}

// batch is how many events there are between two rounds.
func (v variant) batch() int64 {
	if v.ev.n > small.n {
		return largeBatch
	}
	return smallBatch
}

// start is an empty server of the test.
func (v variant) start(t *testing.T) *harness.Millrace {
	t.Helper()
	m, err := harness.Start(1, fmt.Sprintf("workers=%d", max(1, v.workers)), fmt.Sprintf("memory_mb=%d", 1024+v.ev.n/200))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}
