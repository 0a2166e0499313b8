package tidbcore

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// builtin is a call of a function of pg_catalog.
func builtin(pos int, name string, args ...ast.Expr) *ast.Call {
	return &ast.Call{Pos: pos, Name: ast.Name{Pos: pos, Schema: "pg_catalog", Name: name}, Args: args}
}

// operand moves over [prefix operators] primary [casts] [COLLATE | AT TIME ZONE …].
func (e *encoder) operand() {
	e.rowAt = -1
	start := len(e.out)
	var signs []ast.Operator
	for e.IsMark(0, "-") || e.IsMark(0, "+") {
		signs = append(signs, ast.Operator{Pos: e.Pos(), Name: e.Peek(0).Text})
		e.At++
	}
	if e.prefix() {
		e.sign(start, signs)
		return
	}
	e.primary()
	e.casts(start)
	e.sign(start, signs)
	e.collations(start)
}

// prefix moves over a prefix operator other than a sign with its operand, if there is
// one. It binds as loosely as any other operator.
func (e *encoder) prefix() bool {
	op := ast.Operator{Pos: e.Pos(), Name: e.Peek(0).Text}
	switch {
	case e.Is("operator") && e.IsMark(1, "("):
		op = e.qualifiedOperator()
	case e.Peek(0).Kind == lex.Operator && operatorLevel[op.Name] == levelNone && op.Name != "=>":
		e.At++
	default:
		return false
	}
	e.open('e', e.marker(func(f *feed) ast.Expr { return &ast.Unary{Pos: op.Pos, Op: op, Expr: f.next()} }))
	e.exprAbove(levelOther)
	e.text(")")
	e.rise()
	e.rowAt = -1
	return true
}

// sign puts the signs before what stands from index at on.
func (e *encoder) sign(at int, signs []ast.Operator) {
	if len(signs) == 0 {
		return
	}
	e.rowAt = -1
	if e.height += len(signs); e.height > maxHeight {
		e.tooDeep()
	}
	if n, ok := e.lone(at).(*ast.Number); ok {
		e.markers[e.out[at].number].leaf = signed(n, signs)
		return
	}
	e.surround(at, func(f *feed) ast.Expr { return signed(f.next(), signs) })
}

// signed applies signs to x. A minus before a number becomes part of it, as in
// PostgreSQL.
func signed(x ast.Expr, signs []ast.Operator) ast.Expr {
	for i := len(signs) - 1; i >= 0; i-- {
		s := signs[i]
		n, number := x.(*ast.Number)
		switch {
		case !number || s.Name == "+":
			x = &ast.Unary{Pos: s.Pos, Op: s, Expr: x}
		case n.Text[0] == '-':
			x = &ast.Number{Pos: s.Pos, Text: n.Text[1:]}
		default:
			x = &ast.Number{Pos: s.Pos, Text: "-" + n.Text}
		}
	}
	return x
}

// suffix makes the node of a cast, a subscript or their like around x.
type suffix func(x ast.Expr, f *feed) ast.Expr

// applySuffixes makes what stands from index at on the first argument of a marker that
// applies the suffixes, innermost first; one marker for all keeps the text short.
func (e *encoder) applySuffixes(at int, suffixes []suffix) {
	if len(suffixes) == 0 {
		return
	}
	if e.height += len(suffixes); e.height > maxHeight {
		e.tooDeep()
	}
	e.rowAt = -1
	e.surround(at, func(f *feed) ast.Expr {
		x := f.next()
		for _, s := range suffixes {
			x = s(x, f)
		}
		return x
	})
}

// casts moves over ::type ::type …
func (e *encoder) casts(at int) {
	var all []suffix
	for e.IsMark(0, "::") {
		all = append(all, e.cast())
	}
	e.applySuffixes(at, all)
}

func (e *encoder) cast() suffix {
	pos := e.Pos()
	e.At++
	t := e.typeName()
	return func(x ast.Expr, _ *feed) ast.Expr { return &ast.Cast{Pos: pos, Expr: x, Type: t} }
}

// collations moves over COLLATE c and AT TIME ZONE z, with the casts behind them.
func (e *encoder) collations(at int) {
	var all []suffix
	for {
		pos := e.Pos()
		switch {
		case e.Accept("collate"):
			c := e.anyName()
			all = append(all, func(x ast.Expr, _ *feed) ast.Expr {
				return &ast.Collate{Pos: pos, Expr: x, Collation: c}
			})
			for e.IsMark(0, "::") {
				all = append(all, e.cast())
			}
		case e.Accept("at", "time", "zone"):
			e.text(",")
			e.zone()
			all = append(all, func(x ast.Expr, f *feed) ast.Expr { return builtin(pos, "timezone", f.next(), x) })
		default:
			e.applySuffixes(at, all)
			return
		}
	}
}

// zone moves over the right side of AT TIME ZONE, which another AT TIME ZONE ends.
func (e *encoder) zone() {
	start := len(e.out)
	var signs []ast.Operator
	for e.IsMark(0, "-") || e.IsMark(0, "+") {
		signs = append(signs, ast.Operator{Pos: e.Pos(), Name: e.Peek(0).Text})
		e.At++
	}
	e.primary()
	e.casts(start)
	e.sign(start, signs)
	var all []suffix
	for e.Is("collate") {
		pos := e.Pos()
		e.At++
		c := e.anyName()
		all = append(all, func(x ast.Expr, _ *feed) ast.Expr {
			return &ast.Collate{Pos: pos, Expr: x, Collation: c}
		})
	}
	e.applySuffixes(start, all)
}

// anyName moves over the name of a collation or an operator class.
func (e *encoder) anyName() ast.Name { return e.Name() }

// primary moves over a literal, a column, a call, or what stands in parentheses.
func (e *encoder) primary() {
	t := e.Peek(0)
	pos := int(t.Pos)
	at := len(e.out)
	switch t.Kind {
	case lex.String:
		e.one(&ast.String{Pos: pos, Value: t.Text})
	case lex.BitString, lex.HexString:
		e.one(&ast.BitString{Pos: pos, Hex: t.Kind == lex.HexString, Text: t.Text})
	case lex.Integer, lex.Decimal:
		e.one(&ast.Number{Pos: pos, Text: t.Text})
	case lex.Param:
		n, err := strconv.ParseInt(t.Text, 10, 32)
		if err != nil || n == 0 {
			e.FailWith(pgerr.New(pgerr.UndefinedParameter, "there is no parameter $%s", t.Text), pos)
		}
		e.one(&ast.Param{Pos: pos, Index: int(n)})
		e.indirection(at)
	case lex.Word, lex.QuotedWord:
		e.word()
	default:
		if !e.IsMark(0, "(") {
			e.Fail()
		}
		e.group()
	}
}

// one writes a leaf for the next token and moves over it.
func (e *encoder) one(x ast.Expr) {
	e.leaf(x, e.At)
	e.At++
}

// group moves over ( query ), ( expr ) or the row ( expr, expr, … ), with subscripts.
func (e *encoder) group() {
	at, pos := len(e.out), e.Pos()
	if e.isQuery(1) {
		e.subquery()
		e.indirection(at)
		return
	}
	e.text("(")
	e.At++
	n := e.exprs()
	e.text(")")
	e.NeedMark(")")
	if n > 1 {
		e.row(at, n, pos, false)
	}
	e.rise()
	e.indirection(at)
	if e.rowAt = -1; n > 1 && !e.wrapped(at) {
		e.rowAt = at
	}
}

// wrapped reports whether a suffix was applied to what starts at index at.
func (e *encoder) wrapped(at int) bool { return len(e.out[at].before) > 0 }

// row makes the parenthesis at index at the row of n items.
func (e *encoder) row(at, n, pos int, explicit bool) {
	e.out[at].piece = piece{'e', int32(e.marker(func(f *feed) ast.Expr {
		r := &ast.Row{Pos: pos, Explicit: explicit}
		for range n {
			r.Elems = append(r.Elems, f.next())
		}
		return r
	})), "("}
}

// subquery moves over ( query ).
func (e *encoder) subquery() {
	if !e.IsMark(0, "(") {
		e.Fail()
	}
	e.text("(")
	doubled := e.doubled()
	e.query()
	e.text(")")
	for range doubled {
		e.NeedMark(")")
	}
}

// doubled moves over ((…( whose closing halves stand together and returns their number:
// MySQL takes no ((query)) as an operand.
func (e *encoder) doubled() int {
	n := 1
	for e.IsMark(1, "(") && e.Close(1) >= 0 && e.Close(1)+1 == e.Close(0) {
		n++
		e.At++
	}
	e.At++
	return n
}

// indirection moves over [i], [i:j], .field and .* behind what starts at index at.
func (e *encoder) indirection(at int) {
	var all []suffix
	for {
		switch {
		case e.IsMark(0, "["):
			all = append(all, e.subscript())
		case e.IsMark(0, ".") && e.IsMark(1, "*"):
			pos := e.Pos()
			e.At += 2
			all = append(all, func(x ast.Expr, _ *feed) ast.Expr { return &ast.Star{Pos: pos, Row: x} })
		case e.IsMark(0, "."):
			e.At++
			name := e.Label()
			all = append(all, func(x ast.Expr, _ *feed) ast.Expr {
				return &ast.Field{Pos: name.Pos, Expr: x, Name: name.Name}
			})
		default:
			e.applySuffixes(at, all)
			return
		}
	}
}

// subscript moves over [i] or [low:high].
func (e *encoder) subscript() suffix {
	s := ast.Subscript{Pos: e.Pos()}
	e.At++
	bound := func(end string) bool {
		if e.IsMark(0, end) {
			return false
		}
		e.text(",")
		e.expr()
		return true
	}
	low := bound(":")
	high := false
	if e.AcceptMark(":") {
		s.Slice = true
		high = bound("]")
	} else if !low {
		e.Fail()
	}
	e.NeedMark("]")
	return func(x ast.Expr, f *feed) ast.Expr {
		n := s
		n.Expr = x
		if low {
			n.Low = f.next()
		}
		if high {
			n.High = f.next()
		}
		return &n
	}
}

// word moves over an expression that starts with a word.
func (e *encoder) word() {
	t := e.Peek(0)
	if t.Kind == lex.Word {
		if start := starts[t.Text]; start != nil && start(e) {
			return
		}
		if ast.KeywordClass(t.Text) == ast.Reserved {
			e.Fail()
		}
		if e.typedLiteralAhead() {
			e.typedLiteral()
			return
		}
	}
	e.name()
}

// name moves over a column, t.*, a call, or a type before its literal.
func (e *encoder) name() {
	at, start, pos := len(e.out), e.At, e.Pos()
	quoted := e.Peek(0).Kind == lex.QuotedWord
	class := ast.NotKeyword
	if !quoted {
		class = ast.KeywordClass(e.Peek(0).Text)
	}
	parts := []string{e.Label().Name}
	for e.IsMark(0, ".") && !e.IsMark(1, "*") {
		e.At++
		parts = append(parts, e.Label().Name)
	}
	function := len(parts) > 1 && class != ast.TypeFunc || class <= ast.Unreserved || class == ast.TypeFunc && len(parts) == 1
	switch {
	case function && e.IsMark(0, "(") && e.Close(0) >= 0 && e.Peek(e.Close(0)-e.At+1).Kind == lex.String:
		e.genericLiteral(pos, parts)
	case function && e.IsMark(0, "("):
		e.call(e.functionName(pos, parts))
	case function && e.Peek(0).Kind == lex.String:
		e.genericLiteral(pos, parts)
	case class == ast.TypeFunc:
		e.Fail()
	case e.IsMark(0, ".") && e.IsMark(1, "*"):
		e.At += 2
		e.leaf(&ast.Star{Pos: pos, Table: parts}, start)
	default:
		e.leaf(&ast.ColumnRef{Pos: pos, Parts: parts}, start)
		if e.IsMark(0, "[") {
			e.indirection(at)
		}
	}
}

func (e *encoder) functionName(pos int, parts []string) ast.Name {
	n := ast.Name{Pos: pos, Name: parts[len(parts)-1]}
	switch len(parts) {
	case 1:
	case 2:
		n.Schema = parts[0]
	case 3:
		n.Catalog, n.Schema = parts[0], parts[1]
	default:
		e.FailWith(pgerr.New(pgerr.SyntaxError, "improper qualified name (too many dotted names): %s",
			strings.Join(parts, ".")), pos)
	}
	return n
}
