package fn

import "github.com/millracedb/millrace/base/col"

var _ = cast("int4 int8", Implicit, "Widens an integer.", widen[int32, int64], IsTotal)

// widen converts lanes when every value fits.
func widen[A, B int32 | int64 | float32 | float64](_ *Ctx, a []*col.Vector, _ []uint32, n int, out *col.Vector) {
	x, r := lanes[A](a[0]), lanes[B](out)[:n]
	if mask(a[0], n) == 0 {
		fill(r, B(x[0]))
		return
	}
	x = x[:len(r)]
	for i := range r {
		r[i] = B(x[i])
	}
}
