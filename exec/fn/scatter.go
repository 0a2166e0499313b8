package fn

import "github.com/millracedb/millrace/base/col"

// each fills out by a function that appends one value for a lane to tmp, a scratch vector
// of out's type.
func each(c *Ctx, sel []uint32, n int, out, tmp *col.Vector, f func(i int) error) {
	at := c.Sel(n)[:0]
	span(sel, n, func(i int) {
		before := tmp.N
		if err := f(i); err != nil || tmp.N == before {
			if err == nil {
				err = errNull
			}
			tmp.N = before
			c.put(out, i, err)
			return
		}
		at = append(at, uint32(i))
	})
	if tmp.Kind != out.Kind || tmp.Scale != out.Scale {
		numericOut(out, tmp.Kind, tmp.Scale, n)
	}
	switch out.Kind {
	case col.KindBit:
		for k, i := range at {
			out.SetBool(int(i), tmp.Bool(k))
		}
	case col.KindI32:
		scatter(out.I32, tmp.I32, at)
	case col.KindI64, col.KindD64:
		scatter(out.I64, tmp.I64, at)
	case col.KindF32:
		scatter(out.F32, tmp.F32, at)
	case col.KindF64:
		scatter(out.F64, tmp.F64, at)
	case col.KindIv, col.KindU128:
		scatter(out.Wide, tmp.Wide, at)
	default:
		scatter(out.Str, tmp.Str, at)
		out.Arenas = tmp.Arenas
	}
	for k, i := range at {
		if tmp.Null(k) {
			c.SetNull(out, int(i))
		}
	}
}

func scatter[T any](dst, src []T, at []uint32) {
	for k, i := range at {
		dst[i] = src[k]
	}
}
