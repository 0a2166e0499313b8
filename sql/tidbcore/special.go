package tidbcore

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// special starts a call with key words among its arguments: it moves over the name and the
// parenthesis, unless the parenthesis is missing.
func (e *encoder) special() (pos int, ok bool) {
	pos, ok = e.Pos(), e.IsMark(1, "(")
	if ok {
		e.At += 2
	}
	return pos, ok
}

// extract moves over EXTRACT(field FROM x).
func (e *encoder) extract() bool {
	pos, ok := e.special()
	if !ok {
		return false
	}
	t := e.Peek(0)
	if t.Kind != lex.String && t.Kind != lex.QuotedWord &&
		(t.Kind != lex.Word || ast.KeywordClass(t.Text) != ast.NotKeyword && !e.OneOf(0, intervalFields)) {
		e.Fail()
	}
	field := &ast.String{Pos: int(t.Pos), Value: t.Text}
	e.At++
	e.Need("from")
	a := e.begin(func(f *feed) ast.Expr { return builtin(pos, "extract", field, f.next()) })
	a.expr()
	e.NeedMark(")")
	a.end()
	return true
}

// position moves over POSITION(a IN b), which is position(b, a).
func (e *encoder) position() bool {
	pos, ok := e.special()
	if !ok {
		return false
	}
	a := e.begin(func(f *feed) ast.Expr {
		part := f.next()
		return builtin(pos, "position", f.next(), part)
	})
	a.comma()
	e.exprAbove(levelLike)
	e.Need("in")
	a.comma()
	e.exprAbove(levelLike)
	e.NeedMark(")")
	a.end()
	return true
}

// plainArgs moves over the rest of a call whose key words are absent; the first argument
// has been moved over already unless first is set.
func (e *encoder) plainArgs(a *args, first bool) {
	for first || e.AcceptMark(",") {
		a.expr()
		first = false
	}
}

// overlay moves over OVERLAY(x PLACING y FROM i [FOR n]) or a plain call.
func (e *encoder) overlay() bool {
	pos, ok := e.special()
	if !ok {
		return false
	}
	name := ast.Name{Pos: pos, Name: "overlay"}
	a := e.begin(func(f *feed) ast.Expr { return &ast.Call{Pos: pos, Name: name, Args: f.args} })
	a.expr()
	if e.Accept("placing") {
		name.Schema = "pg_catalog"
		a.expr()
		e.Need("from")
		a.expr()
		if e.Accept("for") {
			a.expr()
		}
	} else {
		e.plainArgs(a, false)
	}
	e.NeedMark(")")
	a.end()
	return true
}

// substring moves over SUBSTRING(x FROM i [FOR n]), SUBSTRING(x SIMILAR p ESCAPE e) or a
// plain call.
func (e *encoder) substring() bool {
	pos, ok := e.special()
	if !ok {
		return false
	}
	call := ast.Call{Pos: pos, Name: ast.Name{Pos: pos, Name: "substring"}}
	var words []string
	a := e.begin(func(f *feed) ast.Expr {
		n := call
		n.Args = substringArgs(words, f.args)
		return &n
	})
	if !e.IsMark(0, ")") {
		a.expr()
	}
	for a.n > 0 && e.OneOf(0, "from for similar") && len(words) < 2 {
		words = append(words, e.Label().Name)
		if len(words) == 2 && (words[0] == words[1] || words[1] == "similar") {
			e.At--
			e.Fail()
		}
		a.expr()
		if words[0] == "similar" {
			e.Need("escape")
			a.expr()
			break
		}
	}
	if len(words) > 0 {
		call.Name.Schema = "pg_catalog"
	} else if a.n > 0 {
		e.plainArgs(a, false)
	}
	e.NeedMark(")")
	a.end()
	return true
}

// substringArgs puts the arguments of SUBSTRING into the order of the function's.
func substringArgs(words []string, all []ast.Expr) []ast.Expr {
	switch {
	case len(words) == 1 && words[0] == "for":
		pos := all[1].Position()
		return []ast.Expr{all[0], &ast.Number{Pos: pos, Text: "1"},
			&ast.Cast{Pos: pos, Expr: all[1], Type: &ast.TypeName{Pos: pos, Name: "int4"}}}
	case len(words) == 2 && words[0] == "for":
		return []ast.Expr{all[0], all[2], all[1]}
	}
	return all
}

// trim moves over TRIM([BOTH | LEADING | TRAILING] [x] [FROM] y, …).
func (e *encoder) trim() bool {
	pos, ok := e.special()
	if !ok {
		return false
	}
	name := "btrim"
	switch {
	case e.Accept("both"):
	case e.Accept("leading"):
		name = "ltrim"
	case e.Accept("trailing"):
		name = "rtrim"
	}
	moved := false // the first argument is what is trimmed off
	a := e.begin(func(f *feed) ast.Expr {
		all := f.args
		if moved {
			all = append(append([]ast.Expr(nil), all[1:]...), all[0])
		}
		return builtin(pos, name, all...)
	})
	if !e.Accept("from") {
		a.expr()
		if moved = e.Accept("from"); moved {
			a.expr()
		}
		e.plainArgs(a, false)
	} else {
		e.plainArgs(a, true)
	}
	e.NeedMark(")")
	a.end()
	return true
}

// normalize moves over NORMALIZE(x [, form]).
func (e *encoder) normalize() bool {
	pos, ok := e.special()
	if !ok {
		return false
	}
	var form ast.Expr
	a := e.begin(func(f *feed) ast.Expr {
		call := builtin(pos, "normalize", f.args...)
		if form != nil {
			call.Args = append(call.Args, form)
		}
		return call
	})
	a.expr()
	if e.AcceptMark(",") {
		if !e.OneOf(0, "nfc nfd nfkc nfkd") {
			e.Fail()
		}
		w := e.Label()
		form = &ast.String{Pos: w.Pos, Value: w.Name}
	}
	e.NeedMark(")")
	a.end()
	return true
}
