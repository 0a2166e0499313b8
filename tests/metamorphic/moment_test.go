package metamorphic

import (
	"fmt"
	"slices"
	"time"

	"github.com/millracedb/millrace/tests/oracle"
)

// nowRelation is the relation of one row that now() is.
const nowRelation = "now()"

// nowQuery keeps the rows whose time lies before or behind now() and a constant.
func (g *gen) nowQuery(depth int) query {
	f := g.source(depth)
	times := f.scope.of(oracle.Time)
	if len(times) == 0 {
		return g.finish(f)
	}
	t, span := g.column(times), int64(g.IntN(60)-30)
	op := comparisons[g.IntN(len(comparisons))]
	if op == "=" || op == "<>" {
		op = ">"
	}
	at := oracle.WithScalar{In: f.node, Scalar: oracle.Table{Name: nowRelation}}
	pred := oracle.Comparison(op, t.f, oracle.Later(oracle.Col(len(f.scope)), span*1_000_000))
	where := fmt.Sprintf("%s %s now() + INTERVAL '%d seconds'", t.sql, op, span)
	sql, fs, cols := g.named(g.list(f.scope, 4))
	return query{fmt.Sprintf("SELECT %s FROM %s WHERE %s", sql, f.sql, where),
		oracle.Project{In: oracle.Filter{In: at, Pred: pred}, Exprs: fs}, cols, f.uses}
}

// pass lets time pass.
type pass struct{ seconds int64 }

func (s pass) sql() string { return "" }

// fits: within a transaction now() stands still.
func (s pass) fits(m *model) bool { return !m.open }

func (s pass) apply(m *model) outcome {
	m.clock += s.seconds * 1_000_000
	m.silence()
	m.emit()
	return outcome{}
}

func (s pass) span() string { return fmt.Sprintf("+%ds", s.seconds) }

// firstInstant is what the server's clock says at first.
func firstInstant() string { return time.UnixMicro(epoch).UTC().Format(time.DateTime) }

// lookupView makes a view of the rows of a stream with those of a table as they are when the
// stream's come; nil: there are none of the two.
func (g *gen) lookupView(i int, tables []*relation) *relation {
	left := slices.IndexFunc(tables, func(r *relation) bool { return r.stream })
	right := slices.IndexFunc(tables, func(r *relation) bool { return !r.stream })
	if left < 0 || right < 0 {
		return nil
	}
	l := g.whole(tables[left])
	t := tables[right]
	alias := g.name("a")
	r := from{sql: t.name + " FOR SYSTEM_TIME AS OF PROCTIME() AS " + alias, uses: []string{t.name}}
	for k, c := range t.cols {
		r.scope = append(r.scope, expr{alias + "." + c.name, oracle.Col(len(l.scope) + k), c.kind})
	}
	on, ok := g.equality(l.scope, r.scope)
	if !ok {
		return nil
	}
	node := oracle.Join{Left: l.node, Right: t.node(), LeftWidth: len(l.scope), RightWidth: len(r.scope), On: on.f}
	word := "JOIN"
	if g.one(2) {
		word, node.Kind = "LEFT JOIN", oracle.LeftOuter
	}
	sql, fs, cols := g.named(g.list(slices.Concat(l.scope, r.scope), 4))
	q := query{fmt.Sprintf("SELECT %s FROM %s %s %s ON %s", sql, l.sql, word, r.sql, on.sql),
		oracle.Project{In: node, Exprs: fs}, cols, slices.Concat(l.uses, r.uses)}
	return &relation{name: fmt.Sprintf("v%d", i), cols: cols, view: &q, kept: true, follows: tables[left]}
}

// lookedUp is what a view that looks rows up has, of how many rows of its stream.
type lookedUp struct {
	rows []oracle.Row
	seen int
}

// lookUp gives the views that look rows up those of the stream's rows that have come.
func (m *model) lookUp() {
	for _, r := range m.relations {
		if r.follows == nil {
			continue
		}
		db := m.contents(m.committed)
		all, had := db[r.follows.name], m.lookups[r.name]
		db[r.follows.name] = all[had.seen:]
		m.lookups[r.name] = lookedUp{slices.Concat(had.rows, r.view.node.Rows(db)), len(all)}
	}
}
