package oracle

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Kind is the class of a value.
type Kind uint8

// The kinds. An Error is what an expression gives for a row that it cannot compute.
const (
	Null Kind = iota
	Bool
	Int
	Numeric
	Float
	Text
	Time // a timestamp: µs since 1970-01-01
	Error
)

// Value is an SQL value. The zero Value is NULL.
type Value struct {
	K Kind
	I int64 // of Bool (0 or 1), Int and Time
	N *big.Rat
	F float64
	S string
}

// Row is the values of one row.
type Row []Value

// IntOf makes an integer.
func IntOf(i int64) Value { return Value{K: Int, I: i} }

// NumericOf makes a numeric.
func NumericOf(n *big.Rat) Value { return Value{K: Numeric, N: n} }

// FloatOf makes a double.
func FloatOf(f float64) Value { return Value{K: Float, F: f} }

// TextOf makes a text.
func TextOf(s string) Value { return Value{K: Text, S: s} }

// TimeOf makes a timestamp.
func TimeOf(micros int64) Value { return Value{K: Time, I: micros} }

func failed() Value { return Value{K: Error} }

// IsNull tells NULL.
func (v Value) IsNull() bool { return v.K == Null }

// IsTrue tells true from false and NULL.
func (v Value) IsTrue() bool { return v.K == Bool && v.I == 1 }

// IsFalse tells false from true and NULL.
func (v Value) IsFalse() bool { return v.K == Bool && v.I == 0 }

func (v Value) unknown() bool           { return v.K == Null || v.K == Error }
func parseError(k Kind, s string) error { return fmt.Errorf("%q is no value of kind %d", s, k) }

// BoolOf makes a boolean.
func BoolOf(b bool) Value {
	if b {
		return Value{K: Bool, I: 1}
	}
	return Value{K: Bool}
}

// rat is a number's exact value; ok is false for NaN and the infinities.
func (v Value) rat() (r *big.Rat, ok bool) {
	switch v.K {
	case Int:
		return new(big.Rat).SetInt64(v.I), true
	case Numeric:
		return v.N, true
	}
	r = new(big.Rat)
	return r, r.SetFloat64(v.F) != nil
}

// float is a number as a double.
func (v Value) float() float64 {
	if v.K == Float {
		return v.F
	}
	r, _ := v.rat()
	f, _ := r.Float64()
	return f
}

// Compare orders two values of one class, neither NULL: numbers by value with NaN above all
// others, texts by bytes, false before true.
func Compare(a, b Value) int {
	switch {
	case a.K == Text:
		return strings.Compare(a.S, b.S)
	case a.K == Bool || a.K == Time || a.K == Int && b.K == Int:
		return cmp.Compare(a.I, b.I)
	case a.K == Float || b.K == Float:
		x, y := a.float(), b.float()
		if math.IsNaN(x) || math.IsNaN(y) {
			return cmp.Compare(asInt(math.IsNaN(x)), asInt(math.IsNaN(y)))
		}
		return cmp.Compare(x, y)
	}
	x, _ := a.rat()
	y, _ := b.rat()
	return x.Cmp(y)
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// places is how many decimal places of a number the key keeps. Averages are rounded by the
// engine, some places further on.
const places = 7

// Key is a text that two values have in common exactly when neither is distinct from the
// other, in the SQL sense; numbers are rounded to seven places, doubles to twelve digits.
func (v Value) Key() string {
	switch v.K {
	case Null:
		return "NULL"
	case Bool:
		return strconv.FormatBool(v.I == 1)
	case Int:
		return strconv.FormatInt(v.I, 10)
	case Numeric:
		s := v.N.FloatString(places)
		if s = strings.TrimRight(strings.TrimRight(s, "0"), "."); s == "-0" {
			return "0"
		}
		return s
	case Float:
		if v.F == 0 {
			return "0"
		}
		return strconv.FormatFloat(v.F, 'g', 12, 64)
	case Time:
		return time.UnixMicro(v.I).UTC().Format("2006-01-02 15:04:05.999999")
	case Error:
		return "ERROR"
	}
	return "'" + v.S + "'"
}

// Key is the keys of a row's values.
func (r Row) Key() string {
	parts := make([]string, len(r))
	for i, v := range r {
		parts[i] = v.Key()
	}
	return strings.Join(parts, " | ")
}

// Parse reads the text form that a server gives for a value.
func Parse(k Kind, s string) (Value, error) {
	switch k {
	case Bool:
		return BoolOf(s == "t"), nil
	case Int:
		i, err := strconv.ParseInt(s, 10, 64)
		return IntOf(i), err
	case Numeric:
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			return Value{}, parseError(k, s)
		}
		return NumericOf(r), nil
	case Float:
		f, err := strconv.ParseFloat(s, 64)
		return FloatOf(f), err
	case Time:
		t, err := time.Parse("2006-01-02 15:04:05.999999", s)
		return TimeOf(t.UnixMicro()), err
	case Text:
		return TextOf(s), nil
	}
	return Value{}, parseError(k, s)
}
