package over

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var (
	_ = window("lag(any) any", "The value at the row before.", shift{-1})
	_ = window("lag(any, int4) any", "The value so many rows before.", shift{-1})
	_ = window("lag(any, int4, any) any", "The value so many rows before, or else the last argument.", shift{-1})
	_ = window("lead(any) any", "The value at the next row.", shift{1})
	_ = window("lead(any, int4) any", "The value so many rows behind.", shift{1})
	_ = window("lead(any, int4, any) any", "The value so many rows behind, or else the last argument.", shift{1})
	_ = window("first_value(any) any", "The value at the frame's first row.", firstValue{})
	_ = window("last_value(any) any", "The value at the frame's last row.", lastValue{})
	_ = window("nth_value(any, int4) any", "The value at the frame's row of that number, from 1.", nthValue{})
)

// shift is lag or lead.
type shift struct{ sign int64 }

// constant reports whether the distance is the same for all rows.
func (shift) constant(c *Call) bool { return len(c.Args) == 1 || c.Args[1] < 0 }

func (k shift) distance(e *Eval, c *Call, row int) (n int64, ok bool) {
	if len(c.Args) == 1 {
		return k.sign, true
	}
	n, ok = e.number(c, 1, row)
	return n * k.sign, ok
}

func (k shift) reach(c *Call) (r Reach) {
	if !k.constant(c) {
		return wholly
	}
	n := k.sign
	if len(c.Args) > 1 {
		n *= c.N
	}
	if n < 0 {
		r.Front.Rows = -n
	} else {
		r.Behind.Rows = n
	}
	return r
}

func (k shift) eval(e *Eval, c *Call) *col.Vector {
	at := make([]int32, 0, len(e.targets))
	var null []int // targets whose distance is NULL
	for _, s := range e.rows.Segs {
		for i := s.Begin; i < s.End; i++ {
			n, ok := k.distance(e, c, i)
			to := int64(i) + n
			switch {
			case !ok:
				null = append(null, len(at))
				at = append(at, -1)
			case to < int64(s.Lo) || to >= int64(s.To):
				at = append(at, -1)
			default:
				at = append(at, int32(to))
			}
		}
	}
	var other *col.Vector
	if len(c.Args) == 3 {
		other = e.column(c.Args[2])
	}
	out := e.pick(c.Ret, e.column(c.Args[0]), at, other)
	for _, t := range null {
		out.SetNull(t)
	}
	return out
}

// firstValue is nth_value(x, 1), but that nothing before the first row is unbounded to it.
type firstValue struct{}

func (firstValue) framed() {}

// fromStart is the reach of what looks at the n'th row of the frame.
func fromStart(f Frame, n int64) Reach {
	r := f.reach()
	if f.Start.Kind == UnboundedPreceding {
		if f.Exclude != NoOthers {
			return wholly
		}
		r.Head = n
	}
	return r
}

func (firstValue) reach(c *Call) Reach { return fromStart(c.Frame, 1) }

func (firstValue) eval(e *Eval, c *Call) *col.Vector {
	return e.nth(c, func(int) (int64, bool) { return 1, true })
}

// nthValue counts from the frame's start.
type nthValue struct{}

func (nthValue) framed()  {}
func (nthValue) refuses() {}

func (nthValue) reach(c *Call) Reach {
	if c.Args[1] >= 0 && c.Frame.Start.Kind == UnboundedPreceding {
		return wholly
	}
	return fromStart(c.Frame, max(c.N, 1))
}

func (nthValue) eval(e *Eval, c *Call) *col.Vector {
	return e.nth(c, func(t int) (int64, bool) {
		n, ok := e.number(c, 1, int(e.targets[t]))
		if ok && n <= 0 {
			e.fail(t, pgerr.New(pgerr.InvalidArgumentForNthValue, "argument of nth_value must be greater than zero"))
			return 0, false
		}
		return n, ok
	})
}

// nth picks the first argument at the row of the frame whose number, from 1, is given for each
// target.
func (e *Eval) nth(c *Call, number func(t int) (int64, bool)) *col.Vector {
	x := e.frames(c.Frame)
	at := make([]int32, len(e.targets))
	var parts [][2]int32
	for t, row := range e.targets {
		at[t] = -1
		n, ok := number(t)
		if !ok {
			continue
		}
		parts = x.parts(t, int(row), parts[:0])
		for _, p := range parts {
			if size := int64(p[1] - p[0]); n > size {
				n -= size
				continue
			}
			at[t] = p[0] + int32(n-1)
			break
		}
	}
	return e.pick(c.Ret, e.column(c.Args[0]), at, nil)
}

// lastValue looks at the frame's end only.
type lastValue struct{}

func (lastValue) framed() {}

func (lastValue) reach(c *Call) Reach {
	f := c.Frame
	if f.Start.Kind == UnboundedPreceding && (f.Exclude != NoOthers || f.Mode == Range && f.End.Kind == Preceding) {
		return wholly // the frame's last row may be any distance away
	}
	return f.reach()
}

func (lastValue) eval(e *Eval, c *Call) *col.Vector {
	x := e.frames(c.Frame)
	at := make([]int32, len(e.targets))
	var parts [][2]int32
	for t, row := range e.targets {
		parts = x.parts(t, int(row), parts[:0])
		if at[t] = -1; len(parts) > 0 {
			at[t] = parts[len(parts)-1][1] - 1
		}
	}
	return e.pick(c.Ret, e.column(c.Args[0]), at, nil)
}
