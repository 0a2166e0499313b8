package tidbcore

import "github.com/millracedb/millrace/sql/ast"

// is moves over IS …; the test takes the whole condition so far.
func (e *encoder) is(s *chain, _ int) step {
	if levelIs <= s.floor {
		return stepEnd
	}
	if s.distinct {
		e.Fail()
	}
	pos, from := e.Pos(), s.whole
	e.At++
	not := e.Accept("not")
	if e.Accept("distinct", "from") {
		e.text(",")
		e.exprAbove(levelIs)
		e.surround(from, func(f *feed) ast.Expr {
			return &ast.IsDistinct{Pos: pos, Not: not, Left: f.next(), Right: f.next()}
		})
		s.completed(from)
		s.distinct = true
		return stepAgain
	}
	if e.OneOf(0, "document normalized nfc nfd nfkc nfkd") {
		e.Refuse(pos, "this IS test", "")
	}
	if !e.OneOf(0, "null true false unknown") {
		if e.Is("distinct") {
			e.FailAt(1)
		}
		e.Fail()
	}
	e.test(s, pos, not, isTests[e.Peek(0).Text])
	return stepAgain
}

var isTests = map[string]string{"null": "NULL", "true": "TRUE", "false": "FALSE", "unknown": "UNKNOWN"}

// isNull moves over ISNULL or NOTNULL.
func (e *encoder) isNull(s *chain, _ int) step {
	if levelIs <= s.floor {
		return stepEnd
	}
	if s.distinct {
		e.Fail()
	}
	e.test(s, e.Pos(), e.Is("notnull"), "NULL")
	return stepAgain
}

func (e *encoder) test(s *chain, pos int, not bool, test string) {
	from := s.whole
	e.surround(from, func(f *feed) ast.Expr {
		return &ast.IsTest{Pos: pos, Expr: f.next(), Not: not, Test: test}
	})
	e.At++
	s.completed(from)
}

var likeOperators = map[string][2]string{"like": {"~~", "!~~"}, "ilike": {"~~*", "!~~*"}}

// like moves over LIKE, ILIKE or SIMILAR TO.
func (e *encoder) like(s *chain, not int) step {
	word := e.Peek(not).Text
	if levelLike <= s.floor || word == "similar" && !e.IsAt(not+1, "to") {
		return stepEnd
	}
	if s.liked {
		e.Fail()
	}
	pos, at := e.Pos(), e.At
	e.At += not + 1
	name := map[string]string{"like": "LIKE", "ilike": "ILIKE", "similar": "SIMILAR TO"}[word]
	if word == "similar" {
		e.Need("to")
	} else if e.OneOf(0, "any some all") {
		e.quantified(s, ast.Operator{Pos: pos, Name: likeOperators[word][not]}, s.part)
		return stepAgain
	}
	e.write(piece{text: "|"}, at)
	e.op(operator{Operator: ast.Operator{Pos: pos, Name: name}, not: not == 1})
	s.liked, s.escapable, s.afterBool = true, true, false
	s.part = len(e.out)
	return stepOperand
}

func (e *encoder) escape(s *chain, _ int) step {
	if !s.escapable {
		return stepEnd
	}
	e.text("|")
	e.op(operator{Operator: ast.Operator{Pos: e.Pos(), Name: "ESCAPE"}})
	e.At++
	s.escapable = false
	s.part = len(e.out)
	return stepOperand
}

// between moves over BETWEEN low AND; high is the next operand.
func (e *encoder) between(s *chain, not int) step {
	if levelLike <= s.floor {
		return stepEnd
	}
	if s.liked {
		e.Fail()
	}
	pos := e.Pos()
	if not == 1 {
		e.text("NOT")
	}
	e.text("BETWEEN")
	e.At += not + 1
	o := operator{Operator: ast.Operator{Pos: pos, Name: "BETWEEN"}}
	if e.Accept("symmetric") {
		o.symmetric = true
	} else {
		e.Accept("asymmetric")
	}
	e.op(o)
	e.text("(")
	e.exprAbove(levelLike)
	e.text(")")
	e.text("AND")
	e.Need("and")
	s.liked, s.escapable, s.afterBool = true, false, false
	s.part = len(e.out)
	return stepOperand
}

// in moves over IN (…).
func (e *encoder) in(s *chain, not int) step {
	if levelLike <= s.floor {
		return stepEnd
	}
	if s.liked {
		e.Fail()
	}
	from := s.part
	if not == 1 {
		e.text("NOT")
	}
	e.text("IN")
	o := operator{Operator: ast.Operator{Pos: e.Pos(), Name: "IN"}}
	e.At += not + 1
	if e.IsMark(0, "(") && e.isQuery(1) {
		e.op(o)
		e.subquery()
	} else {
		e.text("(")
		e.NeedMark("(")
		e.op(o)
		e.exprs()
		e.text(")")
		e.NeedMark(")")
	}
	e.wrap(from, piece{text: "("})
	e.text(")")
	e.rise()
	s.completed(from)
	return stepAgain
}

// overlaps moves over OVERLAPS between two rows.
func (e *encoder) overlaps(_ *chain, _ int) step {
	if e.rowAt < 0 {
		return stepEnd
	}
	pos, from := e.Pos(), e.rowAt
	e.At++
	e.text(",")
	if !e.IsMark(0, "(") && !(e.Is("row") && e.IsMark(1, "(")) {
		e.Fail()
	}
	if e.IsMark(0, "(") && e.isQuery(1) {
		e.FailAt(1)
	}
	e.rowAt = -1
	e.primary()
	if e.rowAt < 0 { // no comma stood in the parentheses
		e.At--
		e.Fail()
	}
	e.rowAt = -1
	e.surround(from, func(f *feed) ast.Expr {
		left, right := f.next().(*ast.Row), f.next().(*ast.Row)
		return builtin(pos, "overlaps", append(append([]ast.Expr(nil), left.Elems...), right.Elems...)...)
	})
	return stepAgain
}
