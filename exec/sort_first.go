package exec

import "github.com/millracedb/millrace/base/col"

// firstBound is what a Sort with a limit knows of the rows that can still be among the first:
// the value of its first order column behind which none is. It is one whole number's lanes.
type firstBound struct {
	known bool
	bound int64
	sel   []uint32
}

// fewFirst is how many rows a Sort gathers before it keeps just the first of them.
const fewFirst = 4096

// lanes is a column whose values are in the order of their lanes, without NULLs; nil: it is none.
func lanes(v *col.Vector) []int64 {
	if v.Valid == nil && (v.Kind == col.KindI64 || v.Kind == col.KindD64 && v.Type.Kind() == col.KindD64) {
		return v.I64[:v.N]
	}
	return nil
}

// know notes the last of the first rows, which lie in order.
func (f *firstBound) know(by OrderBy, first *col.Batch) {
	if x := lanes(&first.Cols[by.Col]); x != nil && first.N > 0 {
		f.known, f.bound = true, x[first.N-1]
	}
}

// among leaves out rows that come behind all that are kept.
func (f *firstBound) among(by OrderBy, b *col.Batch) *col.Batch {
	x := lanes(&b.Cols[by.Col])
	if !f.known || x == nil || b.W != nil || b.Sel != nil {
		return b
	}
	f.sel = growTo(f.sel, len(x))
	n, sel, bound := 0, f.sel[:len(x)], f.bound
	for i, v := range x {
		sel[n] = uint32(i)
		if by.Desc && v >= bound || !by.Desc && v <= bound {
			n++
		}
	}
	if n == len(x) {
		return b
	}
	out := *b
	out.Sel = sel[:n]
	return &out
}
