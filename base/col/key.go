package col

import (
	"math"

	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/numeric"
)

// KeyKind is the kind of the vectors that CanonicalOf makes of a type.
func KeyKind(t Type) Kind {
	switch k := t.Kind(); k {
	case KindDec:
		return KindStr
	case KindIv:
		return KindU128
	case KindBin:
		return KindStr
	default:
		return k
	}
}

// CanonicalSame reports whether identity and SQL equality are one for the type, so that a
// key needs no representative beside it.
func CanonicalSame(t Type) bool {
	switch t.OID {
	case OIDNumeric:
		return t.Kind() == KindD64
	case OIDFloat4, OIDFloat8, OIDInterval, OIDBpchar, OIDJSONB:
		return false
	}
	if elem, ok := t.Element(); ok {
		return CanonicalSame(elem)
	}
	return t.Kind() != KindBin
}

// FromKey brings back a vector that CanonicalOf made of a type for which CanonicalSame holds: its
// lanes are the values', under the name of the kind in which columns are kept.
func (v *Vector) FromKey() {
	if v.Kind != v.Type.Kind() && CanonicalSame(v.Type) {
		v.Kind = v.Type.Kind()
	}
}

// CanonicalOf brings v into the form in which SQL equality is equality of the lanes: one
// zero and one NaN for floats, digits without trailing zeros for numerics, total
// microseconds for intervals, trimmed char(n), canonical elements for jsonb and arrays. It returns v
// itself where that is so already.
func CanonicalOf(v *Vector) *Vector {
	switch v.Type.OID {
	case OIDNumeric:
		return canonicalNumeric(v)
	case OIDFloat4:
		return canonicalF32(v)
	case OIDFloat8:
		return canonicalF64(v)
	case OIDInterval:
		return canonicalInterval(v)
	case OIDBpchar:
		return mapBytes(v, KindStr, func(_, b []byte) []byte { return trimBlanks(b) })
	case OIDJSONB:
		return mapBytes(v, KindStr, func(dst, b []byte) []byte { return jsonb.AppendKey(dst, jsonb.Value(b)) })
	}
	if v.Kind != KindBin {
		return v
	}
	if v.Type.OID == OIDRecord {
		return mapBytes(v, KindStr, AppendRecordKey)
	}
	if elem, ok := v.Type.Element(); ok {
		return canonicalArray(v, elem)
	}
	return mapBytes(v, KindStr, func(_, b []byte) []byte { return b })
}

func canonicalNumeric(v *Vector) *Vector {
	if v.Type.Kind() == KindD64 {
		return v
	}
	v = v.ToDec()
	return mapBytes(v, KindStr, func(_, b []byte) []byte { return numeric.Canonical(b) })
}

func canonicalF32(v *Vector) *Vector {
	for i, x := range v.F32[:v.N] {
		if x == 0 && math.Signbit(float64(x)) || x != x && math.Float32bits(x) != 0x7fc00000 {
			out := copyLanes(v)
			for j, x := range out.F32[i:] {
				if x != x {
					out.F32[i+j] = math.Float32frombits(0x7fc00000)
				} else if x == 0 {
					out.F32[i+j] = 0
				}
			}
			return out
		}
	}
	return v
}

func canonicalF64(v *Vector) *Vector {
	for i, x := range v.F64[:v.N] {
		if x == 0 && math.Signbit(x) || x != x && math.Float64bits(x) != nan64 {
			out := copyLanes(v)
			for j, x := range out.F64[i:] {
				if x != x {
					out.F64[i+j] = math.Float64frombits(nan64)
				} else if x == 0 {
					out.F64[i+j] = 0
				}
			}
			return out
		}
	}
	return v
}

const nan64 = 0x7ff8000000000001

func copyLanes(v *Vector) *Vector {
	out := &Vector{}
	out.ResetKind(v.Type, v.Kind, v.Scale)
	out.AppendAll(v)
	return out
}

// canonicalInterval is the total in microseconds by the 30-day rule, 128 bits, most
// significant word first, sign flipped so that it also orders.
func canonicalInterval(v *Vector) *Vector {
	out := &Vector{}
	out.ResetKind(v.Type, KindU128, 0)
	out.Resize(v.N)
	out.Valid = v.Valid
	for i, w := range v.Wide[:v.N] {
		out.Wide[i] = IntervalOrder(w)
	}
	return out
}

// IntervalOrder is the key by which intervals compare: microseconds in 128 bits with the
// sign flipped, most significant word first.
func IntervalOrder(w [2]uint64) [2]uint64 {
	months, days, us := IntervalParts(w)
	const dayUS = 86400 * 1000000
	d := int64(months)*30 + int64(days)
	whole := us / dayUS
	rest := us % dayUS
	if rest < 0 {
		rest += dayUS
		whole--
	}
	d += whole // days, below 2^37 in size; value = d*dayUS + rest
	hi, lo := mulSigned(d, dayUS)
	sum := lo + uint64(rest)
	if sum < lo {
		hi++
	}
	return [2]uint64{hi ^ 1<<63, sum}
}

func mulSigned(a, b int64) (hi, lo uint64) {
	neg := (a < 0) != (b < 0)
	ua, ub := uint64(a), uint64(b)
	if a < 0 {
		ua = -ua
	}
	if b < 0 {
		ub = -ub
	}
	hi, lo = mul64(ua, ub)
	if neg {
		lo = -lo
		hi = ^hi
		if lo == 0 {
			hi++
		}
	}
	return hi, lo
}

// IntervalParts takes a KindIv lane apart.
func IntervalParts(w [2]uint64) (months, days int32, us int64) {
	return int32(w[0] >> 32), int32(w[0]), int64(w[1])
}

// IntervalLane makes a KindIv lane.
func IntervalLane(months, days int32, us int64) [2]uint64 {
	return [2]uint64{uint64(uint32(months))<<32 | uint64(uint32(days)), uint64(us)}
}

// mapBytes makes a vector of a view kind by giving each value's bytes to f, which may
// build its answer in dst, an empty scratch, or return a part of its input.
func mapBytes(v *Vector, k Kind, f func(dst, b []byte) []byte) *Vector {
	out := &Vector{}
	out.ResetKind(v.Type, k, 0)
	out.Resize(v.N)
	out.Valid = v.Valid
	var buf []byte
	for i := range v.N {
		if v.Null(i) {
			out.Str[i] = Str{}
			continue
		}
		b := f(buf[:0], v.Bytes(i))
		out.SetBytes(i, b)
		if cap(b) > cap(buf) && len(b) > 0 {
			buf = make([]byte, 0, cap(b))
		}
	}
	return out
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// IdentityOf brings v into the form in which identity is equality of the lanes: numerics
// that travel as scaled integers become stored bytes, everything else is v itself.
func IdentityOf(v *Vector) *Vector { return v.StoredKind() }

// EqualAt reports whether lane i of a equals lane j of b, both of one kind and both in
// canonical form (for SQL equality) or identity form; two NULLs are equal.
func EqualAt(a *Vector, i int, b *Vector, j int) bool {
	if an, bn := a.Null(i), b.Null(j); an || bn {
		return an && bn
	}
	switch a.Kind {
	case KindBit:
		return a.Bool(i) == b.Bool(j)
	case KindI32:
		return a.I32[i] == b.I32[j]
	case KindI64, KindD64:
		return a.I64[i] == b.I64[j]
	case KindF32:
		return math.Float32bits(a.F32[i]) == math.Float32bits(b.F32[j])
	case KindF64:
		return math.Float64bits(a.F64[i]) == math.Float64bits(b.F64[j])
	case KindIv, KindU128:
		return a.Wide[i] == b.Wide[j]
	}
	x, y := a.Str[i], b.Str[j]
	if x.Lo != y.Lo {
		return false
	}
	if x.Len() <= InlineLen {
		return x.Hi == y.Hi
	}
	return string(a.Bytes(i)) == string(b.Bytes(j))
}
