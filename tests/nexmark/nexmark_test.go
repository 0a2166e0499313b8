package nexmark

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/millracedb/millrace/connect/nexmark"
	"github.com/millracedb/millrace/connect/nexmark/queries"
	"github.com/millracedb/millrace/tests/harness"
)

var rewrite = flag.Bool("rewrite", false, "with MILLRACE_POSTGRES: freeze what PostgreSQL says")

const (
	expectedFile = "testdata/expected.txt"
	smallBatch   = 1000
)

var (
	small     = events{n: 20_000}
	smallOut  = events{config: nexmark.Config{OutOfOrderGroup: 1000}, n: 20_000}
	large     = events{n: many()}
	largeOut  = events{config: nexmark.Config{OutOfOrderGroup: 1000}, n: many()}
	reference = os.Getenv("MILLRACE_POSTGRES")
)

// many is how many events a large run has: MILLRACE_NEXMARK_EVENTS of them.
func many() int64 {
	if n, err := strconv.ParseInt(os.Getenv("MILLRACE_NEXMARK_EVENTS"), 10, 64); err == nil {
		return n
	}
	return 20_000
}

// frozen reads testdata/expected.txt: "query shape" → "rows sha256".
func frozen(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile(expectedFile)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 4 {
			m[f[0]+" "+f[1]] = f[2] + " " + f[3]
		}
	}
	return m
}

func (c content) frozen() string { return fmt.Sprintf("%d %s", len(c), c.sum()) }

// TestFrozen compares small runs with contents that PostgreSQL once gave.
func TestFrozen(t *testing.T) {
	expected := frozen(t)
	for _, s := range shapes {
		for _, v := range []struct {
			name string
			variant
		}{
			{"in order", variant{s, small, byCopy(smallBatch), false}},
			{"in order, late views", variant{s, small, byCopy(smallBatch), true}},
			{"out of order", variant{s, smallOut, byCopy(smallBatch), false}},
			{"one transaction", variant{s, small, inTransaction(byCopy(smallBatch)), false}},
		} {
			if strings.HasPrefix(v.name, "one") && s.name != "streams" {
				continue // the changes have transactions of their own
			}
			t.Run(s.name+", "+v.name, func(t *testing.T) {
				for q, rows := range v.contents(t) {
					if want := expected[q+" "+s.name]; rows.frozen() != want {
						t.Errorf("%s: %s, but PostgreSQL has %s", q, rows.frozen(), want)
					}
				}
			})
		}
	}
}

// fillReference makes an empty PostgreSQL database that went through the same events and
// changes, and returns the answers of the queries asked.
func fillReference(t *testing.T, s shape, ev events, batch int64, asked []string) map[string]content {
	t.Helper()
	p, err := harness.Reference(context.Background(), reference)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, p.URL())
	runEach(t, c, text(t, queries.Postgres, "schema"))
	byCopy(batch)(t, c, ev, func(round int64) {
		for _, sql := range s.change(round) {
			run(t, c, sql)
		}
	})
	run(t, c, "ANALYZE")
	found := map[string]content{}
	for _, q := range asked {
		found[q] = rowsOf(t, c, text(t, queries.Postgres, q))
	}
	return found
}

// TestAgainstPostgres compares with a PostgreSQL server, if there is one: the frozen
// contents, and large runs in all their variants.
func TestAgainstPostgres(t *testing.T) {
	if reference == "" {
		t.Log("MILLRACE_POSTGRES is not set: only the frozen contents are compared")
		return
	}
	var text strings.Builder
	for _, s := range shapes {
		want := fillReference(t, s, small, smallBatch, queries.All)
		for _, q := range queries.All {
			fmt.Fprintln(&text, q, s.name, want[q].frozen())
		}
		if s.name == "streams" || os.Getenv("MILLRACE_NEXMARK_EVENTS") != "" { // each row is a tick of thirty views
			compare(t, "row by row, "+s.name, variant{s, small, rowByRow, false}, want)
		}
	}
	if *rewrite {
		if err := os.WriteFile(expectedFile, []byte(text.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if b, err := os.ReadFile(expectedFile); err != nil || string(b) != text.String() {
		t.Errorf("%s is not what PostgreSQL says: %v", expectedFile, err)
	}
	for _, s := range shapes {
		compareLarge(t, s)
	}
}

func compareLarge(t *testing.T, s shape) {
	want := fillReference(t, s, large, 10_000, queries.Held)
	compare(t, s.name+", in order", variant{s, large, byCopy(10_000), false}, want)
	compare(t, s.name+", in order, late views", variant{s, large, byCopy(10_000), true}, want)
	compare(t, s.name+", out of order", variant{s, largeOut, byCopy(10_000), false}, want)
	if s.name == "streams" {
		compare(t, s.name+", one transaction", variant{s, large, inTransaction(byCopy(10_000)), false}, want)
		compare(t, s.name+", one transaction, out of order", variant{s, largeOut, inTransaction(byCopy(10_000)), false}, want)
	}
}

func compare(t *testing.T, name string, v variant, want map[string]content) {
	t.Run(name, func(t *testing.T) {
		for q, rows := range v.contents(t) {
			if d := rows.differences(want[q]); d != "" {
				t.Errorf("%s differs from PostgreSQL: %s", q, d)
			}
		}
	})
}
