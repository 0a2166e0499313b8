package exec

import (
	"encoding/binary"
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// Temporal keeps the rows for which all of some comparisons with now() hold, so that rows
// come and go as time passes, without any input. What a change of the input does:
//
//	δ · [all bounds hold at now]                          at once
//	+r or −r                                              when a bound of r begins or ceases to hold
//
// A row whose answer may still change waits in an arrangement by the next instant at which
// it may; ordered state holds these instants, of which the first is the node's wake-up. A
// row whose answer is final is not kept: its retraction finds the same answer. The instants
// of a row are a function of the row alone, so that a retraction finds it where it waits.
type Temporal struct {
	bounds []TemporalBound
	ctx    *fn.Ctx
	seed   col.Seed
	types  []col.Type
	width  int // columns of a row; the bounds' values follow

	rows *state.Arrangement // by the next instant
	due  *state.Ordered     // the instants, with the weight of the rows that wait for each
	came *col.Batch
	cons consolidator
	now  []boundNow
	key  [8]byte
}

// TemporalBound compares a time of the row with a time that now() gives. Times of all types
// are counted in µs here: a date is its first instant.
type TemporalBound struct {
	Row expr.Expr // of the row's columns: a timestamptz, a timestamp or a date
	// Now has no columns, and is of Row's type. At the instant t it lies between t+Low and
	// t+High; equal ones say that it is t plus a constant.
	Now       expr.Expr
	Low, High int64
	// Until: the bound holds while Now is below Row, or equal to it with Equal; otherwise it
	// holds from when Now is above Row, or equal to it with Equal.
	Until, Equal bool
	// Where Low and High differ: within Slot µs, counted from Origin on, Now rises with time,
	// or stands still if Steps.
	Slot, Origin int64
	Steps        bool
}

// boundNow is what a bound's Now is in the slot that holds an instant.
type boundNow struct {
	from, end int64 // the slot; from == end: none is known
	value     int64 // at from
}

// Temporal adds a Temporal. In a dataflow that runs once, time stands still.
func (b *Builder) Temporal(in Ref, bounds []TemporalBound, pred expr.Expr) Ref {
	if b.once {
		return b.Filter(in, pred)
	}
	types := b.Types(in)
	f := &Temporal{bounds: bounds, ctx: b.newCtx(), seed: b.g.Seed, width: len(types), cons: consolidator{seed: b.g.Seed, stop: b.g.work}, now: make([]boundNow, len(bounds))}
	f.types = append(f.types, types...)
	comes := b.AppendOnly(in)
	for _, x := range bounds {
		f.types = append(f.types, col.Int8)
		comes = comes && !x.Until && x.Low == x.High
	}
	f.came = col.NewBatch(f.types...)
	f.rows = b.newArrangement(state.ArrLayout{Keys: []col.Type{col.Int8}, Payload: f.types})
	f.due = b.newOrdered()
	return b.Add(f, types, comes, in)
}

// Apply keeps the rows until the flush, with the first value of Now at which each bound
// changes. A row with a NULL time never passes.
func (f *Temporal) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	defer f.ctx.Reset()
	t.evalAt(f.ctx)
	values := make([]*col.Vector, len(f.bounds))
	for i := range f.bounds {
		values[i] = f.bounds[i].Row.Eval(f.ctx, b, b.Sel)
	}
	sel := b.Sel
	if len(f.ctx.Marks()) > 0 {
		var err error
		if sel, err = t.reportMarks(f.ctx, b, sel); err != nil {
			return err
		}
	}
	wide := col.Batch{N: b.N, W: b.W, Sel: sel, Stable: b.Stable, Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], make([]col.Vector, len(values))...)}
	null := false
	for i, v := range values {
		wide.Cols[f.width+i] = *f.turns(&f.bounds[i], v, b, sel)
		null = null || v.AnyNull()
	}
	if null {
		f.dropNulls(&wide, values)
	}
	f.came.AppendBatch(&wide)
	return nil
}

// turns is the first value of Now at which the bound of each selected row changes.
func (f *Temporal) turns(x *TemporalBound, v *col.Vector, b *col.Batch, sel []uint32) *col.Vector {
	out := f.ctx.Vec(col.Int8)
	out.I64, out.N = growTo(out.I64, b.N), b.N
	next := int64(0)
	if x.Until == x.Equal { // it changes after Row, not at it
		next = 1
	}
	one := func(i int) {
		switch {
		case v.Null(i):
			out.I64[i] = 0
		case v.Kind == col.KindI32:
			out.I64[i] = dateMicros(v.I32[i]) + next
		default:
			out.I64[i] = min(v.I64[i], math.MaxInt64-1) + next
		}
	}
	if sel == nil {
		for i := range b.N {
			one(i)
		}
	} else {
		for _, i := range sel {
			one(int(i))
		}
	}
	return out
}

func dateMicros(d int32) int64 {
	switch d {
	case datetime.DateInfinity:
		return math.MaxInt64 - 1
	case datetime.DateNegInfinity:
		return math.MinInt64
	}
	return int64(d) * datetime.Day
}

func (f *Temporal) dropNulls(b *col.Batch, values []*col.Vector) {
	kept := make([]uint32, 0, b.Len())
rows:
	for i := range b.Len() {
		r := b.Row(i)
		for _, v := range values {
			if v.Null(r) {
				continue rows
			}
		}
		kept = append(kept, uint32(r))
	}
	b.Sel = kept
}

// Flush lets the rows turn whose instant has come, then serves the step's change.
func (f *Temporal) Flush(t *Tick, emit Emit) error {
	defer f.ctx.Reset()
	if err := f.turn(t.Now(), emit); err != nil {
		return err
	}
	if f.came.N > 0 {
		d := f.cons.run(f.came)
		err := f.serve(t.Now(), d, emit)
		f.came.Reset()
		if err != nil {
			return err
		}
	}
	if c := f.due.Seek(nil); c.Valid() {
		t.Wake(instantOf(c.Key()))
	}
	return nil
}

// serve emits what holds of a change and enters what may change.
func (f *Temporal) serve(now int64, d *col.Batch, emit Emit) error {
	var pass, wait []uint32
	var at []int64
	for i := range d.N {
		holds, next := f.state(now, d, i)
		if holds {
			pass = append(pass, uint32(i))
		}
		if next != noWake {
			wait, at = append(wait, uint32(i)), append(at, next)
		}
	}
	if len(wait) > 0 {
		if err := f.enter(d, wait, at); err != nil {
			return err
		}
	}
	return f.emit(d, pass, d.W, emit)
}

func (f *Temporal) emit(d *col.Batch, sel []uint32, w []int64, emit Emit) error {
	if len(sel) == 0 {
		return nil
	}
	return emit(&col.Batch{N: d.N, Cols: d.Cols[:f.width], Sel: sel, W: w, Stable: true})
}

// enter merges rows of d by the instants at which they wait.
func (f *Temporal) enter(d *col.Batch, rows []uint32, at []int64) error {
	part := *d
	part.Sel = rows
	p := part.Compact()
	keys, hash := f.instants(at)
	if err := f.rows.Merge(keys, hash, stored(p)); err != nil {
		return err
	}
	for i, x := range at {
		if _, err := f.due.Add(f.order(x), p.Weight(i), nil); err != nil {
			return err
		}
	}
	return nil
}

func (f *Temporal) instants(at []int64) ([]*col.Vector, []uint64) {
	v := &col.Vector{}
	v.Reset(col.Int8)
	for _, x := range at {
		v.AppendI64(x)
	}
	keys, hash := []*col.Vector{v}, make([]uint64, len(at))
	f.seed.Keys(hash, keys)
	return keys, hash
}

// order is an instant as bytes in the order of time, good until the next.
func (f *Temporal) order(at int64) []byte {
	binary.BigEndian.PutUint64(f.key[:], uint64(at)^1<<63)
	return f.key[:]
}

func instantOf(key []byte) int64 { return int64(binary.BigEndian.Uint64(key) ^ 1<<63) }

// turnMost is how many instants are taken at a time.
const turnMost = 4096

// turn looks again at the rows that wait for an instant up to now. All of them are where
// they were before the tick.
func (f *Temporal) turn(now int64, emit Emit) error {
	for {
		var at []int64
		for k := range f.due.Ascend(nil, nil) {
			if at = append(at, instantOf(k)); at[len(at)-1] > now || len(at) > turnMost {
				at = at[:len(at)-1]
				break
			}
		}
		if len(at) == 0 {
			return nil
		}
		if err := f.turnAt(at, now, emit); err != nil {
			return err
		}
	}
}

// turnAt emits the rows at some instants whose answer is another now than just before the
// instant, and has those wait anew whose answer may change again.
func (f *Temporal) turnAt(at []int64, now int64, emit Emit) error {
	keys, hash := f.instants(at)
	out := col.NewBatch(f.types...)
	var before []int64
	err := f.rows.Probe(keys, hash, firstN(len(f.types)), func(left []uint32, rows *col.Batch) error {
		rows.Stable = true // its strings lie in the state, and stay there for the step
		out.AppendBatch(rows)
		for _, l := range left {
			before = append(before, at[l]-1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f.rows.DeleteKeys(keys, hash)
	for _, x := range at {
		f.due.Delete(f.order(x))
	}
	var turned, wait []uint32
	var next []int64
	w := make([]int64, out.N)
	held := make([]bool, out.N)
	for i := range out.N {
		held[i], _ = f.state(before[i], out, i)
	}
	for i := range out.N {
		holds, then := f.state(now, out, i)
		if w[i] = out.Weight(i); !holds {
			w[i] = -w[i]
		}
		if holds != held[i] {
			turned = append(turned, uint32(i))
		}
		if then != noWake {
			wait, next = append(wait, uint32(i)), append(next, then)
		}
	}
	if len(wait) > 0 {
		if err := f.enter(out, wait, next); err != nil {
			return err
		}
	}
	return f.emit(out, turned, w, emit)
}

// state says whether all bounds of row i hold at an instant, and the next instant at which
// that may be otherwise, noWake if there is none.
func (f *Temporal) state(now int64, d *col.Batch, i int) (holds bool, next int64) {
	holds, next = true, noWake
	for k := range f.bounds {
		x := &f.bounds[k]
		passed, then := f.passed(k, now, d.Cols[f.width+k].I64[i])
		if x.Until && passed && then == noWake {
			return false, noWake
		}
		holds, next = holds && passed != x.Until, min(next, then)
	}
	return holds, next
}

// passed reports whether a bound's Now has reached a value at an instant, and the next
// instant at which that may be otherwise.
func (f *Temporal) passed(k int, now, value int64) (passed bool, next int64) {
	x := &f.bounds[k]
	if value >= math.MaxInt64-1 { // infinity
		return false, noWake
	}
	first, last := minus(value, x.High), minus(value, x.Low)
	if now < first {
		return false, first
	}
	if now >= last {
		return true, noWake
	}
	s := f.slot(k, now)
	v, next := s.value, min(s.end, last)
	if !x.Steps {
		v += now - s.from
		if at := minus(value, s.value-s.from); now < at && at < next {
			next = at
		}
	}
	return v >= value, next
}

// minus is a − b within what an instant can be.
func minus(a, b int64) int64 {
	d := a - b
	if (d < a) != (b > 0) && b != 0 {
		if b > 0 {
			return math.MinInt64
		}
		return noWake
	}
	return d
}

// slot finds what a bound's Now is in the slot of an instant.
func (f *Temporal) slot(k int, now int64) *boundNow {
	s, x := &f.now[k], &f.bounds[k]
	if now >= s.from && now < s.end {
		return s
	}
	s.from = x.Origin + floorTo(now-x.Origin, x.Slot)
	s.end = s.from + x.Slot
	f.ctx.Now = s.from
	v := x.Now.Eval(f.ctx, &col.Batch{N: 1}, nil)
	if v.Kind == col.KindI32 {
		s.value = dateMicros(v.I32[0])
	} else {
		s.value = v.I64[0]
	}
	return s
}
