package tidbcore

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// with moves over WITH [RECURSIVE] name [(columns)] AS [MATERIALIZED] (query), …
func (e *encoder) with() {
	e.text("WITH")
	e.At++
	if e.Is("recursive") && !e.IsAt(1, "as") {
		e.text("RECURSIVE")
		e.At++
	}
	for {
		e.cte()
		if !e.IsMark(0, ",") {
			return
		}
		e.text(",")
		e.At++
	}
}

func (e *encoder) cte() {
	at := e.At
	name := e.Ident()
	c := &ast.CTE{Pos: name.Pos, Name: name.Name}
	if e.AcceptMark("(") {
		c.Columns = e.Idents()
		e.NeedMark(")")
	}
	e.Need("as")
	switch {
	case e.Accept("materialized"):
		c.Materialized = "materialized"
	case e.Accept("not", "materialized"):
		c.Materialized = "not materialized"
	}
	e.ctes = append(e.ctes, c)
	e.write(piece{'c', int32(len(e.ctes) - 1), " AS ("}, at)
	e.NeedMark("(")
	switch verb := e.behindWith(); {
	case e.OneOf(verb, "insert update delete"):
		c.Change = Change(e.Cursor)
		e.text("SELECT 0")
	case e.IsAt(verb, "merge"):
		e.Refuse(e.Pos(), "MERGE", "Use INSERT … ON CONFLICT DO UPDATE.")
	default:
		e.query()
	}
	e.text(")")
	e.NeedMark(")")
	e.order(c)
}

// behindWith returns how many places on the statement starts that a WITH clause belongs to: 0
// without one, or where it is wrong.
func (e *encoder) behindWith() int {
	if !e.Is("with") {
		return 0
	}
	return BehindWith(e.Cursor)
}

// BehindWith returns how many places on the statement behind the WITH clause at the cursor
// starts, or some place before it when the clause is wrong.
func BehindWith(c *lex.Cursor) int {
	i := 1
	if c.IsAt(i, "recursive") && !c.IsAt(i+1, "as") {
		i++
	}
	// behind is the place behind the bracket that closes the one i places on.
	behind := func(i int) int {
		if end := c.Close(i); end >= 0 {
			return end - c.At + 1
		}
		return -1
	}
	for {
		i++ // the name
		if c.IsMark(i, "(") {
			if i = behind(i); i < 0 {
				return 0
			}
		}
		for c.OneOf(i, "as not materialized") {
			i++
		}
		if !c.IsMark(i, "(") {
			return 0
		}
		if i = behind(i); i < 0 {
			return 0
		}
		for c.OneOf(i, "search cycle") {
			last := "using"
			if c.IsAt(i, "search") {
				last = "set"
			}
			for ; !c.IsAt(i, last); i++ {
				if c.Peek(i).Kind == lex.End {
					return 0
				}
			}
			i += 2 // and the name
		}
		if !c.IsMark(i, ",") {
			return i
		}
		i++
	}
}

// order moves over SEARCH and CYCLE behind a query of WITH.
func (e *encoder) order(c *ast.CTE) {
	if e.Is("search") {
		s := &ast.SearchClause{Pos: e.Pos()}
		e.At++
		if s.Breadth = e.Accept("breadth"); !s.Breadth {
			e.Need("depth")
		}
		e.Need("first", "by")
		s.Columns = e.Idents()
		e.Need("set")
		s.Set, c.Search = e.Ident(), s
	}
	if e.Is("cycle") {
		y := &ast.CycleClause{Pos: e.Pos()}
		e.At++
		y.Columns = e.Idents()
		e.Need("set")
		y.Mark = e.Ident()
		if e.Accept("to") {
			y.Value = Expr(e.Cursor)
			e.Need("default")
			y.Default = Expr(e.Cursor)
		}
		e.Need("using")
		y.Path, c.Cycle = e.Ident(), y
	}
}
