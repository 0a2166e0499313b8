package nexmark

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/millracedb/millrace/connect/nexmark"
	"github.com/millracedb/millrace/connect/nexmark/queries"
)

var rewrite = flag.Bool("rewrite", false, "with MILLRACE_POSTGRES: freeze what PostgreSQL says")

const (
	expectedFile = "testdata/expected.txt"
	smallBatch   = 1000
	largeBatch   = 10_000
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
		copied := byCopy(smallBatch)
		for _, v := range []struct {
			name string
			variant
		}{
			{"in order", variant{shape: s, ev: small, feed: copied}},
			{"in order, late views, four workers", variant{shape: s, ev: small, feed: copied, late: true, workers: 4}},
			{"out of order, four workers, restarts", variant{shape: s, ev: smallOut, feed: copied, workers: 4, ends: ends}},
			{"one transaction", variant{shape: s, ev: small, feed: inTransaction(copied)}},
		} {
			if strings.HasPrefix(v.name, "one") && s.name != "streams" {
				continue // the changes have transactions of their own
			}
			t.Run(s.name+", "+v.name, func(t *testing.T) {
				v.contents(t, func(q string, rows content) {
					if want := expected[q+" "+s.name]; rows.frozen() != want {
						t.Errorf("%s: %s, but PostgreSQL has %s", q, rows.frozen(), want)
					}
				})
			})
		}
	}
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
		want := newAnswers(s, small, smallBatch)
		for _, q := range queries.All {
			fmt.Fprintln(&text, q, s.name, want.frozen(t, q))
		}
		if s.name == "streams" || many() > small.n { // each row is a tick of thirty views
			want.compare(t, "row by row", variant{feed: rowByRow})
		}
		want.close()
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
	want, copied := newAnswers(s, large, largeBatch), byCopy(largeBatch)
	defer want.close()
	want.compare(t, "in order, four workers", variant{feed: copied, workers: 4})
	if many() == small.n {
		return // the frozen contents are compared in every way
	}
	want.compare(t, "in order, late views", variant{feed: copied, late: true})
	want.compare(t, "out of order, four workers, restarts", variant{ev: largeOut, feed: copied, workers: 4, ends: ends})
	if s.name == "streams" { // each of the others would take as long as all of these
		want.compare(t, "in order", variant{feed: copied})
		want.compare(t, "out of order", variant{ev: largeOut, feed: copied})
		want.compare(t, "in order, restarts", variant{feed: copied, ends: ends})
		want.compare(t, "one transaction", variant{feed: inTransaction(copied)})
		want.compare(t, "one transaction, out of order, four workers", variant{ev: largeOut, feed: inTransaction(copied), workers: 4})
	}
}

// compare compares a variant, over the same events in order unless it has others, with what
// PostgreSQL says.
func (a *answers) compare(t *testing.T, name string, v variant) {
	t.Run(a.shape.name+", "+name, func(t *testing.T) {
		if v.shape = a.shape; v.ev.n == 0 {
			v.ev = a.ev
		}
		v.contents(t, func(q string, rows content) {
			if rows.frozen() != a.frozen(t, q) {
				t.Errorf("%s differs from PostgreSQL: %s", q, rows.differences(a.rows(t, q)))
			}
		})
	})
}
