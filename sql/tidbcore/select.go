package tidbcore

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// selectCore moves over SELECT … WINDOW ….
func (e *encoder) selectCore() {
	s := &ast.Select{Pos: e.Pos()}
	var distinctOn, windows int
	var having bool
	e.text("SELECT")
	e.At++
	extra := e.aside(func() { distinctOn = e.distinct(s) })
	a := &args{e: e, n: distinctOn}
	e.targets(&s.Targets, true)
	if e.Accept("into") {
		s.Into = e.into()
	}
	e.text("FROM")
	if e.Accept("from") {
		e.fromList()
	} else {
		e.text("`_`")
	}
	if e.Is("where") {
		e.text("WHERE")
		e.At++
		e.expr()
	}
	var groups []*ast.GroupItem
	extra = append(extra, e.aside(func() {
		if e.Accept("group") {
			groups = e.groupBy(s, a)
		}
		if having = e.Accept("having"); having {
			a.expr()
		}
		if e.Accept("window") {
			windows = e.windows(s, a)
		}
	})...)
	e.shape(selectShape{body: s, fill: func(f *feed) {
		for range distinctOn {
			s.DistinctOn = append(s.DistinctOn, f.next())
		}
		fillGroups(groups, f)
		s.GroupBy = groups
		if having {
			s.Having = f.next()
		}
		for _, w := range s.Windows[:windows] {
			fillWindow(w, f)
		}
	}}, extra)
}

// into moves over the table that SELECT … INTO makes.
func (e *encoder) into() *ast.Into {
	i := &ast.Into{}
	if e.OneOf(0, "global local") && e.OneOf(1, "temp temporary") {
		e.At++
	}
	switch {
	case e.Accept("temp"), e.Accept("temporary"):
		i.Temp = true
	case e.Accept("unlogged"): // every table is logged
	}
	e.Accept("table")
	i.Pos = e.Pos()
	i.Name = e.Name()
	return i
}

// distinct moves over DISTINCT [ON (…)] or ALL and returns the number of expressions.
func (e *encoder) distinct(s *ast.Select) int {
	if s.Distinct = e.Accept("distinct"); !s.Distinct {
		e.Accept("all")
		return 0
	}
	if !e.Accept("on") {
		return 0
	}
	e.NeedMark("(")
	n := e.exprs()
	e.NeedMark(")")
	return n
}

// targetsEnd holds the words behind an empty select list.
const targetsEnd = "from where group having window union intersect except order limit offset fetch for into"

// targets moves over a select list, which PostgreSQL lets a SELECT leave empty.
func (e *encoder) targets(all *[]*ast.Target, mayBeEmpty bool) {
	if mayBeEmpty && (e.streamWord() || e.AtEnd() || e.IsMark(0, ")") || e.OneOf(0, targetsEnd)) {
		e.text("0")
		return
	}
	for {
		t := &ast.Target{Pos: e.Pos()}
		*all = append(*all, t)
		if e.IsMark(0, "*") {
			e.star()
		} else {
			e.expr()
			t.Alias = e.targetAlias()
		}
		if !e.IsMark(0, ",") {
			return
		}
		e.text(",")
		e.At++
	}
}

// star moves over * [EXCEPT (a, b)].
func (e *encoder) star() {
	s := &ast.Star{Pos: e.Pos()}
	e.one(s)
	if e.Is("except") && e.IsMark(1, "(") && e.IsLabel(2) && !e.isQuery(2) {
		e.At += 2
		s.Except = e.Idents()
		e.NeedMark(")")
	}
}

// targetAlias moves over AS label or a bare label.
func (e *encoder) targetAlias() string {
	t := e.Peek(0)
	switch {
	case e.Accept("as"):
		return e.Label().Name
	case t.Kind == lex.QuotedWord, t.Kind == lex.Word && !ast.NeedsAs(t.Text) && !e.streamWord():
		return e.Label().Name
	}
	return ""
}

// streamWord reports whether a clause of the streaming dialect is next where PostgreSQL
// would see an alias.
func (e *encoder) streamWord() bool {
	return e.Is("emit") && e.OneOf(1, "on changes after") || e.Is("asof") && e.OneOf(1, "join left inner") ||
		e.Is("match_recognize") && e.IsMark(1, "(")
}

// groupBy moves over BY [DISTINCT] items.
func (e *encoder) groupBy(s *ast.Select, a *args) []*ast.GroupItem {
	e.Need("by")
	if s.GroupDist = e.Accept("distinct"); !s.GroupDist {
		e.Accept("all")
	}
	return e.groupItems(a)
}

func (e *encoder) groupItems(a *args) []*ast.GroupItem {
	e.enter()
	defer e.leave()
	var items []*ast.GroupItem
	for {
		items = append(items, e.groupItem(a))
		if !e.AcceptMark(",") {
			return items
		}
	}
}

func (e *encoder) groupItem(a *args) *ast.GroupItem {
	g := &ast.GroupItem{Pos: e.Pos(), Kind: ast.GroupExpr}
	switch {
	case e.Is("grouping", "sets") && e.IsMark(2, "("):
		g.Kind = ast.GroupSets
		e.At += 3
		g.Sets = e.groupItems(a)
		e.NeedMark(")")
	case e.OneOf(0, "rollup cube") && e.IsMark(1, "("):
		g.Kind = ast.GroupRollup
		if e.Is("cube") {
			g.Kind = ast.GroupCube
		}
		e.At += 2
		for {
			a.expr()
			g.Exprs = append(g.Exprs, nil)
			if !e.AcceptMark(",") {
				break
			}
		}
		e.NeedMark(")")
	case e.IsMark(0, "(") && e.IsMark(1, ")"):
		g.Kind = ast.GroupEmpty
		e.At += 2
	default:
		a.expr()
		g.Exprs = []ast.Expr{nil}
	}
	return g
}

func fillGroups(items []*ast.GroupItem, f *feed) {
	for _, g := range items {
		for i := range g.Exprs {
			g.Exprs[i] = f.next()
		}
		fillGroups(g.Sets, f)
	}
}

// windows moves over name AS (…), … and returns their number.
func (e *encoder) windows(s *ast.Select, a *args) int {
	for {
		name := e.Ident()
		e.Need("as")
		w := e.window(a)
		w.Name = name.Name
		s.Windows = append(s.Windows, w)
		if !e.AcceptMark(",") {
			return len(s.Windows)
		}
	}
}
