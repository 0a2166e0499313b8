package numeric

import (
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

const (
	minSignificant  = 16   // digits a quotient or root shows at least
	maxDisplayScale = 1000 // scale that functions choose at most
)

func clampScale(scale int, least ...*apd.Decimal) int32 {
	for _, d := range least {
		scale = max(scale, int(Scale(d)))
	}
	return int32(min(max(scale, 0), maxDisplayScale))
}

// divScale is PostgreSQL's select_div_scale.
func divScale(a, b *apd.Decimal) int32 {
	wa, fa := nbase(a)
	wb, fb := nbase(b)
	return clampScale(minSignificant-4*quotientWeight(wa, fa, wb, fb), a, b)
}

func quotientWeight(wa, fa, wb, fb int) int {
	w := wa - wb
	if fa <= fb {
		w--
	}
	return w
}

// nbase returns the weight of the first base-10000 digit of a finite value and that
// digit: PostgreSQL chooses result scales by them.
func nbase(d *apd.Decimal) (weight, first int) {
	n := digitCount(&d.Coeff)
	if n == 0 {
		return 0, 0
	}
	whole := n + int(d.Exponent)
	weight = floorDiv(whole-1, 4)
	lead := whole - 4*weight // digits of the first base-10000 digit, 1 to 4
	return weight, int(leadingDigits(&d.Coeff, n, lead))
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// leadingDigits returns the first count digits of x, which has n, padded with zeros;
// count ≤ 18.
func leadingDigits(x *apd.BigInt, n, count int) uint64 {
	if n <= count {
		return x.Uint64() * pow10[count-n]
	}
	if x.IsUint64() {
		return x.Uint64() / pow10[n-count]
	}
	var t apd.BigInt
	return t.Quo(x, tenTo(int32(n-count))).Uint64()
}

// nbaseWords is [nbase] for a magnitude of two words.
func nbaseWords(hi, lo uint64, scale int32) (weight, first int) {
	n := 0
	for hi != 0 || lo >= pow10[19] {
		hi, lo, _ = quoRem64(hi, lo, 10000)
		n += 4
	}
	if lo == 0 {
		return 0, 0
	}
	k := digits64(lo)
	whole := n + k - int(scale)
	weight = floorDiv(whole-1, 4)
	lead := whole - 4*weight
	if k >= lead {
		return weight, int(lo / pow10[k-lead])
	}
	return weight, int(lo * pow10[lead-k])
}

func digits64(v uint64) int {
	n := bits.Len64(v) * 1233 >> 12
	if n < len(pow10) && v >= pow10[n] {
		n++
	}
	return n
}
