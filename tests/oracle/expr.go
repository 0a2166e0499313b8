package oracle

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Expr computes a value from a row.
type Expr func(Row) Value

// Col is a column by position.
func Col(i int) Expr { return func(r Row) Value { return r[i] } }

// Const is the same value for every row.
func Const(v Value) Expr { return func(Row) Value { return v } }

// strict is a function that is NULL when an argument is, and fails when one has failed.
func strict(f func(v []Value) Value, args ...Expr) Expr {
	return func(r Row) Value {
		v := make([]Value, len(args))
		null := false
		for i, a := range args {
			v[i] = a(r)
			if v[i].K == Error {
				return v[i]
			}
			null = null || v[i].IsNull()
		}
		if null {
			return Value{}
		}
		return f(v)
	}
}

// And is false when one side is, else NULL when one is. The right side is not computed for
// rows for which the left is false.
func And(a, b Expr) Expr {
	return func(r Row) Value {
		x := a(r)
		if x.K == Error || x.IsFalse() {
			return x
		}
		if y := b(r); y.K == Error || y.IsFalse() || x.IsTrue() {
			return y
		}
		return Value{}
	}
}

// Not is NULL for NULL.
func Not(a Expr) Expr {
	return strict(func(v []Value) Value { return BoolOf(v[0].IsFalse()) }, a)
}

// Or is true when one side is, else NULL when one is.
func Or(a, b Expr) Expr { return Not(And(Not(a), Not(b))) }

// Comparison is = <> < <= > >=.
func Comparison(op string, a, b Expr) Expr {
	return strict(func(v []Value) Value {
		c := Compare(v[0], v[1])
		return BoolOf(map[string]bool{"=": c == 0, "<>": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op])
	}, a, b)
}

// Same is IS NOT DISTINCT FROM.
func Same(a, b Expr) Expr {
	return func(r Row) Value {
		x, y := a(r), b(r)
		if x.K == Error {
			return x
		}
		if y.K == Error {
			return y
		}
		if x.IsNull() || y.IsNull() {
			return BoolOf(x.IsNull() && y.IsNull())
		}
		return BoolOf(Compare(x, y) == 0)
	}
}

// IsNull is IS NULL.
func IsNull(a Expr) Expr {
	return func(r Row) Value {
		v := a(r)
		if v.K == Error {
			return v
		}
		return BoolOf(v.IsNull())
	}
}

// In is membership in a list: NULL when nothing is equal and something is NULL.
func In(a Expr, list ...Expr) Expr {
	e := Const(BoolOf(false))
	for _, b := range list {
		e = Or(e, Comparison("=", a, b))
	}
	return e
}

// Case is CASE WHEN cond THEN a ELSE b END; only the branch taken is computed.
func Case(cond, a, b Expr) Expr {
	return func(r Row) Value {
		c := cond(r)
		if c.K == Error {
			return c
		}
		if c.IsTrue() {
			return a(r)
		}
		return b(r)
	}
}

// Coalesce is the first that is not NULL.
func Coalesce(a, b Expr) Expr { return Case(IsNull(a), b, a) }

// Arith is + - * over numbers of one kind, or with an Int beside another kind, and / over
// Ints, which fails for zero.
func Arith(op string, a, b Expr) Expr {
	return strict(func(v []Value) Value {
		x, y := v[0], v[1]
		switch {
		case x.K == Int && y.K == Int:
			if op == "/" && y.I == 0 {
				return failed()
			}
			return IntOf(map[string]func(p, q int64) int64{
				"+": func(p, q int64) int64 { return p + q }, "-": func(p, q int64) int64 { return p - q },
				"*": func(p, q int64) int64 { return p * q }, "/": func(p, q int64) int64 { return p / q },
			}[op](x.I, y.I))
		case x.K == Float || y.K == Float:
			p, q := x.float(), y.float()
			return FloatOf(map[string]float64{"+": p + q, "-": p - q, "*": p * q}[op])
		}
		p, _ := x.rat()
		q, _ := y.rat()
		z := new(big.Rat)
		switch op {
		case "+":
			z.Add(p, q)
		case "-":
			z.Sub(p, q)
		case "*":
			z.Mul(p, q)
		}
		return NumericOf(z)
	}, a, b)
}

// Abs is the absolute value of an Int.
func Abs(a Expr) Expr {
	return strict(func(v []Value) Value { return IntOf(max(v[0].I, -v[0].I)) }, a)
}

// Round is a numeric rounded half away from zero to a whole number.
func Round(a Expr) Expr {
	return strict(func(v []Value) Value {
		r, _ := new(big.Rat).SetString(v[0].N.FloatString(0))
		return NumericOf(r)
	}, a)
}

// ToNumeric, ToFloat and ToText are casts of an Int.
func ToNumeric(a Expr) Expr {
	return strict(func(v []Value) Value { return NumericOf(new(big.Rat).SetInt64(v[0].I)) }, a)
}

// ToFloat is the cast of an Int to double.
func ToFloat(a Expr) Expr {
	return strict(func(v []Value) Value { return FloatOf(float64(v[0].I)) }, a)
}

// ToText is the cast of an Int to text.
func ToText(a Expr) Expr {
	return strict(func(v []Value) Value { return TextOf(strconv.FormatInt(v[0].I, 10)) }, a)
}

// Concat is ||.
func Concat(a, b Expr) Expr {
	return strict(func(v []Value) Value { return TextOf(v[0].S + v[1].S) }, a, b)
}

// Upper is upper().
func Upper(a Expr) Expr {
	return strict(func(v []Value) Value { return TextOf(strings.ToUpper(v[0].S)) }, a)
}

// Length counts characters.
func Length(a Expr) Expr {
	return strict(func(v []Value) Value { return IntOf(int64(len([]rune(v[0].S)))) }, a)
}

// Left is the first n characters.
func Left(a Expr, n int) Expr {
	return strict(func(v []Value) Value {
		r := []rune(v[0].S)
		return TextOf(string(r[:min(n, len(r))]))
	}, a)
}

// HasPrefix is LIKE 'prefix%'.
func HasPrefix(a Expr, prefix string) Expr {
	return strict(func(v []Value) Value { return BoolOf(strings.HasPrefix(v[0].S, prefix)) }, a)
}

// Later adds microseconds to a timestamp.
func Later(a Expr, micros int64) Expr {
	return strict(func(v []Value) Value { return TimeOf(v[0].I + micros) }, a)
}

// Floor cuts a timestamp down to a multiple of so many microseconds since 1970.
func Floor(a Expr, micros int64) Expr {
	return strict(func(v []Value) Value { return TimeOf(floor(v[0].I, micros)) }, a)
}

func floor(t, unit int64) int64 { return t - (t%unit+unit)%unit }

// all computes expressions; ok is false when one fails.
func all(exprs []Expr, r Row) (out Row, ok bool) {
	out = make(Row, len(exprs))
	for i, e := range exprs {
		if out[i] = e(r); out[i].K == Error {
			return nil, false
		}
	}
	return out, true
}

// Order is one term of ORDER BY.
type Order struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// order sorts rows.
func order(rows []Row, by []Order) []Row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return compareRows(a, b, by) })
	return rows
}

func compareRows(a, b Row, by []Order) int {
	for _, o := range by {
		x, y := o.Expr(a), o.Expr(b)
		c := 0
		switch {
		case x.IsNull() && y.IsNull():
		case x.IsNull():
			c = nullSide(o)
		case y.IsNull():
			c = -nullSide(o)
		default:
			if c = Compare(x, y); o.Desc {
				c = -c
			}
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func nullSide(o Order) int {
	if o.NullsFirst {
		return -1
	}
	return 1
}
