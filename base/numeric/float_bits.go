package numeric

import (
	"math"
	"math/bits"
)

// splitFloat returns f = ± m × 2^e for finite f, with m odd or zero.
func splitFloat(f float64) (m uint64, e int, neg bool) {
	b := math.Float64bits(f)
	m, e = b&(1<<52-1), int(b>>52&0x7ff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 52
	}
	if m == 0 {
		return 0, 0, false
	}
	z := bits.TrailingZeros64(m)
	return m >> z, e - 1075 + z, b>>63 != 0
}

// roundWords rounds words × 2^exp, low word first, to nearest, ties to even.
func roundWords(w []uint64, exp int, neg bool) float64 {
	top := len(w) - 1
	for top >= 0 && w[top] == 0 {
		top--
	}
	if top < 0 {
		return 0
	}
	msb := top*64 + bits.Len64(w[top]) - 1
	low := max(msb-52, -1074-exp) // place of the last bit that a float64 keeps
	if low <= 0 {
		return signed(math.Ldexp(float64(bitsAt(w, 0)), exp), neg)
	}
	if low > msb+1 {
		return 0
	}
	m := bitsAt(w, low) & (1<<53 - 1)
	half := w[(low-1)/64]>>((low-1)%64)&1 != 0
	if half && (m&1 != 0 || bitsBelow(w, low-1)) {
		m++
	}
	return signed(math.Ldexp(float64(m), exp+low), neg)
}

func signed(f float64, neg bool) float64 {
	if neg {
		return -f
	}
	return f
}

// bitsAt returns 64 bits from place n on.
func bitsAt(w []uint64, n int) uint64 {
	i, s := n/64, n%64
	if i >= len(w) {
		return 0
	}
	v := w[i] >> s
	if s != 0 && i+1 < len(w) {
		v |= w[i+1] << (64 - s)
	}
	return v
}

// bitsBelow reports that a bit below place n is set.
func bitsBelow(w []uint64, n int) bool {
	for i := range n / 64 {
		if w[i] != 0 {
			return true
		}
	}
	return w[n/64]&(1<<(n%64)-1) != 0
}
