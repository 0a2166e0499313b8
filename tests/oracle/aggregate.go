package oracle

import (
	"math"
	"math/big"
	"slices"
)

// Aggregate is one call: count, sum, avg, min, max, bool_and, bool_or over the argument
// (nil: count(*)), over distinct values if asked, and over rows that pass Filter (nil: all).
type Aggregate struct {
	Function string
	Arg      Expr
	Distinct bool
	Filter   Expr
}

// Group is GROUP BY: rows of the keys, then the aggregates. Without keys there is one row,
// also over no input.
type Group struct {
	In   Node
	Keys []Expr
	Aggs []Aggregate
}

// Rows implements [Node].
func (n Group) Rows(db Database) (out []Row) {
	parts := partitions(n.In.Rows(db), n.Keys)
	if len(n.Keys) == 0 && len(parts) == 0 {
		parts = []*part{{}}
	}
	for _, p := range parts {
		row := append(Row{}, p.key...)
		for _, a := range n.Aggs {
			row = append(row, a.over(p.rows))
		}
		out = append(out, row)
	}
	return out
}

func (a Aggregate) over(rows []Row) Value {
	var values []Value
	seen := map[string]bool{}
	for _, r := range rows {
		if a.Filter != nil && !a.Filter(r).IsTrue() {
			continue
		}
		v := BoolOf(true)
		if a.Arg != nil {
			v = a.Arg(r)
		}
		if v.unknown() || a.Distinct && seen[v.Key()] {
			continue
		}
		seen[v.Key()] = true
		values = append(values, v)
	}
	if a.Function == "count" {
		return IntOf(int64(len(values)))
	}
	if len(values) == 0 {
		return Value{}
	}
	return functions[a.Function](values)
}

// functions are the aggregates of at least one value.
var functions = map[string]func([]Value) Value{
	"sum": sum,
	"avg": func(v []Value) Value {
		total := sum(v)
		if total.K == Float {
			return FloatOf(total.F / float64(len(v)))
		}
		r, _ := total.rat()
		return NumericOf(new(big.Rat).Quo(r, new(big.Rat).SetInt64(int64(len(v)))))
	},
	"min":             func(v []Value) Value { return best(v, -1) },
	"max":             func(v []Value) Value { return best(v, 1) },
	"var_pop":         variance,
	"bit_and":         func(v []Value) Value { return fold(v, func(a, b int64) int64 { return a & b }) },
	"bit_or":          func(v []Value) Value { return fold(v, func(a, b int64) int64 { return a | b }) },
	"bit_xor":         func(v []Value) Value { return fold(v, func(a, b int64) int64 { return a ^ b }) },
	"mode":            mode,
	"percentile_disc": func(v []Value) Value { return inOrder(v)[(len(v)-1)/2] }, // of 0.5
	"string_agg": func(v []Value) Value { // with commas, in order
		s := ""
		for i, x := range inOrder(v) {
			if i > 0 {
				s += ","
			}
			s += x.S
		}
		return TextOf(s)
	},
	"bool_and": func(v []Value) Value { return best(v, -1) },
	"bool_or":  func(v []Value) Value { return best(v, 1) },
}

func inOrder(values []Value) []Value {
	values = slices.Clone(values)
	slices.SortStableFunc(values, Compare)
	return values
}

func fold(values []Value, f func(a, b int64) int64) Value {
	x := values[0].I
	for _, v := range values[1:] {
		x = f(x, v.I)
	}
	return IntOf(x)
}

// mode is the most frequent value, of several the least.
func mode(values []Value) Value {
	var most Value
	times := 0
	for _, v := range inOrder(values) {
		n := 0
		for _, w := range values {
			if Compare(v, w) == 0 {
				n++
			}
		}
		if n > times {
			most, times = v, n
		}
	}
	return most
}

// variance is that of a population, exact.
func variance(values []Value) Value {
	n, total, squares := new(big.Rat).SetInt64(int64(len(values))), new(big.Rat), new(big.Rat)
	for _, v := range values {
		r, _ := v.rat()
		total.Add(total, r)
		squares.Add(squares, new(big.Rat).Mul(r, r))
	}
	squares.Mul(squares, n)
	squares.Sub(squares, total.Mul(total, total))
	return NumericOf(squares.Quo(squares, n.Mul(n, n)))
}

func best(values []Value, sign int) Value {
	b := values[0]
	for _, v := range values[1:] {
		if Compare(v, b)*sign > 0 {
			b = v
		}
	}
	return b
}

// sum is exact; of doubles it is rounded once.
func sum(values []Value) Value {
	total, special := new(big.Rat), 0.0
	for _, v := range values {
		if r, ok := v.rat(); ok {
			total.Add(total, r)
		} else {
			special += v.F // NaN, or infinities that may cancel to NaN
		}
	}
	switch {
	case values[0].K != Float:
		return NumericOf(total)
	case special != 0 || math.IsNaN(special):
		return FloatOf(special)
	}
	f, _ := total.Float64()
	return FloatOf(f)
}
