package over

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
)

// aggregate is any aggregate over a frame. What is unbounded to the partition's start goes from
// row to row, each row's accumulator merged into the next one's; so, from the end, what is
// unbounded to it. Short frames are added up row by row, and long ones from the nodes of a tree
// whose leaves are the rows (Leis, Kundhikanjana, Kemper and Neumann, "Efficient Processing of
// Window Functions in Analytical SQL Queries", 2015).
type aggregate struct{}

func (aggregate) framed() {}

// running reports whether the frame begins with the partition and grows from row to row.
func running(c *Call) bool {
	f := c.Frame
	return f.Start.Kind == UnboundedPreceding && f.End.Kind != UnboundedFollowing && f.Exclude == NoOthers
}

// carried reports whether a row's State tells all about those behind it: not where frames end
// before their rows, so that they look at States farther back.
func carried(c *Call) bool {
	return running(c) && c.Frame.End.Kind != Preceding && c.Agg.Collecting == nil
}

func (aggregate) carriesOf(c *Call) int {
	if !carried(c) {
		return 0
	}
	return c.Agg.Size
}

func (aggregate) reach(c *Call) Reach {
	removes := c.Agg.Collecting != nil && c.Agg.Collecting.Removes // whatever the way back is worth
	if c.Frame.Start.Kind == UnboundedPreceding && !carried(c) || removes {
		return wholly
	}
	r := c.Frame.reach()
	r.Carries = carried(c)
	return r
}

// sums is the work of one aggregate call: its kernel and its rows.
type sums struct {
	e    *Eval
	c    *Call
	k    agg.Kernel
	args []*col.Vector
	size int
}

func (aggregate) eval(e *Eval, c *Call) *col.Vector {
	s := &sums{e: e, c: c, size: c.Agg.Size}
	for _, a := range c.Args {
		s.args = append(s.args, e.column(a))
	}
	x := e.frames(c.Frame)
	if c.Agg.Collecting != nil {
		return s.collect(x)
	}
	s.k = c.Agg.New(&e.heap, true)
	var at []unsafe.Pointer
	switch {
	case c.Frame.Whole():
		at = s.whole()
	case running(c):
		at = s.fromStart(x)
	case c.Frame.End.Kind == UnboundedFollowing && c.Frame.Exclude == NoOthers:
		at = s.toEnd(x)
	default:
		at = s.overFrames(x)
	}
	out := col.NewVector(c.Ret)
	s.k.Result(e.ctx, at, 0, out)
	return out
}

// accumulators makes n of them, all zero.
func (s *sums) accumulators(n int) []unsafe.Pointer {
	words := s.size / 8
	mem := make([]uint64, n*words+1)
	at := make([]unsafe.Pointer, n)
	for i := range at {
		at[i] = unsafe.Pointer(&mem[i*words])
	}
	return at
}

// passing lists the rows of [from, to) that the FILTER lets pass.
func (s *sums) passing(dst []uint32, from, to int32) []uint32 {
	if s.c.Filter < 0 {
		for i := from; i < to; i++ {
			dst = append(dst, uint32(i))
		}
		return dst
	}
	f := s.e.column(s.c.Filter)
	for i := from; i < to; i++ {
		if !f.Null(int(i)) && f.Bool(int(i)) {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

// between is how many rows, or accumulators, are worked on between two looks at whether the
// statement is to end; longBetween is how many accumulators are added, which may take milliseconds
// each, where parts of them lie in the heap.
const (
	between     = 1 << 15
	longBetween = 1 << 4
)

// merge adds accumulators to others, one after the other.
func (s *sums) merge(into, from []unsafe.Pointer) {
	for len(into) > 0 {
		s.e.ctx.MayEnd()
		n := min(len(into), between)
		if s.e.heap.used() {
			n = min(n, longBetween)
		}
		s.k.Merge(into[:n], from[:n], 0)
		into, from = into[n:], from[n:]
	}
}

// update adds rows to accumulators; all: they are each row once.
func (s *sums) update(at []unsafe.Pointer, rows []uint32, all bool) {
	for len(rows) > between {
		s.updateSome(at[:between], rows[:between], false)
		at, rows, all = at[between:], rows[between:], false
	}
	s.updateSome(at, rows, all)
}

func (s *sums) updateSome(at []unsafe.Pointer, rows []uint32, all bool) {
	if len(rows) == 0 {
		return
	}
	s.e.ctx.MayEnd()
	args := make([]*col.Vector, len(s.args))
	for i, a := range s.args {
		if all {
			args[i] = a
			continue
		}
		v := &col.Vector{}
		v.ResetKind(a.Type, a.Kind, a.Scale)
		v.Gather(a, rows)
		args[i] = v
	}
	s.k.Update(s.e.ctx, at, 0, args, nil)
}

// leaves is an accumulator of each row by itself.
func (s *sums) leaves() []unsafe.Pointer {
	n := len(s.e.rows.Group)
	at := s.accumulators(n)
	rows := s.passing(nil, 0, int32(n))
	to := at
	if len(rows) < n {
		to = make([]unsafe.Pointer, len(rows))
		for i, r := range rows {
			to[i] = at[r]
		}
	}
	s.update(to, rows, len(rows) == n)
	return at
}

// whole adds up each segment, which is a partition.
func (s *sums) whole() (at []unsafe.Pointer) {
	segs := s.e.rows.Segs
	one := s.accumulators(len(segs))
	var rows []uint32
	var to []unsafe.Pointer
	for k, g := range segs {
		rows = s.passing(rows, int32(g.From), int32(g.To))
		for len(to) < len(rows) {
			to = append(to, one[k])
		}
		for range g.End - g.Begin {
			at = append(at, one[k])
		}
	}
	s.update(to, rows, len(rows) == len(s.e.rows.Group))
	return at
}

// fromStart lets each row's accumulator hold the partition up to it.
func (s *sums) fromStart(x *frames) (at []unsafe.Pointer) {
	acc := s.leaves()
	var into, from, zero []unsafe.Pointer
	starts := make([]unsafe.Pointer, len(s.e.rows.Segs))
	for k, g := range s.e.rows.Segs {
		zero = s.accumulators(1)
		if b := s.before(g); b != nil {
			copy(unsafe.Slice((*byte)(zero[0]), s.size), b)
			into, from = append(into, acc[g.Lo]), append(from, zero[0])
		}
		starts[k] = zero[0]
		for i := g.Lo + 1; i < g.To; i++ {
			into, from = append(into, acc[i]), append(from, acc[i-1])
		}
	}
	s.merge(into, from)
	t := 0
	keep := carried(s.c)
	s.e.partial = s.e.partial || keep && s.e.heap.used()
	for k, g := range s.e.rows.Segs {
		for i := g.Begin; i < g.End; i++ {
			if to := int(x.to[t]); to > g.Lo {
				at = append(at, acc[to-1])
			} else {
				at = append(at, starts[k])
			}
			if keep {
				copy(s.e.state(t, s.size), unsafe.Slice((*byte)(acc[i]), s.size))
			}
			t++
		}
	}
	return at
}

// before is the accumulator of the row before a segment; nil: it begins the partition.
func (s *sums) before(g Segment) []byte {
	if !carried(s.c) {
		return nil
	}
	return s.e.before(g, s.size)
}

// toEnd lets each row's accumulator hold the partition from it on.
func (s *sums) toEnd(x *frames) (at []unsafe.Pointer) {
	acc := s.leaves()
	var into, from []unsafe.Pointer
	for _, g := range s.e.rows.Segs {
		for i := g.To - 2; i >= g.Lo; i-- {
			into, from = append(into, acc[i]), append(from, acc[i+1])
		}
	}
	s.merge(into, from)
	t, empty := 0, s.accumulators(1)[0]
	for _, g := range s.e.rows.Segs {
		for range g.End - g.Begin {
			if i := int(x.from[t]); i < g.To {
				at = append(at, acc[i])
			} else {
				at = append(at, empty)
			}
			t++
		}
	}
	return at
}

// shortFrame is the length of frames, in rows, up to which they are added up row by row.
const shortFrame = 24

// overFrames adds up frames that are bounded on both sides, or have holes.
func (s *sums) overFrames(x *frames) []unsafe.Pointer {
	total := int64(0)
	for t := range x.from {
		total += int64(x.to[t] - x.from[t])
	}
	if total <= shortFrame*int64(len(x.from)) {
		return s.rowByRow(x)
	}
	return s.byTree(x)
}

// rowByRow adds every row to every frame that it is in.
func (s *sums) rowByRow(x *frames) []unsafe.Pointer {
	acc := s.accumulators(len(x.from))
	var to []unsafe.Pointer
	var rows []uint32
	var parts [][2]int32
	flush := func() {
		s.update(to, rows, false)
		to, rows = to[:0], rows[:0]
	}
	for t, row := range s.e.targets {
		s.e.mayEnd(t)
		parts = x.parts(t, int(row), parts[:0])
		for _, p := range parts {
			rows = s.passing(rows, p[0], p[1])
		}
		for len(to) < len(rows) {
			to = append(to, acc[t])
		}
		if len(rows) >= col.BatchRows {
			flush()
		}
	}
	flush()
	return acc
}

// tree is a level's accumulators, each over twice as many rows as on the level before.
type tree [][]unsafe.Pointer

func (s *sums) tree() tree {
	all := tree{s.leaves()}
	for {
		below := all[len(all)-1]
		n := len(below) / 2
		if n == 0 {
			return all
		}
		s.e.ctx.MayEnd()
		level, right := s.accumulators(n), make([]unsafe.Pointer, n)
		for i := range level {
			copy(unsafe.Slice((*byte)(level[i]), s.size), unsafe.Slice((*byte)(below[2*i]), s.size))
			right[i] = below[2*i+1]
		}
		s.merge(level, right)
		all = append(all, level)
	}
}

// byTree merges the nodes that make up each frame, level by level.
func (s *sums) byTree(x *frames) []unsafe.Pointer {
	acc := s.accumulators(len(x.from))
	type span struct{ t, from, to int32 }
	var open []span
	var parts [][2]int32
	for t, row := range s.e.targets {
		s.e.mayEnd(t)
		parts = x.parts(t, int(row), parts[:0])
		for _, p := range parts {
			open = append(open, span{int32(t), p[0], p[1]})
		}
	}
	var into, from []unsafe.Pointer
	for _, level := range s.tree() {
		s.e.ctx.MayEnd()
		left := open[:0]
		into, from = into[:0], from[:0]
		for _, o := range open {
			if o.from&1 == 1 {
				into, from = append(into, acc[o.t]), append(from, level[o.from])
				o.from++
			}
			if o.to&1 == 1 && o.from < o.to {
				o.to--
				into, from = append(into, acc[o.t]), append(from, level[o.to])
			}
			if o.from, o.to = o.from/2, o.to/2; o.from < o.to {
				left = append(left, o)
			}
		}
		s.merge(into, from)
		open = left
	}
	return acc
}
