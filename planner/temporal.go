package planner

import (
	"slices"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// tellsTime reports whether a function's result changes as time passes.
func tellsTime(f *fn.Scalar) bool {
	switch f.Name {
	case "now", "transaction_timestamp", "statement_timestamp", "current_timestamp", "localtimestamp", "localtime", "current_date":
		return true
	case "age":
		return len(f.Params) == 1
	}
	return false
}

// readsTime reports whether an expression changes as time passes.
func readsTime(x expr.Expr) bool { return slices.ContainsFunc(expr.Functions(x), tellsTime) }

// temporal puts Temporal nodes in the place of the conditions of a standing plan that read
// the time; whoever else reads it is refused (V7).
func (e *env) temporal(root Node) (Node, error) {
	var failed error
	root = rewrite(root, func(n Node) Node {
		if f, ok := n.(*Filter); ok && failed == nil {
			n, failed = e.temporalFilter(f)
		}
		_, done := n.(*Temporal)
		if failed == nil && !done && slices.ContainsFunc(n.exprs(), readsTime) {
			failed = e.timeRefused()
		}
		return n
	})
	return root, failed
}

// timeRefused says where now() may stand in a view.
func (e *env) timeRefused() error {
	err := pgerr.New(pgerr.FeatureNotSupported, "now() in a materialized view is supported only where a time of the row is compared with it").
		WithHint("Write WHERE ts > now() - INTERVAL '1 hour': the time of the row alone on one side, and now() with constants on the other. Or give a column of the table now() as its DEFAULT.")
	if len(e.times) == 1 {
		return e.at(e.times[0], err)
	}
	return err
}

// temporalFilter parts a filter's conditions by whether they read the time. A condition that
// may fail stays behind those it was written after.
func (e *env) temporalFilter(f *Filter) (Node, error) {
	var conds []expr.Expr
	for _, p := range f.Preds {
		conds = append(conds, expr.Conjuncts(p)...)
	}
	if !slices.ContainsFunc(conds, readsTime) {
		return f, nil
	}
	n := f.Input
	var plain []expr.Expr
	var bounds []temporalBound
	end := func() {
		n = filtered(n, plain)
		if len(bounds) > 0 {
			n = &Temporal{n, bounds}
		}
		plain, bounds = nil, nil
	}
	for _, x := range conds {
		if !readsTime(x) {
			if len(bounds) > 0 && (fallible(x) || slices.ContainsFunc(bounds, func(b temporalBound) bool { return fallible(b.Pred.Args()[0]) })) {
				end()
			}
			plain = append(plain, x)
			continue
		}
		more, err := e.temporalBounds(x)
		if err != nil {
			return nil, err
		}
		bounds = append(bounds, more...)
	}
	end()
	return n, nil
}

// mirrored is a comparison read from its other side.
var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}

// isTemporal reports whether a comparison has a time of the row on its left and one that
// now() alone gives on its right, of one type.
func isTemporal(c *expr.Call) bool {
	args := c.Args()
	if len(args) != 2 || mirrored[c.Fn.Name] == "" || c.Fn.Name == "=" {
		return false
	}
	oid := args[0].Type().OID
	timely := oid == col.OIDTimestamptz || oid == col.OIDTimestamp || oid == col.OIDDate
	return timely && args[1].Type().OID == oid && !readsTime(args[0]) && readsTime(args[1]) && !readsColumns(args[1])
}

// temporalBounds reads a condition as comparisons of the row with now(): two for an equality.
func (e *env) temporalBounds(x expr.Expr) (out []temporalBound, err error) {
	c, ok := x.(*expr.Call)
	if !ok || len(c.Args()) != 2 || mirrored[c.Fn.Name] == "" {
		return nil, e.timeRefused()
	}
	name, row, now := c.Fn.Name, c.Args()[0], c.Args()[1]
	if readsTime(row) {
		name, row, now = mirrored[name], now, row
	}
	names := []string{name}
	if name == "=" {
		names = []string{">=", "<="}
	}
	for _, name := range names {
		m, err := expr.CallOperator(e.ctx, name, row, now)
		if err != nil {
			return nil, err
		}
		pred, ok := m.(*expr.Call)
		if !ok || !isTemporal(pred) {
			return nil, e.timeRefused()
		}
		p, ok := e.passing(pred.Args()[1])
		if !ok {
			return nil, e.timeRefused()
		}
		if _, err := evaluateOnce(e.ctx, pred.Args()[1]); err != nil {
			return nil, err
		}
		out = append(out, temporalBound{Pred: pred, Low: p.low, High: p.high, Slot: p.slot, Origin: p.origin, Steps: p.steps})
	}
	return out, nil
}

// quarter is what offsets from UTC, and so the changes of clocks, are multiples of.
const quarter = 15 * 60 * datetime.Second

// passing is how a time that now() gives moves as time passes: at the instant t it lies
// between t+low and t+high, all in µs.
type passing struct {
	low, high int64
	steps     bool  // it stands still within a slot
	slot      int64 // in which it moves evenly, the calendar and the clocks permitting
	origin    int64
	micros    int64 // that were added since now(), the calendar apart
}

// passing finds how an expression over now() and constants moves. ok is false for what does
// not go forward with time, day by day.
func (e *env) passing(x expr.Expr) (p passing, ok bool) {
	c, is := x.(*expr.Call)
	if !is {
		return p, false
	}
	if tellsTime(c.Fn) {
		return e.passingNow(c)
	}
	args := c.Args()
	switch {
	case len(args) == 1:
		if p, ok = e.passing(args[0]); !ok {
			return p, false
		}
		return e.passingCast(p, args[0].Type(), c)
	case len(args) == 2 && (c.Fn.Name == "+" || c.Fn.Name == "-"):
		at, by := args[0], args[1]
		if readsTime(by) && c.Fn.Name == "+" {
			at, by = by, at
		}
		k, isConst := by.(*expr.Const)
		if p, ok = e.passing(at); !ok || !isConst || k.IsNull() {
			return p, false
		}
		return e.passingPlus(p, at.Type(), k, c.Fn.Name == "-")
	case len(args) == 2 && c.Fn.Name == "date_trunc":
		k, isConst := args[0].(*expr.Const)
		if p, ok = e.passing(args[1]); !ok || !isConst || k.IsNull() {
			return p, false
		}
		return e.passingTrunc(p, args[1].Type(), string(k.Value().Bytes(0)))
	}
	return p, false
}

// passingNow is what the session's clocks show, by a function of PostgreSQL's.
func (e *env) passingNow(c *expr.Call) (p passing, ok bool) {
	p = passing{slot: datetime.Day}
	if len(c.Args()) > 0 || c.Fn.Name == "localtime" || c.Fn.Name == "age" {
		return p, false
	}
	return e.passingCast(p, col.Timestamptz, c)
}

// passingCast is the same time as another type.
func (e *env) passingCast(p passing, from col.Type, c *expr.Call) (passing, bool) {
	to := c.Type()
	known := slices.Contains([]string{"timestamptz", "timestamp", "date"}, c.Fn.Name) || tellsTime(c.Fn)
	if !known || to.Mod >= 0 {
		return p, false
	}
	if zoned := col.OIDTimestamptz; (from.OID == zoned) != (to.OID == zoned) {
		off, fixed := e.offset()
		if to.OID == zoned {
			off = -off
		}
		p.low, p.high = p.low+off, p.high+off
		if !fixed {
			p = p.loosened(datetime.Day, quarter)
		}
	}
	if to.OID == col.OIDDate && from.OID != col.OIDDate {
		return e.truncated(p, col.Timestamp, datetime.Day)
	}
	return p, true
}

// loosened is a time that may be off by a span, and moves evenly in slots of a size only.
func (p passing) loosened(span, slot int64) passing {
	p.low, p.high, p.slot = p.low-span, p.high+span, min(p.slot, slot)
	return p
}

// offset is what the session's clocks are ahead of UTC, and whether they always are.
func (e *env) offset() (us int64, fixed bool) {
	zone := e.ctx.Settings.Zone
	if zone == nil || zone == time.UTC {
		return 0, true
	}
	start, end := datetime.ToTime(e.ctx.Now).In(zone).ZoneBounds()
	us = datetime.ToLocal(e.ctx.Now, zone) - e.ctx.Now
	return us, start.IsZero() && end.IsZero() && us%quarter == 0
}

// calendar says that days and months are told from a time of the type: on the session's
// clocks, where it is a timestamptz.
func (e *env) calendar(p passing, t col.Type) (passing, bool) {
	off, fixed := e.offset()
	if p.micros%quarter != 0 {
		return p, false
	}
	if p.micros%datetime.Day != 0 || !fixed && p.slot != datetime.Day {
		p.slot = min(p.slot, quarter)
	}
	if p.slot == datetime.Day {
		p.origin = -off
	}
	if t.OID == col.OIDTimestamptz && !fixed {
		p = p.loosened(datetime.Day, quarter)
		p.origin = 0
	}
	return p, true
}

// passingPlus adds days to a date, or an interval to a time.
func (e *env) passingPlus(p passing, t col.Type, k *expr.Const, minus bool) (passing, bool) {
	sign := int64(1)
	if minus {
		sign = -1
	}
	var months, days, micros int64
	switch k.Type().OID {
	case col.OIDInt4:
		days = sign * int64(k.Value().I32[0])
	case col.OIDInterval:
		iv := fn.IntervalAt(k.Value(), 0)
		months, days, micros = sign*int64(iv.Months), sign*int64(iv.Days), sign*iv.Micros
	default:
		return p, false
	}
	if max(months, -months) > 12*10_000 || max(days, -days) > 10_000*366 || max(micros, -micros) > 10_000*366*datetime.Day {
		return p, false
	}
	ok := true
	if _, fixed := e.offset(); months != 0 || days != 0 && t.OID == col.OIDTimestamptz && !fixed {
		if p, ok = e.calendar(p, t); !ok {
			return p, false
		}
	}
	low, high := monthDays(months)
	p.low, p.high = p.low+(low+days)*datetime.Day+micros, p.high+(high+days)*datetime.Day+micros
	p.micros += micros
	return p, true
}

// monthDays is how many days so many months are, at least and at most.
func monthDays(months int64) (low, high int64) {
	if months < 0 {
		low, high = monthDays(-months)
		return -high, -low
	}
	return months/12*365 + months%12*28, months/12*366 + months%12*31
}

// truncations are the spans that date_trunc takes from a time at most.
var truncations = map[string]int64{"hour": datetime.Day / 24, "day": datetime.Day, "week": 7 * datetime.Day, "month": 31 * datetime.Day,
	"quarter": 92 * datetime.Day, "year": 366 * datetime.Day, "decade": 3660 * datetime.Day, "century": 36600 * datetime.Day, "millennium": 366_000 * datetime.Day}

func (e *env) passingTrunc(p passing, t col.Type, unit string) (passing, bool) {
	span, ok := truncations[unit]
	if !ok {
		return p, false
	}
	if unit == "hour" {
		p.slot = quarter
	}
	return e.truncated(p, t, span)
}

// truncated is a time from which up to a span is cut.
func (e *env) truncated(p passing, t col.Type, span int64) (passing, bool) {
	p, ok := e.calendar(p, t)
	p.low, p.steps = p.low-span, true
	return p, ok
}
