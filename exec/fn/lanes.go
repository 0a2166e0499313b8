package fn

import (
	"errors"
	"unsafe"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/typeio"
)

// mask is what an index into an argument is ANDed with: 0 for a constant, which has one
// value, and all ones otherwise.
func mask(v *col.Vector, n int) int {
	if v.N == 1 && n != 1 {
		return 0
	}
	return -1
}

// laneOf are the lane types of fixed width.
type laneOf interface {
	int32 | uint32 | int64 | float32 | float64 | [2]uint64
}

// lanes is the lane slice of the element type.
func lanes[T laneOf](v *col.Vector) []T {
	var p unsafe.Pointer
	var z T
	switch any(z).(type) {
	case int32, uint32:
		p = unsafe.Pointer(&v.I32)
	case int64:
		p = unsafe.Pointer(&v.I64)
	case float32:
		p = unsafe.Pointer(&v.F32)
	case float64:
		p = unsafe.Pointer(&v.F64)
	default:
		p = unsafe.Pointer(&v.Wide)
	}
	return *(*[]T)(p)
}

// span calls f for each lane of the selection.
func span(sel []uint32, n int, f func(i int)) {
	if sel == nil {
		for i := range n {
			f(i)
		}
		return
	}
	for _, i := range sel {
		f(int(i))
	}
}

// Each calls f for each lane of sel (nil: all of 0…n-1).
func Each(sel []uint32, n int, f func(i int)) { span(sel, n, f) }

// errNull is returned by row functions whose result is NULL.
var errNull = errors.New("null")

// uuid is the lane of a uuid, told apart from an interval's.
type uuid [2]uint64

// dec is a numeric argument or result in its general form.
type dec = *apd.Decimal

// reader returns a function that reads lane i of an argument as A: bool, int32, int64,
// float32, float64, []byte (any view's bytes, valid as long as the argument),
// datetime.Interval, uuid, dec (valid until the reader is asked again) jsonb.Value or jsonb.Path (text[]).
func reader[A any](v *col.Vector, n int) func(i int) A {
	m := mask(v, n)
	var z A
	var f any
	switch any(z).(type) {
	case bool:
		f = func(i int) bool { return v.Bool(i & m) }
	case int32:
		f = func(i int) int32 { return v.I32[i&m] }
	case int64:
		f = func(i int) int64 { return v.I64[i&m] }
	case float32:
		f = func(i int) float32 { return v.F32[i&m] }
	case float64:
		f = func(i int) float64 { return v.F64[i&m] }
	case []byte:
		f = func(i int) []byte { return v.Bytes(i & m) }
	case datetime.Interval:
		f = func(i int) datetime.Interval { return intervalOf(v.Wide[i&m]) }
	case uuid:
		f = func(i int) uuid { return uuid(v.Wide[i&m]) }
	case dec:
		d := new(apd.Decimal)
		f = func(i int) dec { readDec(d, v, i&m); return d }
	case jsonb.Value:
		f = func(i int) jsonb.Value { return jsonb.Value(v.Bytes(i & m)) }
	case jsonb.Path:
		f = func(i int) jsonb.Path { return typeio.TextArray(v.Bytes(i & m)).Elems() }
	default:
		panic("fn: no reader of the type")
	}
	return f.(func(int) A)
}

// IntervalAt reads an interval that is not NULL.
func IntervalAt(v *col.Vector, i int) datetime.Interval { return intervalOf(v.Wide[i]) }

func intervalOf(w [2]uint64) datetime.Interval {
	m, d, us := col.IntervalParts(w)
	return datetime.Interval{Months: m, Days: d, Micros: us}
}

func intervalLane(iv datetime.Interval) [2]uint64 {
	return col.IntervalLane(iv.Months, iv.Days, iv.Micros)
}

// readDec reads a numeric in either form. Bytes that are no numeric read as NaN.
func readDec(d *apd.Decimal, v *col.Vector, i int) {
	if v.Kind == col.KindD64 {
		numeric.SetInt64(d, v.I64[i], v.Scale)
		return
	}
	if numeric.Stored(v.Bytes(i), d) != nil {
		d.Form = apd.NaN
	}
}

// writer returns a function that writes lane i of a result, copying bytes.
func writer[R any](out *col.Vector) func(i int, r R) {
	var z R
	var f any
	switch any(z).(type) {
	case bool:
		f = func(i int, r bool) { out.SetBool(i, r) }
	case int32:
		f = func(i int, r int32) { out.I32[i] = r }
	case int64:
		f = func(i int, r int64) { out.I64[i] = r }
	case float32:
		f = func(i int, r float32) { out.F32[i] = r }
	case float64:
		f = func(i int, r float64) { out.F64[i] = r }
	case []byte:
		f = func(i int, r []byte) { out.SetBytes(i, r) }
	case datetime.Interval:
		f = func(i int, r datetime.Interval) { out.Wide[i] = intervalLane(r) }
	case uuid:
		f = func(i int, r uuid) { out.Wide[i] = r }
	case dec:
		var buf []byte
		f = func(i int, r dec) {
			buf = numeric.AppendStored(buf[:0], r)
			out.SetBytes(i, buf)
		}
	case jsonb.Value:
		f = func(i int, r jsonb.Value) { out.SetBytes(i, r) }
	default:
		panic("fn: no writer of the type")
	}
	return f.(func(int, R))
}
