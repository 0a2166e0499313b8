package col

import "math/bits"

func words(n int) int { return (n + 63) >> 6 }

// Words is the number of 64-bit words of a bitmap of n bits.
func Words(n int) int { return words(n) }

func putBit(w []uint64, i int, b bool) {
	if b {
		w[i>>6] |= 1 << (i & 63)
	} else {
		w[i>>6] &^= 1 << (i & 63)
	}
}

// setBits sets the bits from up to, not including, to.
func setBits(w []uint64, from, to int) {
	for ; from < to && from&63 != 0; from++ {
		w[from>>6] |= 1 << (from & 63)
	}
	for ; from+64 <= to; from += 64 {
		w[from>>6] = ^uint64(0)
	}
	if from < to {
		m := uint64(1)<<(to-from) - 1
		w[from>>6] |= m
	}
}

// CountBits counts the set ones of the first n bits.
func CountBits(w []uint64, n int) int {
	c := 0
	for i := range n >> 6 {
		c += bits.OnesCount64(w[i])
	}
	if r := n & 63; r != 0 {
		c += bits.OnesCount64(w[n>>6] & (1<<r - 1))
	}
	return c
}

// AndValid returns the bitmap of values valid in both, for n values: nil where both are
// nil, one of the two where the other is nil, else a bitmap in dst's memory.
func AndValid(dst, a, b []uint64, n int) []uint64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	w := words(n)
	dst = extend(dst[:0], w)
	for i := range w {
		dst[i] = a[i] & b[i]
	}
	return dst
}

// SelBits appends to sel the positions below n whose bit is set in all of the bitmaps (a
// nil bitmap has every bit set).
func SelBits(sel []uint32, n int, a, b []uint64) []uint32 {
	for w := range words(n) {
		m := ^uint64(0)
		if a != nil {
			m &= a[w]
		}
		if b != nil {
			m &= b[w]
		}
		if r := n - w<<6; r < 64 {
			m &= 1<<r - 1
		}
		for ; m != 0; m &= m - 1 {
			sel = append(sel, uint32(w<<6+bits.TrailingZeros64(m)))
		}
	}
	return sel
}
