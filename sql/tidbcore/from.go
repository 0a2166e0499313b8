package tidbcore

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// source is an item of FROM: a leaf, or what build makes of the query behind it.
type source struct {
	leaf  ast.TableExpr
	build func(q *ast.Query) ast.TableExpr
}

// source writes a hole for s.
func (e *encoder) source(s source, src int) {
	e.sources = append(e.sources, s)
	e.write(piece{'f', int32(len(e.sources) - 1), ""}, src)
}

// derived writes ( body ) with a hole as its alias.
func (e *encoder) derived(head string, body []token, src int, build func(q *ast.Query) ast.TableExpr) {
	e.write(piece{text: "(" + head}, src)
	e.out = append(e.out, body...)
	e.text(") AS")
	e.source(source{build: build}, src)
}

// fromList moves over the items of FROM.
func (e *encoder) fromList() {
	for {
		e.tableRef()
		if !e.IsMark(0, ",") {
			return
		}
		e.text(",")
		e.At++
	}
}

// tableRef moves over an item with its joins.
func (e *encoder) tableRef() {
	e.enter()
	defer e.leave()
	e.fromItem()
	var open []*ast.Join
	for {
		if len(open) > 0 && (e.Is("on") || e.Is("using")) {
			e.joinCondition(open[len(open)-1])
			open = open[:len(open)-1]
			continue
		}
		j, word := e.join()
		if j == nil {
			if len(open) > 0 {
				e.Fail()
			}
			return
		}
		e.text(word)
		e.rise()
		e.fromItem()
		if j.Kind == ast.CrossJoin || j.Natural {
			e.joinMarker(j)
			e.text(")")
		} else {
			open = append(open, j)
		}
	}
}

// joinMarker writes ON and the start of the join's marker.
func (e *encoder) joinMarker(j *ast.Join) {
	e.joins = append(e.joins, j)
	e.text("ON")
	e.open('j', len(e.joins)-1)
}

// joinCondition moves over ON expr or USING (columns) [AS alias].
func (e *encoder) joinCondition(j *ast.Join) {
	if e.Accept("on") {
		e.joinMarker(j)
		e.expr()
		e.text(")")
		return
	}
	e.At++
	e.NeedMark("(")
	j.Using = e.Idents()
	e.NeedMark(")")
	if e.Accept("as") {
		j.UsingAlias = e.Ident().Name
	}
	e.joinMarker(j)
	e.text(")")
}

// join moves over the words of a join and returns it with MySQL's words for it, or nil.
func (e *encoder) join() (*ast.Join, string) {
	j := &ast.Join{Pos: e.Pos(), Kind: ast.InnerJoin}
	word := "INNER JOIN"
	from := e.At
	if e.Is("asof") && e.streamWord() {
		j.AsOf = true
		e.At++
	} else {
		j.Natural = e.Accept("natural")
	}
	outer := true
	switch {
	case e.Accept("left"):
		j.Kind, word = ast.LeftJoin, "LEFT JOIN"
	case !j.AsOf && e.Accept("right"):
		j.Kind, word = ast.RightJoin, "RIGHT JOIN"
	case !j.AsOf && e.Accept("full"):
		j.Kind, word = ast.FullJoin, "LEFT JOIN"
	case !j.AsOf && !j.Natural && e.Accept("cross"):
		j.Kind, outer = ast.CrossJoin, false
	case e.Accept("inner"):
		outer = false
	case e.Is("join"):
		outer = false
	default:
		if e.At > from {
			e.Fail()
		}
		return nil, ""
	}
	if outer {
		e.Accept("outer")
	}
	e.Need("join")
	return j, word
}

// fromItem moves over one item.
func (e *encoder) fromItem() {
	at, pos := e.At, e.Pos()
	lateral := e.Accept("lateral")
	switch {
	case e.IsMark(0, "(") && e.isQuery(1):
		d := &ast.Derived{Pos: pos, Lateral: lateral}
		e.derivedQuery(at, d)
		d.Alias = e.alias()
	case e.IsMark(0, "(") && !lateral:
		e.joinInParens(at)
	case e.Is("rows", "from") && e.IsMark(2, "("):
		e.rowsFrom(at, pos, lateral)
	case e.windowKind() != "" && !lateral:
		e.windowTable(at)
	case e.functionAhead():
		f := &ast.TableFunc{Pos: pos, Lateral: lateral, Funcs: []ast.Expr{nil}}
		body := e.aside(e.fromFunction)
		e.endFunction(f, body, at)
	case lateral:
		e.Fail()
	default:
		e.relation(at)
	}
}

// derivedQuery moves over ( query ).
func (e *encoder) derivedQuery(at int, d *ast.Derived) {
	body := e.aside(func() {
		doubled := e.doubled()
		e.query()
		for range doubled {
			e.NeedMark(")")
		}
	})
	e.derived("", body, at, func(q *ast.Query) ast.TableExpr {
		d.Query = q
		return d
	})
}

// joinInParens moves over ( a JOIN b … ) [alias].
func (e *encoder) joinInParens(at int) {
	e.At++
	joins := len(e.joins)
	inner := e.At
	body := e.aside(e.tableRef)
	if len(e.joins) == joins && !parenthesis(e.Tokens[inner]) {
		e.Fail() // a single item may not stand in parentheses
	}
	e.NeedMark(")")
	alias := e.alias()
	if alias.Name == "" {
		e.write(piece{text: "("}, at)
		e.out = append(e.out, body...)
		e.text(")")
		return
	}
	e.derived("SELECT 0 FROM", body, at, func(q *ast.Query) ast.TableExpr {
		j := q.Body.(*ast.Select).From[0].(*ast.Join)
		j.Alias = alias
		return j
	})
}

var valueFunctions = "current_date current_time current_timestamp localtime localtimestamp current_user " +
	"session_user user current_role current_catalog current_schema"

// functionAhead reports whether a function is next.
func (e *encoder) functionAhead() bool {
	if e.OneOf(0, valueFunctions) {
		return true
	}
	t := e.Peek(0)
	if !e.IsLabel(0) || t.Kind == lex.Word && ast.KeywordClass(t.Text) == ast.Reserved && t.Text != "cast" {
		return false
	}
	i := 1
	for e.IsMark(i, ".") {
		i += 2
	}
	return e.IsMark(i, "(")
}

// fromFunction moves over one function as the target of a SELECT of the skeleton.
func (e *encoder) fromFunction() {
	e.text("SELECT")
	e.bareCall()
}

// bareCall moves over a function in FROM; a word behind its arguments is its alias.
func (e *encoder) bareCall() {
	open := 1
	for e.IsMark(open, ".") {
		open += 2
	}
	if e.IsMark(open, "(") {
		e.bareEnd = e.Close(open) + 1
	}
	e.primary()
}

// endFunction moves over what stands behind a function in FROM.
func (e *encoder) endFunction(f *ast.TableFunc, body []token, at int) {
	if e.Accept("with") {
		e.Need("ordinality")
		f.Ordinality = true
	}
	switch {
	case e.Is("as") && e.IsMark(1, "("):
		e.At++
		e.define(f)
	case (e.IsName(0) || e.Is("as")) && e.definitionsAhead():
		f.Alias.Pos = e.Pos()
		e.Accept("as")
		f.Alias.Name = e.Ident().Name
		e.define(f)
	default:
		f.Alias = e.alias()
	}
	e.derived("", body, at, func(q *ast.Query) ast.TableExpr {
		for i := range f.Funcs {
			f.Funcs[i] = q.Body.(*ast.Select).Targets[i].Expr
		}
		return f
	})
}

// define moves over the definitions that stand behind a whole item, which must be of one function.
func (e *encoder) define(f *ast.TableFunc) {
	d := e.definitions()
	var err *pgerr.Error
	switch {
	case len(f.Funcs) > 1:
		err = pgerr.New(pgerr.SyntaxError, "ROWS FROM() with multiple functions cannot have a column definition list").
			WithHint("Put a separate column definition list for each function inside ROWS FROM().")
	case f.Definitions != nil:
		err = pgerr.New(pgerr.SyntaxError, "multiple column definition lists are not allowed for the same function")
	case f.Ordinality:
		err = pgerr.New(pgerr.SyntaxError, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Put the column definition list inside ROWS FROM().")
	}
	if err != nil {
		e.FailWith(err, d[0].Pos)
	}
	f.Definitions = [][]ast.ColumnDefinition{d}
}

// definitions moves over (name type, …).
func (e *encoder) definitions() (out []ast.ColumnDefinition) {
	e.NeedMark("(")
	for {
		c := ast.ColumnDefinition{Pos: e.Pos()}
		c.Name = e.Ident().Name
		c.Type = e.typeName()
		out = append(out, c)
		if !e.AcceptMark(",") {
			e.NeedMark(")")
			return out
		}
	}
}

// definitionsAhead reports whether alias (a type, …) is next.
func (e *encoder) definitionsAhead() bool {
	i := 1
	if e.Is("as") {
		i = 2
	}
	return e.IsMark(i, "(") && e.IsLabel(i+1) && !e.IsMark(i+2, ",") && !e.IsMark(i+2, ")")
}

// rowsFrom moves over ROWS FROM (f(), g()).
func (e *encoder) rowsFrom(at, pos int, lateral bool) {
	f := &ast.TableFunc{Pos: pos, Lateral: lateral, RowsFrom: true}
	e.At += 3
	body := e.aside(func() {
		e.text("SELECT")
		for {
			e.bareCall()
			f.Funcs = append(f.Funcs, nil)
			if e.Is("as") {
				e.At++
				for len(f.Definitions) < len(f.Funcs)-1 {
					f.Definitions = append(f.Definitions, nil)
				}
				f.Definitions = append(f.Definitions, e.definitions())
			}
			if !e.AcceptMark(",") {
				return
			}
			e.text(",")
		}
	})
	e.NeedMark(")")
	e.endFunction(f, body, at)
}

// alias moves over [AS] name [(columns)], if it is there.
func (e *encoder) alias() ast.Alias {
	a := ast.Alias{Pos: e.Pos()}
	switch {
	case e.Accept("as"):
	case !e.IsName(0) || e.streamWord() || e.OneOf(0, "set tablesample"):
		return ast.Alias{}
	}
	a.Name = e.Ident().Name
	if e.AcceptMark("(") {
		a.Columns = e.Idents()
		e.NeedMark(")")
	}
	return a
}

// relation moves over [ONLY] name [*] [FOR SYSTEM_TIME AS OF t] [alias].
func (e *encoder) relation(at int) {
	t := e.tableName()
	var asOf []token
	if e.Is("for", "system_time") {
		asOf = e.aside(func() {
			e.At += 2
			e.Need("as", "of")
			e.text("SELECT")
			e.exprAbove(levelNot)
		})
	}
	t.Alias = e.alias()
	switch {
	case e.Is("match_recognize") && e.IsMark(1, "("):
		e.Refuse(e.Pos(), "MATCH_RECOGNIZE", "")
	case e.Is("tablesample"):
		e.Refuse(e.Pos(), "TABLESAMPLE", "Use WHERE random() < fraction.")
	}
	if asOf == nil {
		e.source(source{leaf: t}, at)
		return
	}
	e.derived("", asOf, at, func(q *ast.Query) ast.TableExpr {
		t.AsOf = q.Body.(*ast.Select).Targets[0].Expr
		return t
	})
}

// tableName moves over [ONLY] name [*].
func (e *encoder) tableName() *ast.Table {
	t := &ast.Table{Pos: e.Pos(), Only: e.Accept("only")}
	parens := t.Only && e.AcceptMark("(")
	t.Name = e.Name()
	t.Pos = t.Name.Pos
	if parens {
		e.NeedMark(")")
	} else if !t.Only {
		e.AcceptMark("*")
	}
	return t
}

func parenthesis(t lex.Token) bool { return t.Kind == lex.Punctuation && t.Text == "(" }
