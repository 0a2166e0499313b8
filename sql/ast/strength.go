package ast

// How tightly operators bind, as PostgreSQL's grammar orders them. An operand that binds
// no tighter than its operator is printed in parentheses.
const (
	bindOr = iota + 1
	bindAnd
	bindNot
	bindIs      // IS …
	bindCompare // < = > and their like, which do not chain
	bindLike    // LIKE, BETWEEN, IN
	bindOther   // any other operator, prefix ones too
	bindAdd
	bindMul
	bindPower
	bindCollate
	bindSign // unary + and -
	bindPrimary
)

var operatorStrength = map[string]int{
	"<": bindCompare, ">": bindCompare, "=": bindCompare, "<=": bindCompare, ">=": bindCompare, "<>": bindCompare,
	"+": bindAdd, "-": bindAdd, "*": bindMul, "/": bindMul, "%": bindMul, "^": bindPower,
}

// operand appends x, in parentheses unless it binds at least as tightly as least.
func operand(b []byte, x Expr, least int) []byte {
	if x.strength() >= least {
		return x.AppendTo(b)
	}
	return append(x.AppendTo(append(b, '(')), ')')
}

// base appends what a subscript applies to: a column, a parameter and a subscript stand
// bare, all else in parentheses.
func base(b []byte, x Expr) []byte {
	switch x.(type) {
	case *ColumnRef, *Param, *Subscript, *Subquery:
		return x.AppendTo(b)
	}
	return append(x.AppendTo(append(b, '(')), ')')
}
