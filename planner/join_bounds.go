package planner

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// bounds finds in the residual conditions of a join those that compare a time of one
// side with a time of the other: l.t >= r.t + 10 s. By them the engine forgets rows that no
// row to come can meet. What stands behind a condition that may fail is left alone: its
// errors would go with the pairs.
func (j *Join) bounds() (out []exec.TimeBound) {
	if j.Proc || j.NotIn || j.Kind == exec.Single {
		return nil
	}
	width := len(j.Left.Schema())
	for _, p := range j.Residual {
		for _, c := range expr.Conjuncts(p) {
			b, ok := timeBound(c, width)
			if ok {
				out = append(out, b)
			} else if fallible(c) {
				return out
			}
		}
	}
	return out
}

// boundByTime reports whether the sides shall lie in order of a time of each: no equality says
// which rows meet, but how far one of these times may be from the other, and watermarks let rows go.
func (j *Join) boundByTime(in []Properties) bool {
	if len(j.LeftKeys) > 0 || j.Kind == exec.Full || j.NullsEqual || j.timed() || !j.forgets(in) {
		return false
	}
	ranges := j.timeRanges()
	return !slices.ContainsFunc(ranges, func(r exec.RangeKey) bool { return r.Left != ranges[0].Left || r.Right != ranges[0].Right })
}

// timeRanges is bounds as they say where rows of one side lie for one of the other.
func (j *Join) timeRanges() (out []exec.RangeKey) {
	for _, b := range j.bounds() {
		r := exec.RangeKey{Left: b.Col, Right: b.Other, Op: ">=", Add: b.Add}
		if b.Side == 1 {
			r = exec.RangeKey{Left: b.Other, Right: b.Col, Op: "<=", Add: -b.Add}
		}
		out = append(out, r)
	}
	return out
}

// timeBound reads a comparison of two times as one, the greater side first.
func timeBound(x expr.Expr, width int) (b exec.TimeBound, ok bool) {
	c, is := x.(*expr.Call)
	if !is || len(c.Args()) != 2 {
		return b, false
	}
	great, less := c.Args()[0], c.Args()[1]
	switch c.Fn.Name {
	case ">=", ">":
	case "<=", "<":
		great, less = less, great
	default:
		return b, false
	}
	g, gs, ok1 := timeAndShift(great)
	l, ls, ok2 := timeAndShift(less)
	if !ok1 || !ok2 || !g.Type().Is(l.Type()) || (g.Index < width) == (l.Index < width) {
		return b, false
	}
	b = exec.TimeBound{Col: g.Index, Other: l.Index, Add: ls - gs}
	if g.Index >= width {
		b.Side, b.Col = 1, g.Index-width
	} else {
		b.Other -= width
	}
	return b, true
}

// timeAndShift takes a time column apart from the constant that is added to it, in µs. An
// interval of days counts where a day is always 24 hours.
func timeAndShift(x expr.Expr) (c *expr.Column, us int64, ok bool) {
	if c, ok := x.(*expr.Column); ok {
		oid := c.Type().OID
		return c, 0, oid == col.OIDTimestamp || oid == col.OIDTimestamptz
	}
	call, is := x.(*expr.Call)
	if !is || len(call.Args()) != 2 || call.Fn.Name != "+" && call.Fn.Name != "-" {
		return nil, 0, false
	}
	at, by := call.Args()[0], call.Args()[1]
	if _, first := by.(*expr.Column); first && call.Fn.Name == "+" {
		at, by = by, at
	}
	c, is = at.(*expr.Column)
	k, isConst := by.(*expr.Const)
	if !is || !isConst || k.Type().OID != col.OIDInterval || k.Value().Null(0) {
		return nil, 0, false
	}
	us, ok = fixedSpan(k.Value(), c.Type())
	if call.Fn.Name == "-" {
		us = -us
	}
	return c, us, ok
}

// fixedSpan is an interval in µs, where it is the same from any instant of the type.
func fixedSpan(v *col.Vector, t col.Type) (us int64, ok bool) {
	iv := fn.IntervalAt(v, 0)
	if iv.Months != 0 || iv.Days != 0 && t.OID != col.OIDTimestamp {
		return 0, false
	}
	days := int64(iv.Days) * datetime.Day
	us = iv.Micros + days
	return us, iv.Micros>>62 == iv.Micros>>63 // far from overflow
}

// bound says by which watermarks the rows of both sides go, "" where rows of one stay.
func (j *Join) bound(in []Properties) (both string, one string) {
	if k := j.timeKeys(in); len(k) > 0 && !in[0].Late && !in[1].Late && !j.NotIn && (j.Kind == exec.Inner || len(j.Residual) == 0) {
		return "the watermarks of both sides' " + j.Left.Schema()[j.LeftKeys[k[0]]].Name, ""
	}
	names := [2]string{}
	sides := [2]Node{j.Left, j.Right}
	for _, b := range j.bounds() {
		other := in[1-b.Side]
		if names[b.Side] == "" && in[b.Side].AppendOnly && !other.Late && slices.Contains(other.Watermarks, b.Other) {
			names[b.Side] = sides[1-b.Side].Schema()[b.Other].Name
		}
	}
	switch {
	case names[0] != "" && names[0] == names[1]:
		return "the watermarks of both sides' " + names[0], ""
	case names[0] != "" && names[1] != "":
		return fmt.Sprintf("the watermarks of %s and %s", names[0], names[1]), ""
	case names[0] != "":
		return "", "the left ones until the watermark of " + names[0] + " has passed them"
	case names[1] != "":
		return "", "the right ones until the watermark of " + names[1] + " has passed them"
	}
	return "", ""
}
