package exec

import (
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// Window gives each row the tumbling, hopping or cumulating windows that its time lies in: a
// row for each window, with window_start, window_end and window_time (the window's last
// microsecond). A row without a time, or at infinity, has windows of NULLs.
type Window struct {
	linear
	spec WindowSpec
	typ  col.Type
	win  [3]col.Vector
	out  col.Batch
	sel  []uint32
	// combine is set by an Aggregate that stands on nothing of a row but some columns and
	// its windows: rows that are equal in them go through the windows as one.
	combine *combining
	alone   func() bool // nobody else reads this Window
}

// Window adds a Window.
func (b *Builder) Window(in Ref, s WindowSpec) Ref {
	types := b.Types(in)
	t := types[s.Time]
	out := append(append(make([]col.Type, 0, len(types)+3), types...), t, t, t)
	r := b.Add(&Window{spec: s, typ: t}, out, b.AppendOnly(in), in)
	for c := range types {
		b.Carry(r, c, 0, c, nil)
	}
	b.carryWindows(r, len(types), s)
	return r
}

// carryWindows says that the columns of node r from n on are the windows of its input's time.
func (b *Builder) carryWindows(r Ref, n int, s WindowSpec) {
	for k := range 3 {
		b.markWindow(r, n+k)
	}
	b.Carry(r, n, 0, s.Time, s.firstStart)
	b.Carry(r, n+1, 0, s.Time, s.firstEnd)
	b.Carry(r, n+2, 0, s.Time, func(w int64) int64 { return s.firstEnd(w) - 1 })
}

// firstEnd is the least end of a window that holds an instant at or after w.
func (s WindowSpec) firstEnd(w int64) int64 {
	switch {
	case s.far(w):
		return w
	case s.Cumulate:
		return floorTo(w-s.Offset, s.Slide) + s.Slide + s.Offset
	}
	return floorTo(w-s.Offset-s.Size, s.Slide) + s.Slide + s.Offset + s.Size
}

// firstStart is the least start of a window that holds an instant at or after w.
func (s WindowSpec) firstStart(w int64) int64 {
	switch {
	case s.far(w):
		return w
	case s.Cumulate:
		return floorTo(w-s.Offset, s.Size) + s.Offset
	}
	return s.firstEnd(w) - s.Size
}

// far reports whether w is so near to the ends of time that no window is reckoned from it.
func (s WindowSpec) far(w int64) bool {
	return w <= math.MinInt64+s.Size+s.Slide || w >= math.MaxInt64-s.Size-s.Slide
}

// floorTo is the greatest multiple of step that is at most x.
func floorTo(x, step int64) int64 {
	m := x % step
	if m < 0 {
		m += step
	}
	return x - m
}

// Apply emits a batch for each window that can hold the rows: latest start first, and of
// cumulating ones the shortest first.
func (w *Window) Apply(_ *Tick, _ int, b *col.Batch, emit Emit) error {
	s := w.spec
	if w.combine != nil && w.alone() {
		b = w.combined(b)
	}
	times := b.Cols[s.Time].I64[:b.N]
	valid := b.Cols[s.Time].Valid
	for i := range w.win {
		w.win[i].Reset(w.typ)
		w.win[i].Resize(b.N)
		w.win[i].Valid = valid
	}
	start, end, at := w.win[0].I64, w.win[1].I64, w.win[2].I64
	infinite := false
	from, first := int64(math.MaxInt64), int64(0) // of the slide met last: times come nearly in order
	for i, x := range times {
		if x == math.MinInt64 || x == math.MaxInt64 {
			infinite = true
			x = 0
		}
		if uint64(x)-uint64(from) >= uint64(s.Slide) {
			from = floorTo(x-s.Offset, s.Slide) + s.Offset
			if first = from; s.Cumulate {
				first = floorTo(x-s.Offset, s.Size) + s.Offset
			}
		}
		last := from + s.Size
		if s.Cumulate {
			last = from + s.Slide
		}
		start[i], end[i], at[i] = first, last, last-1
	}
	if infinite {
		w.dropInfinite(times)
	}
	w.out = col.Batch{N: b.N, Cols: append(append(w.out.Cols[:0], b.Cols...), w.win[:]...), W: b.W, Sel: b.Sel, AppendOnly: b.AppendOnly, Consolidated: b.Consolidated, Stable: b.Stable || b.Step}
	if err := emit(&w.out); err != nil {
		return err
	}
	for k := int64(1); k*s.Slide < s.Size; k++ {
		w.next()
		w.out.Sel = w.inside(times, b)
		if w.out.Len() == 0 {
			continue
		}
		if err := emit(&w.out); err != nil {
			return err
		}
	}
	return nil
}

// next moves each row to its next window.
func (w *Window) next() {
	start, end, at, by := w.win[0].I64, w.win[1].I64, w.win[2].I64, w.spec.Slide
	if w.spec.Cumulate {
		for i := range end {
			end[i] += by
			at[i] += by
		}
		return
	}
	for i := range start {
		start[i] -= by
		end[i] -= by
		at[i] -= by
	}
}

// combined returns the rows with their times cut to the slide, equal ones as one with the
// sum of their weights. Columns that nobody reads are empty.
func (w *Window) combined(b *col.Batch) *col.Batch {
	b = b.Compact()
	s := w.spec
	cut := &w.combine.cut
	cut.Reset(w.typ)
	cut.Resize(b.N)
	cut.Valid = b.Cols[s.Time].Valid
	from := int64(math.MaxInt64) // of the slide met last: times come nearly in order
	for i, x := range b.Cols[s.Time].I64[:b.N] {
		if x == math.MinInt64 || x == math.MaxInt64 {
			cut.I64[i] = x
			continue
		}
		if uint64(x)-uint64(from) >= uint64(s.Slide) {
			from = floorTo(x-s.Offset, s.Slide) + s.Offset
		}
		cut.I64[i] = from
	}
	return w.combine.sum(b, s.Time)
}

// combineWindows lets the Window below an Aggregate combine rows, when between them stands
// just a Project that drops the time, and perhaps an Exchange: a step has few slides and often few keys. It pays
// where a row has several windows.
func (b *Builder) combineWindows(in Ref) {
	p, up := b.g.nodes[in], b.g.nodes[in]
	if _, moved := up.op.(*Exchange); moved {
		p = b.g.nodes[up.inputs[0]]
	}
	project, ok := p.op.(*Project)
	if !ok || project.computed {
		return
	}
	below := b.g.nodes[p.inputs[0]]
	w, ok := below.op.(*Window)
	if !ok || w.spec.Size == w.spec.Slide || w.spec.Size%w.spec.Slide != 0 {
		return
	}
	width := len(below.types) - 3
	c := b.newCombining()
	for _, e := range project.exprs {
		i := e.(*expr.Column).Index
		if i == w.spec.Time {
			return
		}
		if i < width {
			c.keep = append(c.keep, i)
		}
	}
	w.combine, w.alone = c, func() bool { return len(below.ports) == 1 && len(p.ports) == 1 && len(up.ports) == 1 }
}

// dropInfinite makes the windows of infinite times NULL, in a bitmap of its own.
func (w *Window) dropInfinite(times []int64) {
	valid := make([]uint64, col.Words(len(times)))
	for i, x := range times {
		if !w.win[0].Null(i) && x != math.MinInt64 && x != math.MaxInt64 {
			valid[i>>6] |= 1 << (i & 63)
		}
	}
	for k := range w.win {
		w.win[k].Valid = valid
	}
}

// inside selects the rows that the next window still holds: all that have a window when
// the size is a multiple of the slide, and the windows are not cumulating.
func (w *Window) inside(times []int64, b *col.Batch) []uint32 {
	v := &w.win[0]
	if !w.spec.Cumulate && w.spec.Size%w.spec.Slide == 0 && v.Valid == nil {
		return b.Sel
	}
	if w.sel = w.sel[:0]; w.sel == nil {
		w.sel = []uint32{} // nil would select all
	}
	start, end, most := v.I64, w.win[1].I64, w.spec.Size
	for i := range b.Len() {
		r := b.Row(i)
		if !v.Null(r) && times[r] < end[r] && end[r]-start[r] <= most {
			w.sel = append(w.sel, uint32(r))
		}
	}
	return w.sel
}
