package table

import (
	"github.com/millracedb/millrace/base/col"
)

// lanes is the values of a sealed column; those of NULLs are anything.
type lanes interface {
	window(dst *col.Vector, lo, hi int) // dst has hi-lo values to fill
	take(dst *col.Vector, slot int)
	same(slot int, v *col.Vector, i int) bool
	bytes() int64
	put(dst []byte) []byte // its number and contents, as the format has them
}

// sealedColumn is a column that nothing changes any more.
type sealedColumn struct {
	typ   col.Type
	kind  col.Kind
	scale int32
	n     int
	valid []uint64 // nil: no NULLs
	z     *zone    // nil: values have no order
	p     *profile // nil: not known
	lanes
}

// density says how hard strings are pressed: small blocks that must pay well where rows
// are read one by one, large ones where they are scanned.
type density struct {
	block int
	keep  float64
}

func (s *Store) density() density {
	if s.cfg.Shape == Bag {
		return density{16 << 10, 0.8}
	}
	return density{4 << 10, 0.6}
}

// seal encodes a dense vector in stored form. The vector is not kept.
func seal(v *col.Vector, d density) *sealedColumn {
	c := &sealedColumn{typ: v.Type, kind: v.Kind, scale: v.Scale, n: v.N}
	if v.AnyNull() {
		c.valid = append([]uint64(nil), v.Valid[:col.Words(v.N)]...)
	}
	var firsts []uint32 // a row of each value, where they are known
	switch v.Kind {
	case col.KindBit:
		b := append([]uint64(nil), v.Bits[:col.Words(v.N)]...)
		c.lanes = bitLanes(b)
	case col.KindI32:
		wide := make([]int64, v.N)
		for i, x := range v.I32[:v.N] {
			wide[i] = int64(x)
		}
		c.lanes = intLanes{pack(fillNulls(v, wide))}
	case col.KindI64, col.KindD64:
		c.lanes = intLanes{pack(fillNulls(v, v.I64[:v.N]))}
	case col.KindF32:
		c.lanes = f32Lanes(append([]float32(nil), v.F32[:v.N]...))
	case col.KindF64:
		c.lanes = floatLanes(fillNulls(v, v.F64[:v.N]))
	case col.KindIv, col.KindU128:
		c.lanes = wideLanes(append([][2]uint64(nil), v.Wide[:v.N]...))
	default:
		c.lanes, firsts = sealText(v, d)
	}
	var least, most int
	c.z, least, most = zoneOf(v, firsts)
	c.p = profileOf(v, c.lanes, least, most)
	return c
}

// sealText encodes strings, and lists a row of each value where there are few and no NULLs.
func sealText(v *col.Vector, d density) (l lanes, firsts []uint32) {
	s := *v
	if v.AnyNull() {
		s.Str = append([]col.Str(nil), v.Str[:v.N]...)
		for i := range s.Str {
			if v.Null(i) {
				s.Str[i] = col.Str{}
			}
		}
	}
	s.Valid = nil
	dict, firsts, ok := newDict(&s)
	switch {
	case !ok:
		return newText(&s, d.block, d.keep), nil
	case v.AnyNull(): // for which an empty string stands
		return dict, nil
	}
	return dict, firsts
}

// fillNulls gives the lanes of NULLs the value before them, or the first there is, which
// packs well.
func fillNulls[T int64 | float64](v *col.Vector, lane []T) []T {
	if v.Valid == nil {
		return lane
	}
	out := append([]T(nil), lane...)
	var last T
	for i := range out {
		if !v.Null(i) {
			last = out[i]
			break
		}
	}
	for i := range out {
		if v.Null(i) {
			out[i] = last
		}
		last = out[i]
	}
	return out
}

func (c *sealedColumn) null(i int) bool { return c.valid != nil && c.valid[i>>6]>>(i&63)&1 == 0 }

func (c *sealedColumn) zone() *zone { return c.z }

func (c *sealedColumn) profile() *profile { return c.p }

func (c *sealedColumn) bytes() int64 {
	return c.lanes.bytes() + int64(len(c.valid))*8 + c.p.bytes() + 128
}

func (c *sealedColumn) window(scratch *col.Vector, lo, hi int) col.Vector {
	scratch.ResetKind(c.typ, c.kind, c.scale)
	scratch.Resize(hi - lo)
	c.lanes.window(scratch, lo, hi)
	v := *scratch
	scratch.Arenas = nil
	if c.valid != nil {
		v.Valid = c.valid[lo>>6 : col.Words(hi) : col.Words(hi)]
	}
	return v
}

func (c *sealedColumn) take(dst *col.Vector, slots []uint32) {
	if t, ok := c.lanes.(*textLanes); ok {
		t.takeAll(dst, slots, c.valid)
		return
	}
	for _, x := range slots {
		if c.null(int(x)) {
			dst.AppendNull()
		} else {
			c.lanes.take(dst, int(x))
		}
	}
}

func (c *sealedColumn) same(slot int, v *col.Vector, i int) bool {
	if a, b := c.null(slot), v.Null(i); a || b {
		return a && b
	}
	return c.lanes.same(slot, v, i)
}

func (c *sealedColumn) differs(slots []uint32, v *col.Vector, rows []uint32, from int) int {
	return eachDiffers(c, slots, v, rows, from)
}

// sealedWeights is the weights of a sealed segment; nil lanes: all are 1.
type sealedWeights struct{ *packed }

func (w sealedWeights) at(slot int) int64 {
	if w.packed == nil {
		return 1
	}
	return w.get(slot)
}

func (w sealedWeights) plain() bool { return w.packed == nil }

func (w sealedWeights) bytes() int64 {
	if w.packed == nil {
		return 0
	}
	return w.packed.bytes()
}
