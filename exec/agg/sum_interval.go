package agg

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

var (
	_ = aggregate("sum(interval) interval", "Adds up values.", spansSize, func(Heap, bool) Kernel { return sumInterval{} })
	_ = aggregate("avg(interval) interval", "The arithmetic mean.", spansSize, func(Heap, bool) Kernel { return avgInterval{} })
	_ = fallible(byID["sum(interval)"])
	_ = fallible(byID["avg(interval)"])
)

// spans is the accumulator over intervals.
type spans struct {
	n, months, days int64
	micros          numeric.Int128
}

const spansSize = int(unsafe.Sizeof(spans{}))

type sumInterval struct{ fixed }

func (sumInterval) Update(_ *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64) {
	v := args[0]
	for i, p := range at {
		if v.Null(i) {
			continue
		}
		a, k := (*spans)(unsafe.Add(p, off)), weight(w, i)
		months, days, us := col.IntervalParts(v.Wide[i])
		a.n += k
		a.months += int64(months) * k
		a.days += int64(days) * k
		a.micros, _ = a.micros.Add(numeric.Mul64(us, k))
	}
}

// interval is the sum; false: out of range.
func (a *spans) interval() (datetime.Interval, bool) {
	if a.months != int64(int32(a.months)) || a.days != int64(int32(a.days)) || !a.micros.IsInt64() {
		return datetime.Interval{}, false
	}
	return datetime.Interval{Months: int32(a.months), Days: int32(a.days), Micros: int64(a.micros.Lo)}, true
}

func (sumInterval) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	resultInterval(c, at, off, out, func(a *spans) (datetime.Interval, bool) { return a.interval() })
}

func resultInterval(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector, f func(*spans) (datetime.Interval, bool)) {
	out.Resize(len(at))
	for i, p := range at {
		a := (*spans)(unsafe.Add(p, off))
		if a.n == 0 {
			c.SetNull(out, i)
			continue
		}
		iv, ok := f(a)
		if !ok {
			c.Fail(out, i, pgerr.New(pgerr.DatetimeFieldOverflow, "interval out of range"))
			continue
		}
		out.Wide[i] = col.IntervalLane(iv.Months, iv.Days, iv.Micros)
	}
}

func (sumInterval) Merge(into, from []unsafe.Pointer, off uintptr) {
	for i, p := range into {
		a, b := (*spans)(unsafe.Add(p, off)), (*spans)(unsafe.Add(from[i], off))
		a.n += b.n
		a.months += b.months
		a.days += b.days
		a.micros, _ = a.micros.Add(b.micros)
	}
}

type avgInterval struct{ sumInterval }

func (avgInterval) Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector) {
	resultInterval(c, at, off, out, func(a *spans) (datetime.Interval, bool) {
		iv, ok := a.interval()
		if !ok {
			return iv, false
		}
		iv, err := datetime.DivInterval(iv, float64(a.n))
		return iv, err == nil
	})
}
