package differential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/harness"
)

// answer is what a server said: rows in an order of their own, or an error's code.
type answer struct {
	rows []string
	code string
	text string
}

func ask(c *pgconn.PgConn, sql string) answer {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	all, err := c.Exec(ctx, sql).ReadAll()
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return answer{code: e.Code, text: e.Message}
	case err != nil:
		return answer{code: "lost", text: err.Error()}
	}
	var a answer
	for _, r := range all {
		a.rows = nil
		for _, row := range r.Rows {
			var line []string
			for i, v := range row {
				line = append(line, shown(v, r.FieldDescriptions[i].DataTypeOID))
			}
			a.rows = append(a.rows, strings.Join(line, "|"))
		}
	}
	slices.Sort(a.rows)
	return a
}

// shown is a value's text; of floats as many digits as do not depend on the order of additions.
func shown(v []byte, oid uint32) string {
	if v == nil {
		return "\\N"
	}
	if oid == 700 || oid == 701 {
		if f, err := strconv.ParseFloat(string(v), 64); err == nil {
			return strconv.FormatFloat(f+0, 'g', map[uint32]int{700: 4, 701: 10}[oid], 64)
		}
	}
	return string(v)
}

// lacking are the codes of what Millrace says that it does not have.
var lacking = []string{"0A000", "42883", "42704"}

func differs(pg, mr answer) string {
	switch {
	case slices.Contains(lacking, mr.code):
		return ""
	case pg.code != "" && mr.code != "":
		return ""
	case mr.code != "":
		return fmt.Sprintf("millrace: %s %s; PostgreSQL: %d rows %v", mr.code, mr.text, len(pg.rows), pg.rows[:min(3, len(pg.rows))])
	case pg.code != "":
		return fmt.Sprintf("PostgreSQL: %s %s; millrace: %d rows %v", pg.code, pg.text, len(mr.rows), mr.rows[:min(3, len(mr.rows))])
	case !slices.Equal(pg.rows, mr.rows):
		for i := range max(len(pg.rows), len(mr.rows)) {
			p, m := "nothing", "nothing"
			if i < len(pg.rows) {
				p = pg.rows[i]
			}
			if i < len(mr.rows) {
				m = mr.rows[i]
			}
			if p != m {
				return fmt.Sprintf("%d rows, PostgreSQL %d; first difference: millrace %q, PostgreSQL %q", len(mr.rows), len(pg.rows), m, p)
			}
		}
	}
	return ""
}

// block is how many seeds share what is in the tables.
const block = 20

// refill replaces what is in the tables.
func (g *gen) refill(both [2]*pgconn.PgConn) {
	for _, t := range tables {
		sql := []string{"DELETE FROM " + t.name}
		for id := range g.IntN(12) {
			sql = append(sql, g.insert(t, id))
		}
		for _, c := range both {
			for _, s := range sql {
				ask(c, s)
			}
		}
	}
}

func TestQueries(t *testing.T) {
	reference := os.Getenv("MILLRACE_POSTGRES")
	if reference == "" {
		t.Log("MILLRACE_POSTGRES is not set: no query is asked")
		return
	}
	ctx := context.Background()
	p, err := harness.Reference(ctx, reference)
	if err != nil {
		t.Fatal(err)
	}
	m, err := harness.Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var both [2]*pgconn.PgConn
	for i, url := range []string{p.URL(), m.URL()} {
		if both[i], err = pgconn.Connect(ctx, url); err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"SET timezone = 'UTC'", "SET statement_timeout = '5s'"} {
			ask(both[i], sql)
		}
	}
	all, err := listed(ctx, both[0], both[1])
	if err != nil {
		t.Fatal(err)
	}
	for k := range kinds {
		n := kinds[k].name
		t.Logf("%s: %d calls, %d aggregates, %d window functions", n, len(all.scalar[n]), len(all.aggregate[n]), len(all.window[n]))
	}
	for _, tab := range tables {
		for _, c := range both {
			if a := ask(c, tab.create()); a.code != "" {
				t.Fatal(a)
			}
		}
	}
	first, _ := strconv.ParseUint(os.Getenv("MILLRACE_DIFFERENTIAL_FIRST"), 10, 64)
	long, _ := time.ParseDuration(os.Getenv("MILLRACE_DIFFERENTIAL"))
	end := time.Now().Add(max(long, 2*time.Second))
	counts := map[string]int{}
	for seed := first; time.Now().Before(end); seed++ {
		g := newGen(seed, all)
		if seed%block == 0 || seed == first {
			newGen(seed/block*block, all).refill(both)
		}
		sql := g.query()
		pg, mr := ask(both[0], sql), ask(both[1], sql)
		counts["queries"]++
		switch {
		case slices.Contains(lacking, mr.code) && pg.code == "":
			counts["lacking"]++
			if os.Getenv("MILLRACE_DIFFERENTIAL_LACKING") != "" {
				t.Logf("lacks: %s %s", mr.code, mr.text)
			}
		case pg.code != "":
			counts["errors"]++
		default:
			counts["answers"]++
		}
		if d := differs(pg, mr); d != "" {
			t.Errorf("seed %d: %s\n\t%s", seed, sql, d)
			continue
		}
		if pg.code != "" || mr.code != "" {
			continue
		}
		if a := ask(both[1], "CREATE MATERIALIZED VIEW v AS "+sql); a.code != "" {
			counts["no view"]++
			if !slices.Contains(lacking, a.code) {
				t.Errorf("seed %d: as a view: %s\n\t%s %s", seed, sql, a.code, a.text)
			}
			continue
		}
		counts["views"]++
		check := func(when string) {
			pg, mr := ask(both[0], sql), ask(both[1], "SELECT * FROM v")
			if pg.code == "" {
				if d := differs(pg, mr); d != "" {
					t.Errorf("seed %d: as a view, %s: %s\n\t%s", seed, when, sql, d)
				}
			}
		}
		check("filled")
		for range 2 {
			tab := tables[g.IntN(len(tables))]
			c := g.change(tab)
			ask(both[0], c)
			ask(both[1], c)
		}
		check("changed")
		ask(both[1], "DROP MATERIALIZED VIEW v")
	}
	t.Log(counts)
}
