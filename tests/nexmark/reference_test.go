package nexmark

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/tests/harness"
)

// answersFile keeps what PostgreSQL answered over large runs, `key rows sha256` a line: it
// takes as long as all of Millrace's runs together. A key is a digest of all that an answer
// follows from.
const answersFile = "../../bin/nexmark/answers.txt"

// answers are what PostgreSQL says of the same events and changes. Its database is filled
// when something is asked that is not known.
type answers struct {
	shape shape
	ev    events
	batch int64
	known map[string]string // key → rows sha256
	keep  bool              // in the file
	c     *pgconn.PgConn
}

func newAnswers(s shape, ev events, batch int64) *answers {
	a := &answers{shape: s, ev: ev, batch: batch, known: map[string]string{}, keep: ev.n > small.n}
	if text, err := os.ReadFile(answersFile); err == nil && a.keep {
		for line := range strings.Lines(string(text)) {
			if key, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				a.known[key] = rest
			}
		}
	}
	return a
}

func (a *answers) key(t *testing.T, query string) string {
	h := sha256.New()
	fmt.Fprintln(h, a.ev, a.batch, text(t, queries.Postgres, "schema"), text(t, queries.Postgres, query))
	for round := range a.ev.n / a.batch {
		fmt.Fprintln(h, a.shape.change(round, a.ev.times()))
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// frozen is the digest of a query's answer.
func (a *answers) frozen(t *testing.T, query string) string {
	t.Helper()
	key := a.key(t, query)
	if a.known[key] == "" {
		a.known[key] = a.rows(t, query).frozen()
		if a.keep {
			a.write(t, key)
		}
	}
	return a.known[key]
}

func (a *answers) write(t *testing.T, key string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(answersFile), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(answersFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = fmt.Fprintln(f, key, a.known[key]); err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rows is a query's answer.
func (a *answers) rows(t *testing.T, query string) content {
	t.Helper()
	if a.c == nil {
		a.fill(t)
	}
	return rowsOf(t, a.c, text(t, queries.Postgres, query))
}

// fill makes an empty PostgreSQL database that goes through the events and changes.
func (a *answers) fill(t *testing.T) {
	t.Helper()
	p, err := harness.Reference(context.Background(), reference)
	if err != nil {
		t.Fatal(err)
	}
	if a.c, err = pgconn.Connect(context.Background(), p.URL()); err != nil {
		t.Fatal(err)
	}
	run(t, a.c, "SET work_mem = '256MB'")
	runEach(t, a.c, text(t, queries.Postgres, "schema"))
	byCopy(a.batch)(t, a.c, a.ev, func(round int64) *pgconn.PgConn {
		for _, sql := range a.shape.change(round, a.ev.times()) {
			run(t, a.c, sql)
		}
		return a.c
	})
	run(t, a.c, "ANALYZE")
}

// close ends the connection; the next answers take the place of the database.
func (a *answers) close() {
	if a.c != nil {
		_ = a.c.Close(context.Background())
		a.c = nil
	}
}
