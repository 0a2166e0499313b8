package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
)

// The second and the fourth argument of overlaps are an end, or how long the period is.
var (
	_ = overlaps("time", func(_ *Ctx, t int64, iv interval) (int64, error) { return datetime.AddTime(t, iv), nil })
	_ = overlaps("timestamp", func(_ *Ctx, t int64, iv interval) (int64, error) { return datetime.AddInterval(t, iv) })
	_ = overlaps("timestamptz", addZoned)
)

func overlaps(t string, plus func(*Ctx, int64, interval) (int64, error)) bool {
	for _, second := range []string{t, "interval"} {
		for _, fourth := range []string{t, "interval"} {
			opts := []Option{NonStrict}
			if second != fourth || second == "interval" {
				opts = append(opts, Fallible)
			}
			if t == "timestamptz" && len(opts) > 1 {
				opts = append(opts, IsStable)
			}
			scalar("overlaps("+t+", "+second+", "+t+", "+fourth+") bool", "Tells whether two periods have a moment in common.", overlapKernel(plus), opts...)
		}
	}
	return true
}

func overlapKernel(plus func(*Ctx, int64, interval) (int64, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		span(sel, n, func(i int) {
			var p, q period
			err := p.read(c, a[0], a[1], i, n, plus)
			if err == nil {
				err = q.read(c, a[2], a[3], i, n, plus)
			}
			var meet bool
			if err == nil {
				meet, err = p.meets(&q)
			}
			if c.put(out, i, err) {
				out.SetBool(i, meet)
			}
		})
	}
}

// period is from start to end; open: one of them is NULL, and start is the other.
type period struct {
	start, end int64
	open, null bool // null: both are NULL
}

func (p *period) read(c *Ctx, from, to *col.Vector, i, n int, plus func(*Ctx, int64, interval) (int64, error)) (err error) {
	x, y := i&mask(from, n), i&mask(to, n)
	noStart, noEnd := from.Null(x), to.Null(y)
	isInterval := to.Type.Is(col.Interval)
	if !noStart {
		p.start = from.I64[x]
	}
	switch {
	case noStart && (noEnd || isInterval):
		p.null = true
	case noStart:
		p.start, p.open = to.I64[y], true
	case noEnd:
		p.open = true
	case isInterval:
		p.end, err = plus(c, p.start, reader[interval](to, n)(i))
	default:
		p.end = to.I64[y]
	}
	if !p.open && p.end < p.start {
		p.start, p.end = p.end, p.start
	}
	return err
}

// meets is the standard's OVERLAPS; errNull: the NULLs leave it open.
func (p *period) meets(q *period) (bool, error) {
	switch {
	case p.null || q.null:
		return false, errNull
	case p.start > q.start:
		p, q = q, p
	}
	switch {
	case p.start == q.start && (p.open || q.open):
		return false, errNull
	case p.start == q.start:
		return true, nil
	case p.open:
		return false, errNull
	case q.start < p.end:
		return true, nil
	case q.open:
		return false, errNull
	}
	return false, nil
}
