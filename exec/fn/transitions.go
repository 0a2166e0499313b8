package fn

import (
	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
)

// The functions behind PostgreSQL's aggregates whose states are values that SQL has, by its
// names: what CREATE AGGREGATE takes for SFUNC and FINALFUNC. The aggregates of
// Millrace are not made of them: exec/agg adds without rounding.

// Those of an operator each.
func init() {
	for _, t := range []string{"int2", "int4", "int8", "float4", "float8"} {
		for _, o := range []struct{ suffix, symbol string }{{"pl", "+"}, {"mi", "-"}, {"mul", "*"}, {"div", "/"}} {
			ofOperator(t+o.suffix, o.symbol, t)
		}
	}
	for _, o := range []struct{ name, symbol, typ string }{
		{"numeric_add", "+", "numeric"}, {"numeric_sub", "-", "numeric"}, {"numeric_mul", "*", "numeric"}, {"numeric_div", "/", "numeric"},
		{"interval_pl", "+", "interval"}, {"textcat", "||", "text"}, {"jsonb_concat", "||", "jsonb"},
	} {
		ofOperator(o.name, o.symbol, o.typ)
	}
}

// ofOperator registers the function that an operator between two values of a type is.
func ofOperator(name, symbol, typ string) {
	o := byID[symbol+"("+typ+","+typ+")"]
	scalar(name+"("+typ+", "+typ+") "+typeName(o.Ret), "The operator "+symbol+" by its name.", o.Kernel, func(s *Scalar) {
		like := *o
		like.Name, like.Params, like.Doc = s.Name, s.Params, s.Doc
		*s = like
	})
}

var (
	_ = scalar("int2larger(int2, int2) int2", "The greater of two values.", row2(func(x, y int32) int32 { return max(x, y) }))
	_ = scalar("int2smaller(int2, int2) int2", "The lesser of two values.", row2(func(x, y int32) int32 { return min(x, y) }))
	_ = scalar("int4larger(int4, int4) int4", "The greater of two values.", row2(func(x, y int32) int32 { return max(x, y) }))
	_ = scalar("int4smaller(int4, int4) int4", "The lesser of two values.", row2(func(x, y int32) int32 { return min(x, y) }))
	_ = scalar("int8larger(int8, int8) int8", "The greater of two values.", row2(func(x, y int64) int64 { return max(x, y) }))
	_ = scalar("int8smaller(int8, int8) int8", "The lesser of two values.", row2(func(x, y int64) int64 { return min(x, y) }))

	_ = scalar("booland_statefunc(bool, bool) bool", "The state of bool_and() and a further value.", row2(func(x, y bool) bool { return x && y }))
	_ = scalar("boolor_statefunc(bool, bool) bool", "The state of bool_or() and a further value.", row2(func(x, y bool) bool { return x || y }))
	_ = scalar("int8inc(int8) int8", "A count and one more.", row1e(func(n int64) (int64, error) { return countOn(n, 1) }), Fallible)
	_ = scalar("int8dec(int8) int8", "A count and one less.", row1e(func(n int64) (int64, error) { return countOn(n, -1) }), Fallible)
	_ = scalar("int8inc_any(int8, any) int8", "A count and one more, of whatever value.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		row1e(func(n int64) (int64, error) { return countOn(n, 1) })(c, a[:1], sel, n, out)
	}, Fallible)

	_ = scalar("int2_sum(int8, int2) int8", "The state of sum() and a further value.", addTo, NonStrict)
	_ = scalar("int4_sum(int8, int4) int8", "The state of sum() and a further value.", addTo, NonStrict)
	_ = scalar("int2_avg_accum(_int8, int2) _int8", "The state of avg(), a number of values and their sum, and a further value.", countSum(1), Fallible)
	_ = scalar("int4_avg_accum(_int8, int4) _int8", "The state of avg(), a number of values and their sum, and a further value.", countSum(1), Fallible)
	_ = scalar("int2_avg_accum_inv(_int8, int2) _int8", "The state of avg() without a value.", countSum(-1), Fallible)
	_ = scalar("int4_avg_accum_inv(_int8, int4) _int8", "The state of avg() without a value.", countSum(-1), Fallible)
	_ = scalar("int8_avg(_int8) numeric", "The mean that a state of avg() tells.", meanOfSums, Fallible)
	_ = scalar("int2int4_sum(_int8) int8", "The sum that a state of sum() tells.", totalOfSums, Fallible)
)

// countOn moves a count on.
func countOn(n, by int64) (int64, error) {
	if s := n + by; s < n == (by < 0) {
		return s, nil
	}
	return 0, pgerr.New(pgerr.NumericValueOutOfRange, "bigint out of range")
}

// addTo adds an integer to a sum, NULL before the first; a sum that is too great wraps around, as
// in PostgreSQL.
func addTo(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	sum, x := reader[int64](a[0], n), reader[int32](a[1], n)
	ms, mx := mask(a[0], n), mask(a[1], n)
	span(sel, n, func(i int) {
		begun, more := !a[0].Null(i&ms), !a[1].Null(i&mx)
		switch {
		case begun && more:
			out.I64[i] = sum(i) + int64(x(i))
		case begun:
			out.I64[i] = sum(i)
		case more:
			out.I64[i] = int64(x(i))
		default:
			c.SetNull(out, i)
		}
	})
}

// states reads arrays of a fixed number of elements, and makes others of them.
type states struct {
	*editor
	elements int
	message  string // the error of another array
	read     *col.Vector
}

func newStates(c *Ctx, elem col.Type, elements, n int, out *col.Vector, message string) *states {
	return &states{&editor{c: c, elem: elem, elems: c.Vec(elem), n: n, out: out}, elements, message, c.Vec(elem)}
}

// of is the elements of an argument, good until it is asked again.
func (s *states) of(v *col.Vector, i int) (*col.Vector, error) {
	a := s.editor.read(v, i)
	if a.Dims != 1 || a.N != s.elements || a.AnyNull() {
		return nil, pgerr.New(pgerr.InternalError, "%s", s.message)
	}
	s.read.Reset(s.elem)
	a.AppendTo(s.read, 0, a.N)
	return s.read, nil
}

func newSums(c *Ctx, n int, out *col.Vector) *states {
	return newStates(c, col.Int8, 2, n, out, "expected 2-element int8 array")
}

// sums are the number and the sum that a state of integers holds.
func (s *states) sums(v *col.Vector, i int) (count, sum int64, err error) {
	elems, err := s.of(v, i)
	if err != nil {
		return 0, 0, err
	}
	return elems.I64[0], elems.I64[1], nil
}

func (s *states) putSums(i int, count, sum int64, err error) {
	s.begin(col.Flat(2))
	s.elems.AppendI64(count)
	s.elems.AppendI64(sum)
	s.end(i, err)
}

// countSum adds a value, or takes one away. A sum that is too great wraps around, as in PostgreSQL.
func countSum(sign int64) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		s, x := newSums(c, n, out), reader[int32](a[1], n)
		span(sel, n, func(i int) {
			count, sum, err := s.sums(a[0], i)
			s.putSums(i, count+sign, sum+sign*int64(x(i)), err)
		})
	}
}

func totalOfSums(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	s := newSums(c, n, out)
	span(sel, n, func(i int) {
		count, sum, err := s.sums(a[0], i)
		if err == nil && count == 0 {
			err = errNull
		}
		if c.put(out, i, err) {
			out.I64[i] = sum
		}
	})
}

// meanOfSums divides as numeric / numeric does.
func meanOfSums(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	s := newSums(c, n, out)
	decimals(c, sel, n, out, func(i int, d *apd.Decimal) error {
		count, sum, err := s.sums(a[0], i)
		switch {
		case err != nil:
			return err
		case count == 0:
			return errNull
		}
		var x, y apd.Decimal
		numeric.SetInt64(&x, sum, 0)
		numeric.SetInt64(&y, count, 0)
		return numeric.Div(d, &x, &y)
	})
}
