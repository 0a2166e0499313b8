package table

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
)

// zone is what a sealed column knows of its values, for pruning.
type zone struct {
	min, max []byte // order keys with zero Order; max nil: not bounded; both nil: only NULLs
	nulls    int
}

// zoneKey is the longest order key that a zone keeps.
const zoneKey = 64

// zoneOf finds the least and greatest value, and where they stand; nil for types that are not
// ordered here.
func zoneOf(v *col.Vector) (z *zone, lo, hi int) {
	if v.Type.OID == col.OIDJSON || v.Kind == col.KindBin {
		return nil, -1, -1
	}
	lo, hi = extremes(v)
	z = &zone{nulls: nullsOf(v)}
	if lo < 0 {
		return z, -1, -1
	}
	least := col.AppendOrderKey(nil, v, lo, col.Order{})
	z.min = bytes.Clone(least[:min(len(least), zoneKey)])
	if greatest := col.AppendOrderKey(nil, v, hi, col.Order{}); len(greatest) <= zoneKey {
		z.max = greatest
	}
	return z, lo, hi
}

func nullsOf(v *col.Vector) int {
	if v.Valid == nil {
		return 0
	}
	return v.N - col.CountBits(v.Valid, v.N)
}

// extremes are the places of a least and a greatest value; -1: there are NULLs alone.
func extremes(v *col.Vector) (lo, hi int) {
	switch {
	case v.Kind == col.KindI32 && signed(v.Type.OID):
		return extremesBy(v, v.I32, func(a, b int32) bool { return a < b })
	case v.Kind == col.KindI64, v.Kind == col.KindD64 && v.Type.Kind() == col.KindD64:
		return extremesBy(v, v.I64, func(a, b int64) bool { return a < b })
	case v.Kind == col.KindF64:
		return extremesBy(v, v.F64, func(a, b float64) bool { return col.FloatOrder(a) < col.FloatOrder(b) })
	case v.Kind == col.KindStr && v.Type.OID != col.OIDBpchar:
		return textExtremes(v)
	}
	lo, hi = -1, -1
	var key, least, most []byte
	for i := range v.N {
		if v.Null(i) {
			continue
		}
		key = col.AppendOrderKey(key[:0], v, i, col.Order{})
		if lo < 0 || bytes.Compare(key, least) < 0 {
			lo, least = i, append(least[:0], key...)
		}
		if hi < 0 || bytes.Compare(key, most) > 0 {
			hi, most = i, append(most[:0], key...)
		}
	}
	return lo, hi
}

// extremesBy is extremes of lanes that are ordered by less, as their order keys are.
func extremesBy[T any](v *col.Vector, lane []T, less func(a, b T) bool) (lo, hi int) {
	lo, hi = -1, -1
	var least, most T
	for i, x := range lane[:v.N] {
		switch {
		case v.Valid != nil && v.Null(i):
		case lo < 0:
			lo, hi, least, most = i, i, x, x
		case less(x, least):
			lo, least = i, x
		case less(most, x):
			hi, most = i, x
		}
	}
	return lo, hi
}

// textExtremes is extremes of strings that are ordered by their bytes.
func textExtremes(v *col.Vector) (lo, hi int) {
	lo, hi = -1, -1
	var least, most []byte
	for i := range v.N {
		if v.Null(i) {
			continue
		}
		b := v.Bytes(i)
		switch {
		case lo < 0:
			lo, hi, least, most = i, i, b, b
		case bytes.Compare(b, least) < 0:
			lo, least = i, b
		case bytes.Compare(most, b) < 0:
			hi, most = i, b
		}
	}
	return lo, hi
}

// signed reports whether values of four bytes are ordered as signed numbers.
func signed(t col.OID) bool { return t == col.OIDInt2 || t == col.OIDInt4 || t == col.OIDDate }
