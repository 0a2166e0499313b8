package differential

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/tests/harness"
)

// block is how many seeds share what is in the tables: a failure is met again from the first seed
// of its block on.
const block = 20

// pair is the two servers, and what became of what they were asked.
type pair struct {
	pg, mr *pgconn.PgConn
	counts map[string]int
	lacks  map[string]int // what Millrace says that it does not have
}

// judge compares two answers, and counts.
func (p *pair) judge(pg, mr answer, how string) (v verdict, why string) {
	if v, why = compare(pg, mr); v == lacks {
		p.lacks[why]++
	}
	p.counts[how+", "+v.String()]++
	return v, why
}

func TestQueries(t *testing.T) {
	reference := os.Getenv("MILLRACE_POSTGRES")
	if reference == "" {
		t.Log("MILLRACE_POSTGRES is not set: no query is asked")
		return
	}
	p, all := open(t, reference)
	first, _ := strconv.ParseUint(os.Getenv("MILLRACE_DIFFERENTIAL_FIRST"), 10, 64)
	long, _ := time.ParseDuration(os.Getenv("MILLRACE_DIFFERENTIAL"))
	end := time.Now().Add(max(long, 2*time.Second))
	seed := first
	for ; time.Now().Before(end); seed++ {
		g := newGen(seed, all)
		if seed%block == 0 || seed == first {
			p.refill(newGen(seed/block*block, all))
		}
		if g.one(5) {
			p.alter(t, g)
		} else {
			p.try(t, g)
		}
	}
	t.Logf("seeds %d to %d: %v", first, seed-1, p.counts)
	for _, what := range slices.SortedFunc(maps.Keys(p.lacks), func(a, b string) int { return p.lacks[b] - p.lacks[a] }) {
		t.Logf("%5d times lacking: %s", p.lacks[what], what)
	}
}

// open starts a database of Millrace's and one of PostgreSQL's with the same tables.
func open(t *testing.T, reference string) (p *pair, all *calls) {
	p = &pair{counts: map[string]int{}, lacks: map[string]int{}}
	ctx := context.Background()
	r, err := harness.Reference(ctx, reference)
	if err != nil {
		t.Fatal(err)
	}
	m, err := harness.Start(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	for url, c := range map[string]**pgconn.PgConn{r.URL(): &p.pg, m.URL(): &p.mr} {
		if *c, err = pgconn.Connect(ctx, url); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = (*c).Close(ctx) })
		begin := []string{"SET timezone = 'UTC'", "SET statement_timeout = '5s'"}
		for _, tab := range tables {
			begin = append(begin, tab.create())
		}
		for _, sql := range begin {
			if a := ask(*c, sql); a.code != "" {
				t.Fatal(sql, a)
			}
		}
	}
	ask(p.pg, "SET jit = off") // it would take longer than the queries
	if all, err = listed(ctx, p.pg, p.mr); err != nil {
		t.Fatal(err)
	}
	return p, all
}

// both carries out a statement on both sides.
func (p *pair) both(sql string) { ask(p.pg, sql); ask(p.mr, sql) }

// refill replaces what is in the tables.
func (p *pair) refill(g *gen) {
	for _, t := range tables {
		p.both("DELETE FROM " + t.name)
		for id := range g.IntN(12) {
			p.both(g.insert(t, id))
		}
	}
}

// alter carries out a statement that changes a table: what it returns must be the same, and what is
// in the tables then.
func (p *pair) alter(t *testing.T, g *gen) {
	sql := g.statement()
	p.both("BEGIN")
	v, why := p.judge(ask(p.pg, sql), ask(p.mr, sql), "change")
	for i := 0; i < len(tables) && v == same; i++ {
		all := "SELECT * FROM " + tables[i].name
		v, why = p.judge(ask(p.pg, all), ask(p.mr, all), "changed table")
	}
	end := "COMMIT"
	if v != same {
		end = "ROLLBACK"
	}
	if p.both(end); v == differs {
		t.Errorf("seed %d, change: %s\n\t%s", g.seed, sql, why)
	}
}

// try asks a query once, as a view over the rows, and as the view when some of them have changed.
func (p *pair) try(t *testing.T, g *gen) {
	sql := g.query()
	told := func(pg, mr answer, how string) verdict {
		v, why := p.judge(pg, mr, how)
		if v == differs {
			t.Errorf("seed %d, %s: %s\n\t%s", g.seed, how, sql, why)
		}
		return v
	}
	if told(ask(p.pg, sql), ask(p.mr, sql), "ad hoc") != same {
		return
	}
	made := ask(p.mr, "CREATE MATERIALIZED VIEW v AS "+sql)
	if made.code != "" {
		told(answer{}, made, "create")
		return
	}
	told(ask(p.pg, sql), ask(p.mr, "SELECT * FROM v"), "filled")
	for range 3 {
		p.both(g.change(tables[g.IntN(len(tables))]))
	}
	faulty := ask(p.mr, "SELECT 1 FROM millrace.errors WHERE view = 'v'")
	if pg := ask(p.pg, sql); pg.code == "" && len(faulty.rows) == 0 { // else some rows are not the view's
		told(pg, ask(p.mr, "SELECT * FROM v"), "changed")
	}
	ask(p.mr, "DROP MATERIALIZED VIEW v")
}

func TestGenerator(t *testing.T) {
	c := &calls{map[string][]call{}, map[string][]call{}, map[string][]call{}}
	c.special()
	a, b := newGen(7, c), newGen(7, c)
	for range 50 {
		if x, y := a.query()+a.statement(), b.query()+b.statement(); x != y {
			t.Fatalf("one seed, two queries:\n%s\n%s", x, y)
		}
	}
}

func TestCompare(t *testing.T) {
	row := func(s ...string) answer { return answer{rows: s, loose: s} }
	for _, c := range []struct {
		pg, mr answer
		want   verdict
	}{
		{row("1", "2"), row("1", "2"), same},
		{row("1"), row("2"), differs},
		{row("1"), row("1", "1"), differs},
		{row("1"), answer{code: "0A000"}, lacks},
		{row("1"), answer{code: "22012"}, raises},
		{row("1"), answer{code: "XX000"}, differs},
		{answer{code: "22012"}, row("1"), raises},
		{answer{code: "42601", text: "syntax error"}, row("1"), differs},
		{row("1"), answer{code: canceled}, late},
		{answer{code: canceled}, row("1"), late},
	} {
		if v, _ := compare(c.pg, c.mr); v != c.want {
			t.Errorf("%v beside %v is %v", c.mr, c.pg, v)
		}
	}
}
