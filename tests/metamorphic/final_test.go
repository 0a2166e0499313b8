package metamorphic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// due is a FROM item of rows over streams with watermarks, and what says when they are final:
// a watermark of each of the streams reaches, or passes, a time of the row.
type due struct {
	from
	at      expr // the column that carries the watermark
	final   expr // the time itself: of at, or behind it
	passed  bool // the watermark must be greater
	streams []string
}

// closed keeps the rows of a node that are final, by a time of theirs: of width columns.
func (d due) closed(in oracle.Node, width int, final oracle.Expr) oracle.Node {
	op := map[bool]string{false: "<=", true: "<"}[d.passed]
	for i, s := range d.streams {
		in = oracle.WithScalar{In: in, Scalar: oracle.Table{Name: watermarkOf(s)}}
		in = oracle.Filter{In: in, Pred: oracle.Comparison(op, final, oracle.Col(width+i))}
	}
	return in
}

// streamsOf are the streams whose watermarks are promises.
func streamsOf(tables []*relation) []*relation {
	return slices.DeleteFunc(slices.Clone(tables), func(r *relation) bool { return !r.stream || r.mark < 0 || r.late == "keep" })
}

// due makes windows, or rows that are final by their own time; of two streams at times.
func (g *gen) due(streams []*relation) due {
	s := streams[g.IntN(len(streams))]
	if g.one(3) {
		return g.dueOf(s, g.whole(s))
	}
	f, sessions := g.windowsOf(s, s.mark)
	n := len(f.scope)
	d := due{f, f.scope[n-1], f.scope[n-1], sessions, []string{s.name}} // a row at the end still continues a session
	if w, ok := f.node.(oracle.Windows); ok && g.one(3) {
		d.at = f.scope[n-2]
		d.final.f = oracle.Later(d.at.f, w.Size) // of those that begin there the last ends then
	}
	return d
}

func (g *gen) dueOf(s *relation, f from) due {
	return due{f, f.scope[s.mark], f.scope[s.mark], true, []string{s.name}}
}

// met joins two of one kind on their times, or puts one behind the other.
func (g *gen) met(streams []*relation) due {
	s, t := streams[g.IntN(len(streams))], streams[g.IntN(len(streams))]
	l, r := g.dueOf(s, g.whole(s)), g.dueOf(t, g.whole(t))
	both := []string{s.name, t.name}
	if g.one(2) {
		cols := []column{{name: g.name("c"), kind: oracle.Time}}
		sql := fmt.Sprintf("(SELECT %s AS %s FROM %s UNION ALL SELECT %s FROM %s)", l.at.sql, cols[0].name, l.sql, r.at.sql, r.sql)
		node := oracle.Union{Left: oracle.Project{In: l.node, Exprs: []oracle.Expr{l.at.f}}, Right: oracle.Project{In: r.node, Exprs: []oracle.Expr{r.at.f}}}
		f := g.item(sql, node, cols, both...)
		return due{f, f.scope[0], f.scope[0], true, both}
	}
	right := r.scope.shifted(len(l.scope))
	on := expr{l.at.sql + " = " + right[t.mark].sql, oracle.Comparison("=", l.at.f, right[t.mark].f), oracle.Bool}
	node := oracle.Join{Left: l.node, Right: r.node, LeftWidth: len(l.scope), RightWidth: len(r.scope), On: on.f}
	f := from{l.sql + " JOIN " + r.sql + " ON " + on.sql, node, slices.Concat(l.scope, right), both}
	return due{f, l.at, l.at, true, both}
}

// finalView makes a view with EMIT ON WINDOW CLOSE; nil: there is no stream for it.
func (g *gen) finalView(i int, tables []*relation) *relation {
	streams, keepers := streamsOf(tables), keepersOf(tables)
	name := fmt.Sprintf("v%d", i)
	if len(keepers) > 0 && (len(streams) == 0 || g.one(2)) {
		return g.keptView(name, slices.Concat(keepers, streams))
	}
	if len(streams) == 0 {
		return nil
	}
	if g.one(8) {
		q := g.finalJoin(streams)
		return &relation{name: name, cols: q.cols, view: &q, kept: true, emits: true}
	}
	forms := []func(*gen, []*relation) query{(*gen).finalGroups, (*gen).finalGroups, (*gen).finalDistinct, (*gen).finalTop, (*gen).finalOver, (*gen).finalOver, (*gen).finalWindowOver}
	q := forms[g.IntN(len(forms))](g, streams)
	return &relation{name: name, cols: q.cols, view: &q, kept: true, emits: true, final: true}
}

// finalGroups are aggregates of what is final together.
func (g *gen) finalGroups(streams []*relation) query {
	d := g.due(streams)
	if g.one(4) {
		d = g.met(streams)
	}
	where, node := g.where(d.from)
	n := oracle.Group{In: node, Keys: []oracle.Expr{d.at.f, d.final.f}}
	groups, out := d.at.sql, scope{{d.at.sql, oracle.Col(0), oracle.Time}}
	final := oracle.Col(1)
	if k := g.column(d.scope); g.one(2) && k.sql != d.at.sql {
		n.Keys, groups, out = append(n.Keys, k.f), groups+", "+k.sql, append(out, expr{k.sql, oracle.Col(2), k.kind})
		if strings.HasSuffix(k.sql, ".window_end") && strings.HasSuffix(d.at.sql, ".window_start") {
			final = oracle.Col(2) // no later than that of all windows that begin there
		}
	}
	for range g.IntN(3) + 1 {
		a := g.aggregate(d.scope)
		out = append(out, expr{a.sql, a.post(len(n.Keys) + len(n.Aggs)), a.kind})
		n.Aggs = append(n.Aggs, a.call)
	}
	sql, fs, cols := g.named(out)
	return query{fmt.Sprintf("SELECT %s FROM %s%s GROUP BY %s", sql, d.sql, where, groups),
		oracle.Project{In: d.closed(n, len(n.Keys)+len(n.Aggs), final), Exprs: fs}, cols, d.uses}
}

func (g *gen) finalDistinct(streams []*relation) query {
	d := g.due(streams)
	where, node := g.where(d.from)
	k := g.column(d.scope)
	if strings.HasSuffix(k.sql, ".window_end") {
		d.final = k
	}
	sql, fs, cols := g.named([]expr{d.at, k})
	all := oracle.Distinct{In: oracle.Project{In: node, Exprs: append(fs, d.final.f)}}
	return query{fmt.Sprintf("SELECT DISTINCT %s FROM %s%s", sql, d.sql, where),
		oracle.Project{In: d.closed(all, 3, oracle.Col(2)), Exprs: []oracle.Expr{oracle.Col(0), oracle.Col(1)}}, cols, d.uses}
}

// finalTop is a Top-N of each window.
func (g *gen) finalTop(streams []*relation) query {
	d := g.due(streams)
	for d.passed {
		d = g.due(streams)
	}
	function := []string{"row_number", "rank"}[g.IntN(2)]
	order, by := g.orders(d.scope, function == "row_number")
	n, k := oracle.Rank{In: d.node, Function: function, By: by, Partition: []oracle.Expr{d.at.f}}, int64(g.IntN(3)+1)
	width := len(d.scope)
	top := oracle.Filter{In: n, Pred: oracle.Comparison("<=", oracle.Col(width), oracle.Const(oracle.IntOf(k)))}
	partition := d.at.sql
	if p := g.column(d.scope); g.one(2) {
		n.Partition, partition = append(n.Partition, p.f), partition+", "+p.sql
		top.In = n
	}
	rank := expr{fmt.Sprintf("%s() OVER (PARTITION BY %s ORDER BY %s)", function, partition, order), oracle.Col(width), oracle.Int}
	sql, fs, cols := g.named(append([]expr{rank}, g.list(d.scope, 4)...))
	f := g.item(fmt.Sprintf("(SELECT %s FROM %s)", sql, d.sql), oracle.Project{In: d.closed(top, width+1, d.final.f), Exprs: fs}, cols, d.uses...)
	out, outs, outCols := g.named(f.scope[g.IntN(2):])
	return query{fmt.Sprintf("SELECT %s FROM %s WHERE %s <= %d", out, f.sql, f.scope[0].sql, k), oracle.Project{In: f.node, Exprs: outs}, outCols, f.uses}
}

// finalOver are window functions over rows in the order of their times, which see none behind
// them.
func (g *gen) finalOver(streams []*relation) query {
	s := streams[g.IntN(len(streams))]
	d := g.dueOf(s, g.whole(s))
	timed := oracle.Filter{In: d.node, Pred: oracle.Not(oracle.IsNull(d.at.f))}
	total := g.one(2)
	order, by := d.at.sql, []oracle.Order{{Expr: d.at.f}}
	if total {
		more, rest := g.orders(d.scope, true)
		order, by = order+", "+more, append(by, rest...)
	}
	n, width := oracle.Over{In: timed, By: by}, len(d.scope)
	partition := ""
	if p := g.column(d.scope); !g.one(4) {
		partition, n.Partition = "PARTITION BY "+p.sql+" ", []oracle.Expr{p.f}
	}
	var exprs []expr
	for range g.IntN(3) + 1 {
		c, call, cast, kind := g.overCall(d.scope, total)
		for c.Function == "lead" || c.Function == "ntile" {
			c, call, cast, kind = g.overCall(d.scope, total)
		}
		frame, text := g.frame(d.scope, by, order, total)
		for text != "" && (frame.End.Far || strings.Contains(text, "FOLLOWING") || strings.Contains(text, "SELECT")) {
			frame, text = g.frame(d.scope, by, order, total)
		}
		c.Frame = frame
		n.Calls = append(n.Calls, c)
		sql := fmt.Sprintf("%s OVER (%sORDER BY %s%s)", call, partition, order, text)
		if cast != "" {
			sql = "(" + sql + ")" + cast
		}
		exprs = append(exprs, expr{sql, oracle.Col(width + len(exprs)), kind})
	}
	all := width + len(exprs)
	sql, fs, cols := g.named(append(exprs, g.list(d.scope, 3)...))
	return query{fmt.Sprintf("SELECT %s FROM %s", sql, d.sql), oracle.Project{In: d.closed(n, all, d.final.f), Exprs: fs}, cols, d.uses}
}

// finalWindowOver are window functions over the rows of each window, with any frame.
func (g *gen) finalWindowOver(streams []*relation) query {
	d := g.due(streams)
	for d.passed {
		d = g.due(streams)
	}
	where, node := g.where(d.from)
	node, exprs := g.windowBy(d.from, node, nil, &d.at, g.one(2))
	all := len(d.scope) + len(exprs)
	sql, fs, cols := g.named(append(exprs, g.list(d.scope, 3)...))
	return query{fmt.Sprintf("SELECT %s FROM %s%s", sql, d.sql, where), oracle.Project{In: d.closed(node, all, d.final.f), Exprs: fs}, cols, d.uses}
}

// finalJoin joins streams by bounds on the times of the pairs, which are final when they come.
func (g *gen) finalJoin(streams []*relation) query {
	s, t := streams[g.IntN(len(streams))], streams[g.IntN(len(streams))]
	l, r := g.whole(s), g.whole(t)
	right := r.scope.shifted(len(l.scope))
	a, b, span := l.scope[s.mark], right[t.mark], int64(g.IntN(60))
	late := oracle.Later(b.f, span*1_000_000)
	on := expr{fmt.Sprintf("%s BETWEEN %s AND %s + INTERVAL '%d seconds'", a.sql, b.sql, b.sql, span),
		oracle.And(oracle.Comparison(">=", a.f, b.f), oracle.Comparison("<=", a.f, late)), oracle.Bool}
	if eq, ok := g.equality(l.scope, right); ok && !g.one(4) {
		on = expr{eq.sql + " AND " + on.sql, oracle.And(eq.f, on.f), oracle.Bool}
	}
	f := from{l.sql + " JOIN " + r.sql + " ON " + on.sql, oracle.Join{Left: l.node, Right: r.node, On: on.f}, slices.Concat(l.scope, right), slices.Concat(l.uses, r.uses)}
	return g.finish(f)
}
