package tidbcore

import (
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// The levels of PostgreSQL's operators, loosest first.
const (
	levelNone = iota
	levelOr
	levelAnd
	levelNot
	levelIs
	levelCompare
	levelLike
	levelOther
	levelAdd
	levelMul
	levelPower
)

var operatorLevel = map[string]int{
	"<": levelCompare, ">": levelCompare, "=": levelCompare, "<=": levelCompare, ">=": levelCompare, "<>": levelCompare,
	"+": levelAdd, "-": levelAdd, "*": levelMul, "/": levelMul, "%": levelMul, "^": levelPower,
}

// chain is what the walk over operand {operator operand} remembers of its left side.
type chain struct {
	floor     int  // operators of this level and below end the expression
	whole     int  // where the operand of a following IS starts
	part      int  // where the operand of a following LIKE, IN or ANY starts
	compared  bool // a comparison stands since whole: they do not chain
	liked     bool // LIKE or BETWEEN stands since part's level: they do not chain
	distinct  bool // IS DISTINCT FROM stands: IS does not chain behind it
	escapable bool // ESCAPE may follow
	afterBool bool // the next operand starts a condition, so NOT may stand natively
}

// restart notes that a new condition starts at index at of the skeleton.
func (s *chain) restart(at int) {
	*s = chain{floor: s.floor, whole: at, part: at, afterBool: true}
}

// completed notes that everything from index at on has become one operand.
func (s *chain) completed(at int) {
	floor, distinct := s.floor, s.distinct
	inside := at > s.whole
	*s = chain{floor: floor, whole: min(s.whole, at), part: at, compared: s.compared && inside,
		liked: s.liked && inside, distinct: distinct}
}

// expr moves over an expression.
func (e *encoder) expr() { e.exprAbove(levelNone) }

// exprAbove moves over operand {operator operand} up to an operator of the level floor
// or a looser one.
func (e *encoder) exprAbove(floor int) {
	e.enter()
	defer e.leave()
	outer := e.height
	e.height = 0
	s := chain{floor: floor}
	s.restart(len(e.out))
	for {
		e.negatable(&s)
		if !e.binary(&s) {
			break
		}
		e.rise()
	}
	e.height = max(e.height, outer)
}

// negatable moves over an operand with its NOTs. Before a whole condition NOT goes out as
// it is; elsewhere MySQL has no place for it.
func (e *encoder) negatable(s *chain) {
	for e.Is("not") && s.afterBool {
		e.text("NOT")
		e.At++
		e.rise()
		s.floor = min(s.floor, levelNot)
		s.restart(len(e.out))
	}
	if !e.Is("not") {
		e.operand()
		return
	}
	pos := e.Pos()
	e.open('e', e.marker(func(f *feed) ast.Expr { return &ast.Not{Pos: pos, Expr: f.next()} }))
	e.At++
	e.exprAbove(levelNot)
	e.text(")")
}

// binary moves over what stands between two operands and reports whether an operand
// follows. Postfix tests are done whole, and what follows them is looked at next.
func (e *encoder) binary(s *chain) bool {
	for {
		var step step
		switch t := e.Peek(0); t.Kind {
		case lex.Operator:
			step = e.symbol(s, t)
		case lex.Word:
			if walk := between[t.Text]; walk != nil {
				step = walk(e, s, 0)
			}
		}
		switch step {
		case stepOperand:
			return true
		case stepEnd:
			return false
		}
	}
}

// step says what stands behind an operator.
type step uint8

const (
	stepEnd     step = iota // there was no operator of this expression
	stepOperand             // an operand
	stepAgain               // the operator had no right side; another may follow
)

// between holds the words that can stand between operands. Each walk is called with the
// cursor at the word, or at the NOT before it when not is 1.
var between map[string]func(e *encoder, s *chain, not int) step

func init() {
	between = map[string]func(e *encoder, s *chain, not int) step{
		"and": (*encoder).boolean, "or": (*encoder).boolean, "is": (*encoder).is,
		"isnull": (*encoder).isNull, "notnull": (*encoder).isNull, "not": (*encoder).not,
		"like": (*encoder).like, "ilike": (*encoder).like, "similar": (*encoder).like,
		"escape": (*encoder).escape, "between": (*encoder).between, "in": (*encoder).in,
		"operator": (*encoder).qualified, "overlaps": (*encoder).overlaps,
	}
}

func (e *encoder) boolean(s *chain, _ int) step {
	word, level := "AND", levelAnd
	if e.Is("or") {
		word, level = "OR", levelOr
	}
	if level <= s.floor {
		return stepEnd
	}
	e.text(word)
	e.op(operator{Operator: ast.Operator{Pos: e.Pos(), Name: word}})
	e.At++
	s.restart(len(e.out))
	return stepOperand
}

// not looks at NOT LIKE, NOT BETWEEN and NOT IN.
func (e *encoder) not(s *chain, _ int) step {
	if !e.OneOf(1, "like ilike similar between in") || levelLike <= s.floor {
		return stepEnd
	}
	return between[e.Peek(1).Text](e, s, 1)
}

// symbol moves over an operator made of symbols.
func (e *encoder) symbol(s *chain, t *lex.Token) step {
	level := operatorLevel[t.Text]
	text := t.Text
	if level == levelNone {
		level, text = levelOther, ">>"
	}
	if level <= s.floor || t.Text == "=>" {
		return stepEnd
	}
	op := ast.Operator{Pos: e.Pos(), Name: t.Text}
	return e.operatorBefore(s, op, level, text)
}

// qualified moves over OPERATOR(schema.op).
func (e *encoder) qualified(s *chain, _ int) step {
	if !e.IsMark(1, "(") || levelOther <= s.floor {
		return stepEnd
	}
	op := e.qualifiedOperator()
	e.At-- // operatorBefore moves over one token
	return e.operatorBefore(s, op, levelOther, ">>")
}

// operatorBefore writes a binary operator, or all of x op ANY (…).
func (e *encoder) operatorBefore(s *chain, op ast.Operator, level int, text string) step {
	if level == levelCompare && s.compared {
		e.Fail()
	}
	at := e.At
	e.At++
	if e.OneOf(0, "any some all") {
		from := s.part
		if level == levelCompare {
			from = s.whole
		}
		e.quantified(s, op, from)
		return stepAgain
	}
	e.write(piece{text: text}, at)
	e.op(operator{Operator: op})
	if level == levelCompare {
		s.compared, s.liked, s.escapable = true, false, false
		s.part = len(e.out)
	}
	s.afterBool = false
	return stepOperand
}

// quantified moves over ANY (…) or ALL (…), whose left side starts at index from.
func (e *encoder) quantified(s *chain, op ast.Operator, from int) {
	q := ast.Quantified{Pos: op.Pos, Op: op, All: e.Is("all")}
	e.At++
	e.text(",")
	query := e.IsMark(0, "(") && e.isQuery(1)
	if query {
		e.subquery()
	} else {
		e.NeedMark("(")
		e.expr()
		e.NeedMark(")")
	}
	e.surround(from, func(f *feed) ast.Expr {
		n := q
		n.Expr = f.next()
		if x := f.next(); query {
			n.Query = x.(*ast.Subquery).Query
		} else {
			n.Array = x
		}
		return &n
	})
	s.completed(from)
}

// qualifiedOperator moves over OPERATOR(schema.op).
func (e *encoder) qualifiedOperator() ast.Operator {
	op := ast.Operator{Pos: e.Pos()}
	e.Need("operator")
	e.NeedMark("(")
	if e.IsName(0) {
		op.Schema = e.Ident().Name
		e.NeedMark(".")
	}
	if e.Peek(0).Kind != lex.Operator {
		e.Fail()
	}
	op.Name = e.Peek(0).Text
	e.At++
	e.NeedMark(")")
	return op
}

// exprs moves over expressions with commas between them and returns how many there are.
func (e *encoder) exprs() int {
	for n := 1; ; n++ {
		e.expr()
		if !e.IsMark(0, ",") {
			return n
		}
		e.text(",")
		e.At++
	}
}
