package col

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/numeric"
)

// canonicalArray makes the stored form over canonical elements. Shapes are part of it: arrays
// of other bounds are not equal.
func canonicalArray(v *Vector, elem Type) *Vector {
	if CanonicalSame(elem) {
		same := *v
		same.Kind = KindStr
		return &same
	}
	elems := NewVector(elem)
	return mapBytes(v, KindStr, func(dst, b []byte) []byte {
		a := ArrayOf(b, elem)
		elems.Reset(elem)
		a.AppendTo(elems, 0, a.N)
		return AppendArray(dst, &a.Shape, CanonicalOf(elems), 0)
	})
}

// Marks of appendArrayOrder. The end sorts before an element, and NULL behind all.
const (
	orderEnd  = 0
	orderElem = 1
	orderNull = 2
)

// appendArrayOrder appends bytes that order as arrays do: by their elements, the shorter one
// first, then by dimensions and bounds.
func appendArrayOrder(dst, b []byte, elem Type) []byte {
	a := ArrayOf(b, elem)
	elems := NewVector(elem)
	a.AppendTo(elems, 0, a.N)
	for i := range a.N {
		if elems.Null(i) {
			dst = append(dst, orderNull)
			continue
		}
		dst = appendOrdered(append(dst, orderElem), elems, i)
	}
	dst = append(dst, orderEnd, byte(a.Dims))
	for d := range a.Dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(a.Len[d]))
	}
	for d := range a.Dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(a.Lower[d])^1<<31)
	}
	return dst
}

// skipArrayOrder returns what stands behind the order key of an array.
func skipArrayOrder(b []byte, elem Type, desc bool) []byte {
	flip := byte(0)
	if desc {
		flip = 0xff
	}
	for {
		tag := b[0] ^ flip
		b = b[1:]
		switch tag {
		case orderNull:
		case orderElem:
			b = skipOrdered(b, Type{elem.OID, -1}, desc)
		default:
			return b[1+8*int(b[0]^flip):]
		}
	}
}

// CompareArrays compares two arrays in their stored form, as PostgreSQL orders them: by their
// elements, of which NULLs are equal to each other and greater than the others, then by how
// many there are, then by dimensions, their lengths and their bounds.
func CompareArrays(x, y []byte, elem Type) int {
	a, b := ArrayOf(x, elem), ArrayOf(y, elem)
	for i := range min(a.N, b.N) {
		an, bn := a.Null(i), b.Null(i)
		switch {
		case an && bn:
		case an != bn:
			return int(b2u(an)) - int(b2u(bn))
		default:
			if c := a.compare(i, &b, i, elem); c != 0 {
				return c
			}
		}
	}
	if c := cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.Dims, b.Dims)); c != 0 {
		return c
	}
	for d := range a.Dims {
		if c := cmp.Compare(a.Len[d], b.Len[d]); c != 0 {
			return c
		}
	}
	for d := range a.Dims {
		if c := cmp.Compare(a.Lower[d], b.Lower[d]); c != 0 {
			return c
		}
	}
	return 0
}

// CompareAt compares element i of a with element j of b, both of the type and neither NULL.
func (a *Array) CompareAt(i int, b *Array, j int, elem Type) int { return a.compare(i, b, j, elem) }

func (a *Array) compare(i int, b *Array, j int, elem Type) int {
	le := binary.LittleEndian
	switch a.kind {
	case KindBit:
		return cmp.Compare(a.fixed[i], b.fixed[j])
	case KindI32:
		x, y := le.Uint32(a.fixed[4*i:]), le.Uint32(b.fixed[4*j:])
		if unsigned(elem.OID) {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(int32(x), int32(y))
	case KindI64:
		return cmp.Compare(int64(le.Uint64(a.fixed[8*i:])), int64(le.Uint64(b.fixed[8*j:])))
	case KindF32:
		x, y := math.Float32frombits(le.Uint32(a.fixed[4*i:])), math.Float32frombits(le.Uint32(b.fixed[4*j:]))
		return cmp.Compare(FloatOrder(float64(x)), FloatOrder(float64(y)))
	case KindF64:
		x, y := math.Float64frombits(le.Uint64(a.fixed[8*i:])), math.Float64frombits(le.Uint64(b.fixed[8*j:]))
		return cmp.Compare(FloatOrder(x), FloatOrder(y))
	case KindIv:
		return compareWide(IntervalOrder(a.wide(i)), IntervalOrder(b.wide(j)))
	case KindU128:
		return compareWide(a.wide(i), b.wide(j))
	case KindDec:
		return bytes.Compare(numeric.Canonical(a.Bytes(i)), numeric.Canonical(b.Bytes(j)))
	}
	x, y := a.Bytes(i), b.Bytes(j)
	switch elem.OID {
	case OIDJSONB:
		return jsonb.Compare(x, y)
	case OIDRecord:
		return CompareRecords(x, y)
	case OIDBpchar:
		x, y = trimBlanks(x), trimBlanks(y)
	}
	return bytes.Compare(x, y)
}

func (a *Array) wide(i int) [2]uint64 {
	return [2]uint64{binary.LittleEndian.Uint64(a.fixed[16*i:]), binary.LittleEndian.Uint64(a.fixed[16*i+8:])}
}

func compareWide(x, y [2]uint64) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) }

// unsigned reports whether lanes of KindI32 are numbers of catalog objects.
func unsigned(t OID) bool {
	switch t {
	case OIDOid, OIDRegclass, OIDRegtype, OIDRegproc, OIDRegnamespace:
		return true
	}
	return false
}
