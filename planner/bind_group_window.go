package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// groupWindows are the forms of windows in GROUP BY: like those in FROM, without a relation.
var groupWindows = map[string]struct {
	kind        ast.WindowKind
	least, most int
	form        string
}{
	"tumble":   {ast.Tumble, 2, 3, "tumble(time, size [, offset])"},
	"hop":      {ast.Hop, 3, 4, "hop(time, slide, size [, offset])"},
	"cumulate": {ast.Cumulate, 3, 4, "cumulate(time, step, size [, offset])"},
	"session":  {ast.Session, 2, 2, "session(time, gap)"},
}

// groupWindow gives the rows of FROM and WHERE the windows that GROUP BY asks for by a call
// such as tumble(ts, INTERVAL '1 minute'): window_start, window_end and window_time are
// columns of the query then, and the call stands for grouping by them. Sessions are those of
// the rows that are equal in what else is grouped by.
func (s *selection) groupWindow(order []*ast.SortItem) error {
	call := (*ast.Call)(nil)
	for _, item := range s.sel.GroupBy {
		for _, x := range groupedExprs(item) {
			c := windowCall(x)
			switch {
			case c == nil:
			case item.Kind != ast.GroupExpr:
				return s.env.at(c.Pos, pgerr.Unsupported("a window in GROUPING SETS"))
			case call != nil:
				return s.env.at(c.Pos, pgerr.Unsupported("more than one window in GROUP BY"))
			default:
				call = c
			}
		}
	}
	if call == nil {
		return nil
	}
	w, err := windowOfCall(call)
	if err != nil {
		return s.env.at(call.Pos, err)
	}
	return s.putWindow(call, w, order)
}

// groupedExprs is the expressions of an item: those of a list in parentheses.
func groupedExprs(item *ast.GroupItem) []ast.Expr {
	if item.Kind == ast.GroupExpr {
		if row, ok := item.Exprs[0].(*ast.Row); ok {
			return row.Elems
		}
	}
	return item.Exprs
}

// windowCall is an item of GROUP BY that is a window.
func windowCall(x ast.Expr) *ast.Call {
	c, ok := x.(*ast.Call)
	if !ok || c.Name.Schema != "" || c.Over != nil || fn.Named(c.Name.Name) != nil || groupWindows[c.Name.Name].kind == "" {
		return nil
	}
	return c
}

func windowOfCall(c *ast.Call) (*ast.WindowTable, error) {
	f := groupWindows[c.Name.Name]
	if n := len(c.Args); n < f.least || n > f.most || c.Star {
		return nil, pgerr.New(pgerr.SyntaxError, "wrong number of arguments for %s in GROUP BY", c.Name.Name).WithHint("Write %s.", f.form)
	}
	w := &ast.WindowTable{Pos: c.Pos, Kind: f.kind, Time: c.Args[0]}
	rest := c.Args[1:]
	if f.least == 3 {
		w.Slide, rest = rest[0], rest[1:]
	}
	w.Size = rest[0]
	if len(rest) > 1 {
		w.Offset = rest[1]
	}
	return w, nil
}

// putWindow makes the window a node above FROM and WHERE, and its columns part of the scope.
func (s *selection) putWindow(call *ast.Call, w *ast.WindowTable, order []*ast.SortItem) error {
	n := s.scope.node
	p := columnsProject(n, identity(len(n.Schema())))
	place := func(x expr.Expr) int {
		if c := columnIndex(x); c >= 0 && c < len(p.Exprs) {
			return c
		}
		p.Exprs, p.Names = append(p.Exprs, x), append(p.Names, "?column?")
		return len(p.Exprs) - 1
	}
	b := &binder{env: s.env, scope: s.scope, ctes: s.in.ctes, clause: clause{name: "GROUP BY", sets: true}}
	ts, err := b.value(w.Time)
	if err == nil {
		err = s.env.windowTime(w.Kind, w.Time, ts.Type())
	}
	if err != nil {
		return err
	}
	over, err := s.env.windows(w)
	if err != nil {
		return err
	}
	at := place(ts)
	var partition []int
	if w.Kind == ast.Session {
		if partition, err = s.sessionKeys(b, call, place); err != nil {
			return err
		}
	}
	if len(p.Exprs) > len(n.Schema()) {
		n = p
	}
	width := len(n.Schema())
	s.scope.node = over(n, at, partition)
	src := &source{}
	for i, name := range windowColumns {
		f := field{name: name, at: width + i, hidden: true, of: src}
		src.fields = append(src.fields, f)
		s.scope.fields = append(s.scope.fields, f)
	}
	s.scope.sources = append(slices.Clone(s.scope.sources), src)
	s.window = &groupedWindow{call: call, first: width, time: s.readsWindowTime(order)}
	return nil
}

// sessionKeys binds what is grouped by beside the window.
func (s *selection) sessionKeys(b *binder, call *ast.Call, place func(expr.Expr) int) (keys []int, err error) {
	for _, item := range s.sel.GroupBy {
		for _, x := range groupedExprs(item) {
			if windowCall(x) == call {
				continue
			}
			if _, number := x.(*ast.Number); number || s.namesTarget(x) {
				return nil, s.env.at(x.Position(), pgerr.Unsupported("a session by a column of the result").WithHint("Write the expression itself in GROUP BY, or use SESSION(… PARTITION BY …) in FROM."))
			}
			k, err := b.value(x)
			if err == nil {
				err = s.env.at(x.Position(), comparable(k.Type()))
			}
			if err != nil {
				return nil, err
			}
			if isConst(k) {
				continue
			}
			keys = append(keys, place(k))
		}
	}
	return keys, nil
}

// namesTarget reports whether an item of GROUP BY is the name of a result column.
func (s *selection) namesTarget(x ast.Expr) bool {
	ref, ok := x.(*ast.ColumnRef)
	return ok && len(ref.Parts) == 1 && len(s.scope.find(ref.Parts[0])) == 0
}

// readsWindowTime reports whether the query says window_time anywhere above FROM.
func (s *selection) readsWindowTime(order []*ast.SortItem) (reads bool) {
	look := func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && ref.Parts[len(ref.Parts)-1] == windowColumns[2] {
			reads = true
		}
		return !reads
	}
	for _, t := range s.sel.Targets {
		ast.Walk(t.Expr, look)
	}
	if s.sel.Having != nil {
		ast.Walk(s.sel.Having, look)
	}
	for _, o := range order {
		ast.Walk(o.Expr, look)
	}
	return reads
}

// groupedWindow is a window of GROUP BY: the call, and where its columns stand.
type groupedWindow struct {
	call  *ast.Call
	first int
	time  bool // window_time is read
}

// exprs is what a call of the window stands for; false: x is none.
func (g *groupedWindow) exprs(s *scope, x ast.Expr) ([]expr.Expr, bool) {
	if g == nil || windowCall(x) != g.call {
		return nil, false
	}
	var out []expr.Expr
	for i := range windowColumns {
		if i < 2 || g.time {
			out = append(out, column(g.first+i, s.columns()[g.first+i]))
		}
	}
	return out, true
}
