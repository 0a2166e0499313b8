package nexmark

import "math"

// random is java.util.SplittableRandom with the golden gamma. Source: G. Steele, D. Lea,
// C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, as in OpenJDK 17.
type random uint64

func mix64(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return uint64(*r)
}

func (r *random) int32() int32 {
	z := r.next()
	z = (z ^ z>>33) * 0x62a9d9ed799705f5
	return int32((z ^ z>>28) * 0xcb24d0a5c88c35b3 >> 32)
}

// below draws from 0 to bound-1.
func (r *random) below(bound int32) int32 {
	x := r.int32()
	m := bound - 1
	if bound&m == 0 {
		return x & m
	}
	for u := int32(uint32(x) >> 1); ; u = int32(uint32(r.int32()) >> 1) {
		x = u % bound
		if u+m-x >= 0 { // it overflows for the last, incomplete run of remainders
			return x
		}
	}
}

// below13 is below(13), whose remainder by a constant is cheaper: most draws are letters.
func (r *random) below13() int32 {
	for {
		u := int32(uint32(r.int32()) >> 1)
		x := u % 13
		if u+12-x >= 0 {
			return x
		}
	}
}

// below26 is below(26).
func (r *random) below26() int32 {
	for {
		u := int32(uint32(r.int32()) >> 1)
		x := u % 26
		if u+25-x >= 0 {
			return x
		}
	}
}

// float draws from [0, 1).
func (r *random) float() float64 { return float64(mix64(r.next())>>11) * 0x1p-53 }

// price draws cents from 100 to 10^8, uniform in their logarithm. The conversion keeps
// compilers from fusing the two operations, which would round otherwise.
func (r *random) price() int64 { return int64(math.Floor(float64(power10(r.float()*6)*100) + 0.5)) }

var ln10 = math.Log(10)

// power10 is math.Pow(10, y) for 0 ≤ y < 6, bit for bit, without what is the same in each
// call: the same operations on the same numbers but for exact powers of two.
func power10(y float64) float64 {
	whole, part := math.Modf(y)
	p := 1.0
	if part != 0 {
		if part > 0.5 {
			part--
			whole++
		}
		p = math.Exp(part * ln10)
	}
	n := int(whole)
	if n&1 != 0 {
		p *= 10
	}
	if n&2 != 0 {
		p *= 100
	}
	if n&4 != 0 {
		p *= 10000
	}
	return p
}

// appendText appends 3 to max-1 letters, one in 13 of them special, blanks trimmed.
func (r *random) appendText(dst []byte, max int32, special byte) []byte {
	start := len(dst)
	for range 3 + r.below(max-3) {
		if r.below13() == 0 {
			dst = append(dst, special)
		} else {
			dst = append(dst, byte('a'+r.below26()))
		}
	}
	for len(dst) > start && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	n := 0
	for start+n < len(dst) && dst[start+n] == ' ' {
		n++
	}
	return append(dst[:start], dst[start+n:]...)
}
