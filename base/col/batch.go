package col

import (
	"slices"
	"unsafe"
)

// BatchRows is the usual number of rows of a batch; StepRows the most that go through a
// dataflow in one step.
const (
	BatchRows = 4096
	StepRows  = 16384
)

// Batch is a columnar set of changes: rows with weights. It is read-only to whom it is
// handed, and valid for the call; with Step set, until the end of the step.
type Batch struct {
	N    int // rows in the vectors, selected or not
	Cols []Vector
	W    []int64  // nil: every row weighs +1
	Sel  []uint32 // positions of the rows that count, ascending; nil: all

	Hash   []uint64 // hashes of the columns HashOf, by position; nil: not computed
	HashOf []int

	AppendOnly   bool // no weight below 1 here, nor ever from this producer
	Consolidated bool // no two rows of the batch are identical
	Step         bool // valid until the end of the step
	Stable       bool // the bytes of its long strings are, if not its vectors
}

// NewBatch returns an empty batch of the columns' types.
func NewBatch(types ...Type) *Batch {
	b := &Batch{Cols: make([]Vector, len(types))}
	for i, t := range types {
		b.Cols[i].Reset(t)
	}
	return b
}

// Len is the number of rows that count.
func (b *Batch) Len() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.N
}

// Row is the position of the i'th row that counts.
func (b *Batch) Row(i int) int {
	if b.Sel != nil {
		return int(b.Sel[i])
	}
	return i
}

// Weight is the weight of the row at a position.
func (b *Batch) Weight(pos int) int64 {
	if b.W == nil {
		return 1
	}
	return b.W[pos]
}

// Types lists the columns' types.
func (b *Batch) Types() []Type {
	t := make([]Type, len(b.Cols))
	for i := range b.Cols {
		t[i] = b.Cols[i].Type
	}
	return t
}

// Reset empties the batch and keeps its columns' types and kinds.
func (b *Batch) Reset() {
	for i := range b.Cols {
		c := &b.Cols[i]
		c.ResetKind(c.Type, c.Kind, c.Scale)
	}
	b.N, b.W, b.Sel, b.Hash, b.HashOf = 0, nil, nil, nil, nil
}

// Grow records rows whose values the caller has appended to every column: the batch now
// has n rows, the new ones of weight w.
func (b *Batch) Grow(n int, w int64) {
	if w != 1 && b.W == nil {
		b.W = make([]int64, b.N, max(n, 16))
		for i := range b.W {
			b.W[i] = 1
		}
	}
	if b.W != nil {
		for len(b.W) < n {
			b.W = append(b.W, w)
		}
	}
	b.N = n
}

// AppendRow appends the row of src at a position, with a weight, copying its bytes.
func (b *Batch) AppendRow(src *Batch, pos int, w int64) {
	for c := range b.Cols {
		d, s := &b.Cols[c], &src.Cols[c]
		if d.Kind != s.Kind || d.Scale != s.Scale {
			d.unify(s)
			if s.Kind != d.Kind || s.Scale != d.Scale {
				one := Vector{}
				one.ResetKind(s.Type, s.Kind, s.Scale)
				one.AppendFrom(s, pos)
				d.AppendFrom(one.ToDec(), 0)
				continue
			}
		}
		d.AppendFrom(s, pos)
	}
	b.Grow(b.N+1, w)
}

// AppendBatch appends the rows of src that count: sharing its arenas where their bytes last
// for the step (Step, Stable), copying long strings where they do not.
func (b *Batch) AppendBatch(src *Batch) {
	n := src.Len()
	for c := range b.Cols {
		d := &b.Cols[c]
		from := d.N
		d.GatherAny(&src.Cols[c], src.Sel, src.N)
		if !src.Step && !src.Stable && d.Kind.IsView() {
			d.ownFrom(from)
		}
	}
	if src.W != nil && b.W == nil {
		b.Grow(b.N, 0)
		b.W = make([]int64, b.N, b.N+n)
		for i := range b.W {
			b.W[i] = 1
		}
	}
	if b.W != nil {
		for i := range n {
			b.W = append(b.W, src.Weight(src.Row(i)))
		}
	}
	b.N += n
}

// GatherAny appends the first n values of src, or those at sel when it is not nil. Kinds
// may differ where both are numerics: v moves up to KindDec when it must.
func (v *Vector) GatherAny(src *Vector, sel []uint32, n int) {
	if v.Kind != src.Kind || v.Scale != src.Scale {
		v.unify(src)
		if v.Kind != src.Kind || v.Scale != src.Scale {
			src = src.ToDec()
		}
	}
	if sel != nil {
		v.Gather(src, sel)
		return
	}
	if src.N != n {
		s := *src
		s.N = n
		src = &s
	}
	v.AppendAll(src)
}

// HasStrings reports whether values lie outside of the columns' lanes.
func (b *Batch) HasStrings() bool {
	return slices.ContainsFunc(b.Cols, func(v Vector) bool { return v.Kind.IsView() })
}

// Compact returns b itself when it is dense, else a batch of just the rows that count.
func (b *Batch) Compact() *Batch {
	if b.Sel == nil {
		return b
	}
	d := &Batch{Cols: make([]Vector, len(b.Cols)), N: len(b.Sel), AppendOnly: b.AppendOnly, Consolidated: b.Consolidated, Step: b.Step, Stable: b.Stable}
	for i := range b.Cols {
		s := &b.Cols[i]
		d.Cols[i].ResetKind(s.Type, s.Kind, s.Scale)
		d.Cols[i].Gather(s, b.Sel)
	}
	if b.W != nil {
		d.W = make([]int64, len(b.Sel))
		take(d.W, b.W, b.Sel)
	}
	if b.Hash != nil {
		d.Hash, d.HashOf = make([]uint64, len(b.Sel)), b.HashOf
		take(d.Hash, b.Hash, b.Sel)
	}
	return d
}

// Own makes b independent of memory that others own.
func (b *Batch) Own() {
	for i := range b.Cols {
		b.Cols[i].Own()
	}
}

// Bytes estimates the memory of b's values, for budgets.
func (b *Batch) Bytes() int64 {
	var n int64
	for i := range b.Cols {
		c := &b.Cols[i]
		n += int64(c.N) * int64(c.Kind.Width())
		if c.Kind.IsView() {
			for _, s := range c.Str[:c.N] {
				if s.Len() > InlineLen {
					n += int64(s.Len())
				}
			}
		}
	}
	return n + int64(len(b.W))*8
}

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// Range is the rows from the from'th to before the to'th that count, sharing b's memory; of a
// dense batch from is a multiple of 64.
func (b *Batch) Range(from, to int) *Batch {
	if from == 0 && to == b.Len() {
		return b
	}
	out := *b
	if b.Sel != nil {
		out.Sel = b.Sel[from:to]
		return &out
	}
	out.N, out.Cols = to-from, make([]Vector, len(b.Cols))
	for i := range b.Cols {
		out.Cols[i] = b.Cols[i].Span(from, to)
	}
	if b.W != nil {
		out.W = b.W[from:to:to]
	}
	if b.Hash != nil {
		out.Hash = b.Hash[from:to:to]
	}
	return &out
}

// Span is the values from a position, a multiple of 64, to before another: it shares v's.
func (v *Vector) Span(from, to int) Vector {
	out := *v
	out.N = to - from
	out.Valid, out.Bits = bitSpan(v.Valid, from, to), bitSpan(v.Bits, from, to)
	out.I32, out.I64 = laneSpan(v.I32, from, to), laneSpan(v.I64, from, to)
	out.F32, out.F64 = laneSpan(v.F32, from, to), laneSpan(v.F64, from, to)
	out.Wide, out.Str = laneSpan(v.Wide, from, to), laneSpan(v.Str, from, to)
	return out
}

func laneSpan[T any](s []T, from, to int) []T {
	if len(s) < to {
		return nil // of another kind
	}
	return s[from:to:to]
}

func bitSpan(s []uint64, from, to int) []uint64 {
	if len(s) < Words(to) {
		return nil
	}
	return s[from>>6 : Words(to) : Words(to)]
}
