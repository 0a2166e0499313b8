package table

import (
	"math"
	"math/bits"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// sumsFrom is the number of columns beside the key from which one sum of them, which lies in
// one place, is compared faster.
const sumsFrom = 3

// newFactors makes two numbers for each column.
func newFactors(seed *col.Seed, columns int) []uint64 {
	v := col.NewVector(col.Int8)
	for i := range 2 * columns {
		v.AppendI64(int64(i))
	}
	f := make([]uint64, 2*columns)
	seed.Keys(f, []*col.Vector{v})
	return f
}

// sumBeside sums up the columns beside the key of a delta's rows. Each value is first mixed with
// the numbers of its column by one multiplication to 128 bits, so that rows which differ have
// the same sum once in 2^64 or so. No sum outlives the process.
func (s *Store) sumBeside(n int) {
	w := &s.work
	if len(s.beside) < sumsFrom {
		return
	}
	w.sums = slices.Grow(w.sums[:0], n)[:n]
	clear(w.sums)
	for i, c := range s.beside {
		addSums(w.sums, w.cols[c], &s.cfg.Seed, s.factors[2*i], s.factors[2*i+1])
	}
}

func mix(a, b uint64) uint64 { h, l := bits.Mul64(a, b); return h ^ l }

// addSums adds the mixed values of a column to the sums of the rows.
func addSums(sums []uint64, v *col.Vector, seed *col.Seed, x, y uint64) {
	switch {
	case v.Valid == nil && (v.Kind == col.KindI64 || v.Kind == col.KindD64):
		for i, k := range v.I64[:len(sums)] {
			sums[i] += mix(uint64(k)^x, y)
		}
	case v.Valid == nil && v.Kind.IsView():
		for i, k := range v.Str[:len(sums)] {
			if k.Len() > col.InlineLen {
				k.Hi = seed.Bytes(v.Bytes(i))
			}
			sums[i] += mix(k.Lo^x, k.Hi^y)
		}
	default:
		for i := range sums {
			if v.Null(i) {
				sums[i] += x
			} else {
				a, b := words(v, seed, i)
				sums[i] += mix(a^x, b^y)
			}
		}
	}
}

// words are a value in two words.
func words(v *col.Vector, seed *col.Seed, i int) (a, b uint64) {
	switch v.Kind {
	case col.KindBit:
		return v.Bits[i>>6] >> (i & 63) & 1, 0
	case col.KindI32:
		return uint64(v.I32[i]), 0
	case col.KindI64, col.KindD64:
		return uint64(v.I64[i]), 0
	case col.KindF32:
		return uint64(math.Float32bits(v.F32[i])), 0
	case col.KindF64:
		return math.Float64bits(v.F64[i]), 0
	case col.KindIv, col.KindU128:
		return v.Wide[i][0], v.Wide[i][1]
	}
	if k := v.Str[i]; k.Len() <= col.InlineLen {
		return k.Lo, k.Hi
	}
	return v.Str[i].Lo, seed.Bytes(v.Bytes(i))
}
