package fn

import (
	"github.com/millracedb/millrace/base/col"
)

// Comparisons of arrays, and of their elements as sets.
var (
	_ = comparable("anyarray", byOrder(arrayOrder), Equals, Scans)
	_ = scalar("@>(anyarray, anyarray) bool", "Tells whether every element of the second array is one of the first.", elementwise(containsAll), Equals, Scans)
	_ = scalar("<@(anyarray, anyarray) bool", "Tells whether every element of the first array is one of the second.", elementwise(func(c *Ctx, x, y *col.Array, t col.Type) bool { return containsAll(c, y, x, t) }), Equals, Scans)
	_ = scalar("&&(anyarray, anyarray) bool", "Tells whether two arrays have an element in common.", elementwise(overlap), Equals, Scans)
)

var arrayOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	elem, _ := x.Type.Element()
	return func(i int) int { return col.CompareArrays(x.Bytes(i&mx), y.Bytes(i&my), elem) }
}}

// elementwise compares element by element, and ends between two when the statement does.
func elementwise(f func(c *Ctx, x, y *col.Array, elem col.Type) bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		elem, _ := a[0].Type.Element()
		mx, my := mask(a[0], n), mask(a[1], n)
		span(sel, n, func(i int) {
			x, y := col.ArrayOf(a[0].Bytes(i&mx), elem), col.ArrayOf(a[1].Bytes(i&my), elem)
			out.SetBool(i, f(c, &x, &y, elem))
			if x.N*y.N > elementsBetween && c.ended() {
				c.Fail(out, i, errCanceled())
			}
		})
	}
}

// elementsBetween is how many elements are compared between two looks at whether the statement is
// to end.
const elementsBetween = 1 << 16

// endedAt asks in step j of a loop of n comparisons each whether the statement is to end.
func (c *Ctx) endedAt(j, n int) bool {
	every := max(1, elementsBetween/(n+1))
	return j%every == every-1 && c.ended()
}

// containsAll reports whether every element of y is in x. A NULL is in nothing.
func containsAll(c *Ctx, x, y *col.Array, elem col.Type) bool {
	for j := range y.N {
		if y.Null(j) || c.endedAt(j, x.N) || indexOf(x, y, j, elem) < 0 {
			return false
		}
	}
	return true
}

func overlap(c *Ctx, x, y *col.Array, elem col.Type) bool {
	for j := range y.N {
		if c.endedAt(j, x.N) || !y.Null(j) && indexOf(x, y, j, elem) >= 0 {
			return true
		}
	}
	return false
}

// indexOf is where in x element j of y is, which is not NULL; -1: nowhere.
func indexOf(x, y *col.Array, j int, elem col.Type) int {
	for i := range x.N {
		if !x.Null(i) && x.CompareAt(i, y, j, elem) == 0 {
			return i
		}
	}
	return -1
}
