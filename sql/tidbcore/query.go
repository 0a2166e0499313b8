package tidbcore

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// selectShape makes the body of one SELECT of the skeleton: body holds what
// TiDB does not see, fill hands it the marker's arguments.
type selectShape struct {
	values *ast.Values // set for VALUES
	body   *ast.Select
	fill   func(f *feed)
}

const queryGoesOn = "union intersect except order limit offset fetch for"

// isQuery reports whether a query starts at the token i places on, parentheses around
// its first operand included.
func (e *encoder) isQuery(i int) bool {
	open := i
	for e.IsMark(i, "(") {
		i++
	}
	if !e.OneOf(i, "select with values table") {
		return false
	}
	if e.IsAt(i, "values") && !e.IsMark(i+1, "(") {
		return false
	}
	for i--; i >= open; i-- { // what follows ((query) decides whether ( starts a query
		end := e.Close(i)
		if end < 0 {
			return true
		}
		n := end - e.At + 1
		if !e.OneOf(n, queryGoesOn) && !e.IsMark(n, ")") && !(e.Peek(n).Kind == lex.End || e.IsMark(n, ";")) {
			return false
		}
	}
	return true
}

// query moves over [WITH] body [ORDER BY …].
func (e *encoder) query() {
	e.enter()
	defer e.leave()
	if e.Is("with") {
		e.with()
	}
	for {
		e.queryOperand()
		if !e.OneOf(0, "union intersect except") {
			break
		}
		e.text(strings.ToUpper(e.Peek(0).Text))
		e.At++
		if e.Is("all") {
			e.text("ALL")
			e.At++
		} else {
			e.Accept("distinct")
		}
		e.rise()
	}
	e.tail()
}

// queryOperand moves over SELECT, VALUES, TABLE or a query in parentheses.
func (e *encoder) queryOperand() {
	switch {
	case e.Is("select"):
		e.selectCore()
	case e.Is("values"):
		e.values()
	case e.Is("table"):
		e.tableQuery()
	case e.IsMark(0, "("):
		e.subquery()
	default:
		e.Fail()
	}
}

// shape writes what ends a SELECT of the skeleton. A SELECT has a HAVING always: it holds
// the marker.
func (e *encoder) shape(s selectShape, extra []token) {
	e.selects = append(e.selects, s)
	e.text("HAVING")
	e.open('s', len(e.selects)-1)
	e.out = append(e.out, extra...)
	e.text(")")
}

// tableQuery moves over TABLE t, which is SELECT * FROM t.
func (e *encoder) tableQuery() {
	pos := e.Pos()
	e.At++
	star := &ast.Star{Pos: pos}
	s := &ast.Select{Pos: pos, Targets: []*ast.Target{{Pos: pos}}}
	e.text("SELECT")
	e.leaf(star, e.At)
	e.text("FROM")
	only := e.Accept("only")
	t := &ast.Table{Pos: e.Pos(), Name: e.Name(), Only: only}
	e.AcceptMark("*")
	e.source(source{leaf: t}, e.At)
	e.shape(selectShape{body: s}, nil)
}

// tail moves over ORDER BY, LIMIT, OFFSET, FETCH and FOR UPDATE. The items of ORDER BY go
// out as they are, with one more behind them that holds the rest.
func (e *encoder) tail() {
	q := &ast.Query{Pos: e.Pos()}
	if e.Accept("order") {
		e.Need("by")
		e.text("ORDER BY")
		for {
			q.OrderBy = append(q.OrderBy, e.sortItem())
			e.text(",")
			if !e.AcceptMark(",") {
				break
			}
		}
	}
	var fill []*ast.Expr
	rest := e.aside(func() {
		for e.limit(q, &fill) || e.locking(q) {
		}
	})
	if len(q.OrderBy) == 0 && len(rest) == 0 && len(q.Locking) == 0 && len(fill) == 0 {
		return
	}
	if q.WithTies && len(q.OrderBy) == 0 {
		e.FailWith(pgerr.New(pgerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause"), -1)
	}
	if len(q.OrderBy) == 0 {
		e.text("ORDER BY")
	}
	e.tails = append(e.tails, tailShape{q, fill})
	e.open('o', len(e.tails)-1)
	e.out = append(e.out, rest...)
	e.text(")")
}

// tailShape is what a query has behind its body; fill holds the places of the marker's
// arguments.
type tailShape struct {
	query *ast.Query
	fill  []*ast.Expr
}

// limit moves over one of LIMIT, OFFSET and FETCH.
func (e *encoder) limit(q *ast.Query, fill *[]*ast.Expr) bool {
	pos := e.Pos()
	arg := func(x *ast.Expr) {
		if slices.Contains(*fill, x) {
			e.At--
			e.Fail()
		}
		if len(*fill) > 0 {
			e.text(",")
		}
		*fill = append(*fill, x)
	}
	switch {
	case e.Accept("limit"):
		if e.Accept("all") {
			return true
		}
		arg(&q.Limit)
		e.expr()
		if e.AcceptMark(",") {
			e.expr()
			e.FailWith(pgerr.New(pgerr.SyntaxError, "LIMIT #,# syntax is not supported").
				WithHint("Use separate LIMIT and OFFSET clauses."), pos)
		}
	case e.Accept("offset"):
		arg(&q.Offset)
		e.expr()
		if !e.Accept("rows") {
			e.Accept("row")
		}
	case e.Is("fetch"):
		e.At++
		arg(&q.Limit)
		if !e.Accept("first") {
			e.Need("next")
		}
		if e.OneOf(0, "row rows") {
			e.leaf(&ast.Number{Pos: pos, Text: "1"}, e.At)
		} else {
			e.operand()
		}
		if !e.Accept("rows") {
			e.Need("row")
		}
		if e.Accept("with") {
			e.Need("ties")
			q.WithTies = true
		} else {
			e.Need("only")
		}
	default:
		return false
	}
	return true
}

// locking moves over FOR UPDATE and its like.
func (e *encoder) locking(q *ast.Query) bool {
	if !e.Is("for") {
		return false
	}
	l := &ast.Locking{Pos: e.Pos()}
	e.At++
	switch {
	case e.Accept("update"):
		l.Strength = "update"
	case e.Accept("no"):
		e.Need("key", "update")
		l.Strength = "no key update"
	case e.Accept("share"):
		l.Strength = "share"
	case e.Accept("key"):
		e.Need("share")
		l.Strength = "key share"
	case e.Accept("read"):
		e.Need("only")
		return true
	default:
		e.Fail()
	}
	if e.Accept("of") {
		l.Of = e.Names()
	}
	if e.Accept("nowait") {
		l.Wait = "nowait"
	} else if e.Accept("skip") {
		e.Need("locked")
		l.Wait = "skip locked"
	}
	q.Locking = append(q.Locking, l)
	return true
}
