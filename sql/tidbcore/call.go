package tidbcore

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// sortItem moves over expr [ASC | DESC | USING op] [NULLS FIRST | LAST]; the item's Expr
// is filled in later.
func (e *encoder) sortItem() *ast.SortItem {
	s := &ast.SortItem{Pos: e.Pos()}
	e.expr()
	switch {
	case e.Accept("asc"):
	case e.Accept("desc"):
		s.Desc = true
	case e.Accept("using"):
		op := ast.Operator{Pos: e.Pos(), Name: e.Peek(0).Text}
		if e.Is("operator") {
			op = e.qualifiedOperator()
		} else if e.Peek(0).Kind == lex.Operator {
			e.At++
		} else {
			e.Fail()
		}
		s.Using = &op
	}
	switch {
	case e.Accept("nulls", "first"):
		s.Nulls = ast.NullsFirst
	case e.Accept("nulls", "last"):
		s.Nulls = ast.NullsLast
	}
	return s
}

// sortItems moves over ORDER BY items that are arguments of a marker.
func (a *args) sortItems() []*ast.SortItem {
	var items []*ast.SortItem
	for {
		a.comma()
		items = append(items, a.e.sortItem())
		if !a.e.AcceptMark(",") {
			return items
		}
	}
}

func fillSort(items []*ast.SortItem, f *feed) {
	for _, s := range items {
		s.Expr = f.next()
	}
}

// call moves over ( arguments ) and everything that can stand behind a call.
func (e *encoder) call(name ast.Name) {
	e.enter()
	defer e.leave()
	c := &ast.Call{Pos: name.Pos, Name: name}
	var filter bool
	a := e.begin(func(f *feed) ast.Expr {
		for i, x := range c.Args {
			if n, ok := x.(*ast.NamedArg); ok {
				n.Value = f.next()
			} else {
				c.Args[i] = f.next()
			}
		}
		fillSort(c.OrderBy, f)
		fillSort(c.WithinGroup, f)
		if filter {
			c.Filter = f.next()
		}
		if c.Over != nil {
			fillWindow(c.Over, f)
		}
		return c
	})
	e.NeedMark("(")
	e.callArgs(c, a)
	e.NeedMark(")")
	if e.At == e.bareEnd {
		a.end()
		return
	}
	if e.Is("within") {
		pos := e.Pos()
		e.At++
		e.Need("group")
		e.NeedMark("(")
		e.Need("order", "by")
		e.checkWithin(c, pos)
		c.WithinGroup = a.sortItems()
		e.NeedMark(")")
	}
	if e.Is("filter") && e.IsMark(1, "(") {
		filter = true
		e.At += 2
		e.Need("where")
		a.expr()
		e.NeedMark(")")
	}
	if e.Is("over") && (e.IsName(1) || e.IsMark(1, "(")) {
		e.At++
		c.Over = e.over(a)
	}
	a.end()
}

func (e *encoder) checkWithin(c *ast.Call, pos int) {
	what := ""
	switch {
	case len(c.OrderBy) > 0:
		what = "multiple ORDER BY clauses with WITHIN GROUP"
	case c.Distinct:
		what = "DISTINCT with WITHIN GROUP"
	case c.Variadic:
		what = "VARIADIC with WITHIN GROUP"
	default:
		return
	}
	e.FailWith(pgerr.New(pgerr.SyntaxError, "cannot use %s", what), pos)
}

// callArgs moves over what stands in the parentheses of a call.
func (e *encoder) callArgs(c *ast.Call, a *args) {
	if e.IsMark(0, "*") {
		c.Star = true
		e.At++
		return
	}
	all := false
	if e.Accept("distinct") {
		c.Distinct = true
	} else {
		all = e.Accept("all")
	}
	if e.IsMark(0, ")") && !c.Distinct && !all {
		return
	}
	for {
		if c.Variadic = e.Accept("variadic"); c.Variadic {
			if c.Distinct || all {
				e.At--
				e.Fail()
			}
		}
		if e.IsLabel(0) && (e.IsMark(1, "=>") || e.IsMark(1, ":=")) {
			n := e.Label()
			e.At++
			c.Args = append(c.Args, &ast.NamedArg{Pos: n.Pos, Name: n.Name})
		} else {
			c.Args = append(c.Args, nil)
		}
		a.expr()
		if c.Variadic || !e.AcceptMark(",") {
			break
		}
	}
	if e.Accept("order") {
		e.Need("by")
		c.OrderBy = a.sortItems()
	}
}

// over moves over what stands behind OVER.
func (e *encoder) over(a *args) *ast.Window {
	pos := e.Pos()
	if !e.IsMark(0, "(") {
		return &ast.Window{Pos: pos, Ref: e.Ident().Name, Bare: true}
	}
	return e.window(a)
}

// window moves over ([name] PARTITION BY … ORDER BY … frame).
func (e *encoder) window(a *args) *ast.Window {
	w := &ast.Window{Pos: e.Pos()}
	e.NeedMark("(")
	if e.IsName(0) && !e.OneOf(0, "partition range rows groups") {
		w.Ref = e.Ident().Name
	}
	if e.Accept("partition") {
		e.Need("by")
		for {
			a.expr()
			w.PartitionBy = append(w.PartitionBy, nil)
			if !e.AcceptMark(",") {
				break
			}
		}
	}
	if e.Accept("order") {
		e.Need("by")
		w.OrderBy = a.sortItems()
	}
	if e.OneOf(0, "range rows groups") {
		w.Frame = e.frame(a)
	}
	e.NeedMark(")")
	return w
}

func fillWindow(w *ast.Window, f *feed) {
	for i := range w.PartitionBy {
		w.PartitionBy[i] = f.next()
	}
	fillSort(w.OrderBy, f)
	if w.Frame == nil {
		return
	}
	for _, b := range []*ast.Bound{&w.Frame.Start, &w.Frame.End} {
		if b.Kind == ast.Preceding || b.Kind == ast.Following {
			b.Offset = f.next()
		}
	}
}

func (e *encoder) frame(a *args) *ast.Frame {
	fr := &ast.Frame{Pos: e.Pos(), Mode: strings.ToUpper(e.Peek(0).Text)}
	e.At++
	if e.Accept("between") {
		start := e.Pos()
		fr.Start = e.bound(a)
		e.Need("and")
		end := e.Pos()
		fr.End = e.bound(a)
		if fr.Start.Kind == ast.UnboundedFollowing {
			end = start
		}
		e.checkFrame(fr, end)
	} else {
		start := e.Pos()
		fr.Start, fr.End = e.bound(a), ast.Bound{Kind: ast.CurrentRow}
		e.checkFrame(fr, start)
	}
	if e.Accept("exclude") {
		switch {
		case e.Accept("current"):
			e.Need("row")
			fr.Exclude = "CURRENT ROW"
		case e.Accept("group"):
			fr.Exclude = "GROUP"
		case e.Accept("ties"):
			fr.Exclude = "TIES"
		default:
			e.Need("no", "others")
		}
	}
	return fr
}

// checkFrame refuses the frames that PostgreSQL's grammar refuses.
func (e *encoder) checkFrame(fr *ast.Frame, pos int) {
	message := ""
	switch start, end := fr.Start.Kind, fr.End.Kind; {
	case start == ast.UnboundedFollowing:
		message = "frame start cannot be UNBOUNDED FOLLOWING"
	case end == ast.UnboundedPreceding:
		message = "frame end cannot be UNBOUNDED PRECEDING"
	case start == ast.CurrentRow && end == ast.Preceding:
		message = "frame starting from current row cannot have preceding rows"
	case start == ast.Following && end == ast.CurrentRow:
		message = "frame starting from following row cannot have preceding rows"
	case start == ast.Following && end == ast.Preceding:
		message = "frame starting from following row cannot have preceding rows"
	default:
		return
	}
	e.FailWith(pgerr.New(pgerr.WindowingError, "%s", message), pos)
}

func (e *encoder) bound(a *args) ast.Bound {
	switch {
	case e.Accept("unbounded", "preceding"):
		return ast.Bound{Kind: ast.UnboundedPreceding}
	case e.Accept("unbounded", "following"):
		return ast.Bound{Kind: ast.UnboundedFollowing}
	case e.Accept("current", "row"):
		return ast.Bound{Kind: ast.CurrentRow}
	}
	a.expr()
	if e.Accept("preceding") {
		return ast.Bound{Kind: ast.Preceding}
	}
	e.Need("following")
	return ast.Bound{Kind: ast.Following}
}
