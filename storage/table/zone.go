package table

import (
	"bytes"
	"math/bits"
	"slices"

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
// ordered here. Of firsts, a row of each value, it looks at no others; nil: at all.
func zoneOf(v *col.Vector, firsts []uint32) (z *zone, lo, hi int) {
	if v.Type.OID == col.OIDJSON || v.Kind == col.KindBin {
		return nil, -1, -1
	}
	if firsts == nil {
		lo, hi = extremes(v)
	} else {
		few := col.Vector{}
		few.ResetKind(v.Type, v.Kind, v.Scale)
		few.Gather(v, firsts)
		lo, hi = extremes(&few)
		lo, hi = int(firsts[lo]), int(firsts[hi])
	}
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
		return extremesIn(v, v.I32)
	case v.Kind == col.KindI64, v.Kind == col.KindD64 && v.Type.Kind() == col.KindD64:
		return extremesIn(v, v.I64)
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

// extremesIn is extremes of numbers that are ordered as such.
func extremesIn[T int32 | int64](v *col.Vector, lane []T) (lo, hi int) {
	if v.N == 0 || v.AnyNull() {
		return extremesBy(v, lane, func(a, b T) bool { return a < b })
	}
	lane = lane[:v.N]
	least, most := lane[0], lane[0]
	for _, x := range lane {
		least, most = min(least, x), max(most, x)
	}
	return slices.Index(lane, least), slices.Index(lane, most)
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

// textExtremes is extremes of strings that are ordered by their bytes. Most are told from the least
// and the greatest so far by their first four.
func textExtremes(v *col.Vector) (lo, hi int) {
	lo, hi = -1, -1
	var least, most []byte
	var first, last uint32
	for i := range v.N {
		if v.Null(i) {
			continue
		}
		p := prefixOf(v.Str[i])
		if lo >= 0 && first < p && p < last {
			continue
		}
		b := v.Bytes(i)
		if lo < 0 || bytes.Compare(b, least) < 0 {
			lo, least, first = i, b, p
		}
		if hi < 0 || bytes.Compare(most, b) < 0 {
			hi, most, last = i, b, p
		}
	}
	return lo, hi
}

// prefixOf is the first four bytes of a string, zeros behind them, as a number that is ordered as they are.
func prefixOf(s col.Str) uint32 { return bits.ReverseBytes32(uint32(s.Lo >> 32)) }

// signed reports whether values of four bytes are ordered as signed numbers.
func signed(t col.OID) bool { return t == col.OIDInt2 || t == col.OIDInt4 || t == col.OIDDate }
