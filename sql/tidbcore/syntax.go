package tidbcore

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// starts holds the words that start an expression with a grammar of its own. Each walk is
// called with the cursor at the word and reports whether it moved.
var starts map[string]func(e *encoder) bool

func init() {
	starts = map[string]func(e *encoder) bool{
		"null": (*encoder).constant, "true": (*encoder).constant, "false": (*encoder).constant,
		"default": (*encoder).misplacedDefault, "case": (*encoder).caseExpr, "exists": (*encoder).exists,
		"array": (*encoder).array, "row": (*encoder).rowExpr, "cast": (*encoder).castExpr,
		"extract": (*encoder).extract, "position": (*encoder).position, "overlay": (*encoder).overlay,
		"substring": (*encoder).substring, "trim": (*encoder).trim, "normalize": (*encoder).normalize,
		"collation": (*encoder).collationFor, "coalesce": (*encoder).coalesce, "nullif": (*encoder).nullIf,
		"greatest": (*encoder).extremum, "least": (*encoder).extremum, "grouping": (*encoder).grouping,
		"treat": (*encoder).refused, "xmlconcat": (*encoder).refused, "xmlelement": (*encoder).refused,
		"xmlexists": (*encoder).refused, "xmlforest": (*encoder).refused, "xmlparse": (*encoder).refused,
		"xmlpi": (*encoder).refused, "xmlroot": (*encoder).refused, "xmlserialize": (*encoder).refused,
	}
	for _, name := range []string{"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
		"current_role", "current_user", "user", "session_user", "current_catalog", "current_schema"} {
		starts[name] = (*encoder).valueFunc
	}
}

func (e *encoder) constant() bool {
	pos := e.Pos()
	switch e.Peek(0).Text {
	case "null":
		e.one(&ast.Null{Pos: pos})
	case "true":
		e.one(&ast.Bool{Pos: pos, Value: true})
	default:
		e.one(&ast.Bool{Pos: pos})
	}
	return true
}

func (e *encoder) misplacedDefault() bool {
	e.FailWith(pgerr.New(pgerr.SyntaxError, "DEFAULT is not allowed in this context"), e.Pos())
	return false
}

func (e *encoder) refused() bool {
	if !e.IsMark(1, "(") {
		return false
	}
	e.Refuse(e.Pos(), e.Peek(0).Text, "")
	return false
}

// args moves over expressions inside a marker that starts at index at.
type args struct {
	e *encoder
	n int
}

// begin writes the start of a marker.
func (e *encoder) begin(build func(f *feed) ast.Expr) *args {
	e.open('e', e.marker(build))
	return &args{e: e}
}

// comma writes the comma before all arguments but the first.
func (a *args) comma() {
	if a.n++; a.n > 1 {
		a.e.text(",")
	}
}

// expr moves over one argument.
func (a *args) expr() {
	a.comma()
	a.e.expr()
}

// end writes the end of the marker.
func (a *args) end() {
	a.e.text(")")
	a.e.rise()
}

// list moves over ( expr, … ) and makes it the arguments of build, which gets them all.
func (e *encoder) list(build func(all []ast.Expr) ast.Expr) {
	a := e.begin(func(f *feed) ast.Expr { return build(f.args) })
	e.NeedMark("(")
	e.exprs()
	e.NeedMark(")")
	a.end()
}

func (e *encoder) coalesce() bool {
	pos := e.Pos()
	if !e.IsMark(1, "(") {
		return false
	}
	e.At++
	e.list(func(all []ast.Expr) ast.Expr { return &ast.Coalesce{Pos: pos, Args: all} })
	return true
}

func (e *encoder) extremum() bool {
	pos, least := e.Pos(), e.Is("least")
	if !e.IsMark(1, "(") {
		return false
	}
	e.At++
	e.list(func(all []ast.Expr) ast.Expr { return &ast.Extremum{Pos: pos, Least: least, Args: all} })
	return true
}

func (e *encoder) grouping() bool {
	pos := e.Pos()
	if !e.IsMark(1, "(") {
		return false
	}
	e.At++
	e.list(func(all []ast.Expr) ast.Expr { return &ast.Grouping{Pos: pos, Args: all} })
	return true
}

func (e *encoder) nullIf() bool {
	pos := e.Pos()
	if !e.IsMark(1, "(") {
		return false
	}
	e.At += 2
	a := e.begin(func(f *feed) ast.Expr { return &ast.NullIf{Pos: pos, Left: f.next(), Right: f.next()} })
	a.expr()
	e.NeedMark(",")
	a.expr()
	e.NeedMark(")")
	a.end()
	return true
}

func (e *encoder) caseExpr() bool {
	e.enter()
	defer e.leave()
	c := ast.Case{Pos: e.Pos()}
	var simple, otherwise bool
	var whens []int
	a := e.begin(func(f *feed) ast.Expr {
		n := c
		if simple {
			n.Expr = f.next()
		}
		for _, pos := range whens {
			n.Whens = append(n.Whens, &ast.When{Pos: pos, Cond: f.next(), Result: f.next()})
		}
		if otherwise {
			n.Else = f.next()
		}
		return &n
	})
	e.At++
	if simple = !e.Is("when"); simple {
		a.expr()
	}
	for len(whens) == 0 || e.Is("when") {
		whens = append(whens, e.Pos())
		e.Need("when")
		a.expr()
		e.Need("then")
		a.expr()
	}
	if otherwise = e.Accept("else"); otherwise {
		a.expr()
	}
	e.Need("end")
	a.end()
	return true
}

func (e *encoder) exists() bool {
	pos := e.Pos()
	if !e.IsMark(1, "(") {
		return false
	}
	e.At++
	if !e.isQuery(1) {
		e.FailAt(1)
	}
	a := e.begin(func(f *feed) ast.Expr { return &ast.Exists{Pos: pos, Query: f.next().(*ast.Subquery).Query} })
	e.subquery()
	a.end()
	return true
}

// array moves over ARRAY[…] or ARRAY(query).
func (e *encoder) array() bool {
	pos, at := e.Pos(), len(e.out)
	e.At++
	if e.IsMark(0, "[") {
		e.arrayElems(pos)
		return true
	}
	if !e.IsMark(0, "(") {
		e.Fail()
	}
	if !e.isQuery(1) {
		e.FailAt(1)
	}
	a := e.begin(func(f *feed) ast.Expr {
		return &ast.ArrayQuery{Pos: pos, Query: f.next().(*ast.Subquery).Query}
	})
	e.subquery()
	a.end()
	_ = at
	return true
}

func (e *encoder) arrayElems(pos int) {
	e.enter()
	defer e.leave()
	a := e.begin(func(f *feed) ast.Expr { return &ast.Array{Pos: pos, Elems: f.args} })
	e.NeedMark("[")
	nested := e.IsMark(0, "[")
	for !e.IsMark(0, "]") {
		a.comma()
		switch {
		case nested && e.IsMark(0, "["):
			e.arrayElems(e.Pos())
		case nested:
			e.Fail()
		default:
			e.expr()
		}
		if !e.AcceptMark(",") {
			break
		}
		if e.IsMark(0, "]") {
			e.Fail()
		}
	}
	e.NeedMark("]")
	a.end()
}

func (e *encoder) rowExpr() bool {
	at, pos := len(e.out), e.Pos()
	if !e.IsMark(1, "(") {
		return false
	}
	e.text("(")
	e.At += 2
	n := 0
	if !e.IsMark(0, ")") {
		n = e.exprs()
	}
	e.text(")")
	e.NeedMark(")")
	e.row(at, n, pos, true)
	e.rise()
	e.rowAt = at
	return true
}

func (e *encoder) castExpr() bool {
	c := ast.Cast{Pos: e.Pos()}
	e.At++
	e.NeedMark("(")
	a := e.begin(func(f *feed) ast.Expr {
		n := c
		n.Expr = f.next()
		return &n
	})
	a.expr()
	e.Need("as")
	c.Type = e.typeName()
	e.NeedMark(")")
	a.end()
	return true
}

func (e *encoder) collationFor() bool {
	if !e.IsAt(1, "for") {
		return false
	}
	pos := e.Pos()
	e.At += 2
	e.NeedMark("(")
	a := e.begin(func(f *feed) ast.Expr { return builtin(pos, "pg_collation_for", f.next()) })
	a.expr()
	e.NeedMark(")")
	a.end()
	return true
}

// valueFunc moves over CURRENT_DATE and its like.
func (e *encoder) valueFunc() bool {
	v := &ast.ValueFunc{Pos: e.Pos(), Name: e.Peek(0).Text, Precision: -1}
	start := e.At
	switch v.Name {
	case "current_schema":
		if e.IsMark(1, "(") || e.IsMark(1, ".") {
			return false
		}
	case "current_time", "current_timestamp", "localtime", "localtimestamp":
		if e.IsMark(1, "(") {
			e.At += 2
			v.Precision = e.Int()
			e.NeedMark(")")
			e.At--
		}
	}
	e.At++
	e.leaf(v, start)
	return true
}
