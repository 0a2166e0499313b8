package col

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/numeric"
)

// Order says how a column sorts.
type Order struct {
	Desc       bool
	NullsFirst bool
}

// AppendOrderKey appends an order-preserving encoding of value i, so that bytes.Compare
// on keys is SQL order on values: SQL-equal values give equal keys. Encodings of several
// columns may be joined.
func AppendOrderKey(dst []byte, v *Vector, i int, o Order) []byte {
	null := v.Null(i)
	if null == o.NullsFirst {
		dst = append(dst, 0)
	} else {
		dst = append(dst, 1)
	}
	if null {
		return dst
	}
	from := len(dst)
	dst = appendOrdered(dst, v, i)
	if o.Desc {
		for j := from; j < len(dst); j++ {
			dst[j] = ^dst[j]
		}
	}
	return dst
}

// SkipOrderKey returns what stands behind the order key of a value of a type.
func SkipOrderKey(b []byte, t Type, o Order) []byte {
	null := (b[0] == 0) == o.NullsFirst
	if b = b[1:]; null {
		return b
	}
	return skipOrdered(b, t, o.Desc)
}

// skipOrdered is SkipOrderKey of a value that is not NULL, its first byte taken off.
func skipOrdered(b []byte, t Type, desc bool) []byte {
	if elem, ok := t.Element(); ok {
		return skipArrayOrder(b, elem, desc)
	}
	switch k := t.Kind(); k {
	case KindF32:
		return b[8:] // widened
	case KindBit, KindI32, KindI64, KindF64, KindD64, KindIv, KindU128:
		return b[k.Width():]
	}
	end := byte(0)
	if desc {
		end = 0xff
	}
	for n := 0; ; n += 2 {
		if n += bytes.IndexByte(b[n:], end); b[n+1] == end {
			return b[n+2:]
		}
	}
}

func appendOrdered(dst []byte, v *Vector, i int) []byte {
	be := binary.BigEndian
	switch v.Kind {
	case KindBit:
		if v.Bool(i) {
			return append(dst, 1)
		}
		return append(dst, 0)
	case KindI32:
		if unsigned(v.Type.OID) {
			return be.AppendUint32(dst, uint32(v.I32[i]))
		}
		return be.AppendUint32(dst, uint32(v.I32[i])^1<<31)
	case KindI64:
		return be.AppendUint64(dst, uint64(v.I64[i])^1<<63)
	case KindF32:
		return be.AppendUint64(dst, FloatOrder(float64(v.F32[i])))
	case KindF64:
		return be.AppendUint64(dst, FloatOrder(v.F64[i]))
	case KindD64:
		if v.Type.Kind() == KindD64 {
			return be.AppendUint64(dst, uint64(v.I64[i])^1<<63)
		}
		return appendEscaped(dst, numeric.AppendCanonicalInt(nil, v.I64[i], v.Scale))
	case KindDec:
		return appendEscaped(dst, numeric.Canonical(v.Bytes(i)))
	case KindIv:
		k := IntervalOrder(v.Wide[i])
		return be.AppendUint64(be.AppendUint64(dst, k[0]), k[1])
	case KindU128:
		return be.AppendUint64(be.AppendUint64(dst, v.Wide[i][0]), v.Wide[i][1])
	case KindBin:
		if v.Type.OID == OIDJSONB {
			return appendEscaped(dst, jsonb.AppendOrderKey(nil, jsonb.Value(v.Bytes(i))))
		}
		if v.Type.OID == OIDRecord {
			return appendEscaped(dst, AppendRecordKey(nil, v.Bytes(i)))
		}
		if elem, ok := v.Type.Element(); ok {
			return appendArrayOrder(dst, v.Bytes(i), elem)
		}
	}
	b := v.Bytes(i)
	if v.Type.OID == OIDBpchar {
		b = trimBlanks(b)
	}
	return appendEscaped(dst, b)
}

// appendEscaped ends a byte string so that a prefix sorts first: 0 becomes 0 255, the end
// is 0 0.
func appendEscaped(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, c)
		if c == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 0)
}

// FloatOrder maps a float64 to bits that order as PostgreSQL orders floats: -0 equals 0
// and NaN is greatest.
func FloatOrder(f float64) uint64 {
	switch {
	case f != f:
		return ^uint64(0)
	case f == 0:
		return 1 << 63
	}
	u := math.Float64bits(f)
	if u>>63 == 1 {
		return ^u
	}
	return u | 1<<63
}

// AppendIdentity appends the identity bytes of a whole row, the tie-breaker of every
// order: no two rows that differ give the same bytes.
func AppendIdentity(dst []byte, cols []Vector, i int) []byte {
	for c := range cols {
		v := &cols[c]
		if v.Null(i) {
			dst = append(dst, 1)
			continue
		}
		dst = append(dst, 0)
		switch v.Kind {
		case KindF32:
			dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(v.F32[i]))
		case KindF64:
			dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(v.F64[i]))
		case KindIv:
			dst = binary.BigEndian.AppendUint64(dst, v.Wide[i][0])
			dst = binary.BigEndian.AppendUint64(dst, v.Wide[i][1])
		case KindD64:
			if v.Type.Kind() == KindD64 {
				dst = appendOrdered(dst, v, i)
			} else {
				dst = appendEscaped(dst, numeric.AppendStoredInt(nil, v.I64[i], v.Scale))
			}
		case KindDec, KindStr, KindBin:
			dst = appendEscaped(dst, v.Bytes(i))
		default:
			dst = appendOrdered(dst, v, i)
		}
	}
	return dst
}
