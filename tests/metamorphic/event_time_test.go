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
		return g.whole(r)
	}
	f, _ := g.windowsOf(r, time)
	return f
}

// windowsOf is windows, and whether they are sessions.
func (g *gen) windowsOf(r *relation, time int) (f from, sessions bool) {
	ts := r.cols[time].name
	cols := append(slices.Clone(r.cols), column{name: "window_start", kind: oracle.Time}, column{name: "window_end", kind: oracle.Time})
	if g.one(4) {
		n := oracle.Sessions{In: r.node(), Time: time, Gap: int64(g.IntN(20)+1) * 1_000_000}
		by := ""
		if k := g.IntN(len(r.cols)); !g.one(3) {
			by, n.Partition = " PARTITION BY "+r.cols[k].name, []oracle.Expr{oracle.Col(k)}
		}
		return g.item(fmt.Sprintf("SESSION(%s%s, %s, INTERVAL '%d seconds')", r.name, by, ts, n.Gap/1_000_000), n, cols, r.name), true
	}
	n := oracle.Windows{In: r.node(), Time: time, Slide: int64(g.IntN(3)+1) * 5}
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
	m.raise(s.r.name, s.to)
	return outcome{tag: "ADVANCE WATERMARK"}
}
