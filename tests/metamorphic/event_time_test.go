package metamorphic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// windows makes a FROM item of the windows of a relation's rows.
func (g *gen) windows(r *relation, time int) from {
	if slices.ContainsFunc(r.cols, func(c column) bool { return strings.HasPrefix(c.name, "window") }) {
		return g.item(r.name, oracle.Table{Name: r.name}, r.cols, r.name)
	}
	f, _ := g.windowsOf(r, time)
	return f
}

// windowsOf is windows, and whether they are sessions.
func (g *gen) windowsOf(r *relation, time int) (f from, sessions bool) {
	ts := r.cols[time].name
	cols := append(slices.Clone(r.cols), column{name: "window_start", kind: oracle.Time}, column{name: "window_end", kind: oracle.Time})
	if g.one(4) {
		n := oracle.Sessions{In: oracle.Table{Name: r.name}, Time: time, Gap: int64(g.IntN(20)+1) * 1_000_000}
		by := ""
		if k := g.IntN(len(r.cols)); !g.one(3) {
			by, n.Partition = " PARTITION BY "+r.cols[k].name, []oracle.Expr{oracle.Col(k)}
		}
		return g.item(fmt.Sprintf("SESSION(%s%s, %s, INTERVAL '%d seconds')", r.name, by, ts, n.Gap/1_000_000), n, cols, r.name), true
	}
	n := oracle.Windows{In: oracle.Table{Name: r.name}, Time: time, Slide: int64(g.IntN(3)+1) * 5}
	n.Size = n.Slide
	sql := fmt.Sprintf("TUMBLE(%s, %s, INTERVAL '%d seconds'", r.name, ts, n.Slide)
	if g.one(2) {
		n.Size, n.Cumulate = n.Slide*int64(g.IntN(3)+1), g.one(3)
		word := map[bool]string{false: "HOP", true: "CUMULATE"}[n.Cumulate]
		sql = fmt.Sprintf("%s(%s, %s, INTERVAL '%d seconds', INTERVAL '%d seconds'", word, r.name, ts, n.Slide, n.Size)
	}
	if g.one(4) {
		n.Offset = int64(g.IntN(20) - 5)
		sql += fmt.Sprintf(", INTERVAL '%d seconds'", n.Offset)
	}
	n.Slide, n.Size, n.Offset = n.Slide*1_000_000, n.Size*1_000_000, n.Offset*1_000_000
	return g.item(sql+")", n, cols, r.name), false
}

// finalView makes a view of closed windows; nil: there is no stream with a watermark.
func (g *gen) finalView(i int, tables []*relation) *relation {
	at := slices.IndexFunc(tables, func(r *relation) bool { return r.mark >= 0 && !r.keep })
	if at < 0 {
		return nil
	}
	f, sessions := g.windowsOf(tables[at], tables[at].mark)
	end := f.scope[len(f.scope)-1]
	where, node := g.where(f)
	n := oracle.Group{In: node, Keys: []oracle.Expr{end.f}}
	groups, out := end.sql, scope{{end.sql, oracle.Col(0), oracle.Time}}
	if k := g.column(f.scope); g.one(2) {
		n.Keys, groups, out = append(n.Keys, k.f), groups+", "+k.sql, append(out, expr{k.sql, oracle.Col(1), k.kind})
	}
	for range g.IntN(3) + 1 {
		a := g.aggregate(f.scope)
		n.Aggs = append(n.Aggs, a.call)
		out = append(out, expr{a.sql, a.post(len(out)), a.kind})
	}
	closed := oracle.WithScalar{In: n, Scalar: oracle.Table{Name: watermarkOf(tables[at].name)}}
	passed := map[bool]string{false: "<=", true: "<"}[sessions] // a row at the end still continues a session
	pred := oracle.Comparison(passed, oracle.Col(0), oracle.Col(len(out)))
	sql, fs, cols := g.named(out)
	q := query{fmt.Sprintf("SELECT %s FROM %s%s GROUP BY %s", sql, f.sql, where, groups), oracle.Project{In: oracle.Filter{In: closed, Pred: pred}, Exprs: fs}, cols, f.uses}
	return &relation{name: fmt.Sprintf("v%d", i), cols: cols, view: &q, kept: true, final: true}
}

// advance raises a stream's watermark.
type advance struct {
	on
	to int64
}

func (s advance) sql() string {
	return "ADVANCE WATERMARK FOR " + s.r.name + " TO " + literal(oracle.TimeOf(s.to), oracle.Time)
}

func (s advance) fits(m *model) bool { return !m.open && s.on.fits(m) }

func (s advance) apply(m *model) outcome {
	if w, ok := m.marks[s.r.name]; !ok || s.to > w {
		m.marks[s.r.name] = s.to
	}
	return outcome{tag: "ADVANCE WATERMARK"}
}
