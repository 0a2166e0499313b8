package numeric

import (
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// Avg sets d to sum / n with the scale that PostgreSQL's avg shows; n > 0.
func Avg(d, sum *apd.Decimal, n int64) error {
	var c apd.Decimal
	SetInt64(&c, n, 0)
	return Div(d, sum, &c)
}

// AvgScaled is avg for scaled sums: v × 10^-rscale is sum × 10^-scale / n, rounded to
// the scale that PostgreSQL shows. It does not allocate. ok is false if n is not
// positive or the result does not fit; then [Avg] answers.
func AvgScaled(sum Int128, scale int32, n int64) (v Int128, rscale int32, ok bool) {
	if n <= 0 {
		return Int128{}, 0, false
	}
	hi, lo, neg := sum.abs()
	ws, fs := nbaseWords(hi, lo, scale)
	wn, fn := nbaseWords(0, uint64(n), 0)
	rscale = min(max(int32(minSignificant-4*quotientWeight(ws, fs, wn, fn)), scale, 0), max(maxDisplayScale, scale))
	qhi, qlo, r := quoRem64(hi, lo, uint64(n))
	for more := rscale - scale; more > 0; {
		// Long division: the remainder is below n, so each quotient is below 10^k.
		k := min(more, 18)
		h, l := bits.Mul64(r, pow10[k])
		var q uint64
		q, r = bits.Div64(h, l, uint64(n))
		var part Int128
		if part, ok = (Int128{qlo, int64(qhi)}).Mul(int64(pow10[k])); !ok || int64(qhi) < 0 {
			return Int128{}, 0, false
		}
		if part, ok = part.Add(Int128{Lo: q}); !ok {
			return Int128{}, 0, false
		}
		qhi, qlo = uint64(part.Hi), part.Lo
		more -= k
	}
	if r >= uint64(n)-r {
		var c uint64
		qlo, c = bits.Add64(qlo, 1, 0)
		qhi += c
	}
	v, ok = fromMagnitude(qhi, qlo, neg)
	return v, rscale, ok
}

// AppendStoredAvg appends the stored form of avg over int8: sum / n; n > 0.
func AppendStoredAvg(dst []byte, sum Int128, scale int32, n int64) []byte {
	if v, rscale, ok := AvgScaled(sum, scale, n); ok {
		return AppendStoredInt128(dst, v, rscale)
	}
	var d apd.Decimal
	SetInt128(&d, sum, scale)
	if err := Avg(&d, &d, n); err != nil {
		setNaN(&d) // n is not positive: no sum of values has such a count
	}
	return AppendStored(dst, &d)
}
