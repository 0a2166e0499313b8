package sketch

import (
	"math"
	"math/bits"
)

// precision is how many bits of a hash name the register: 1,024 registers, whose estimate has
// a standard error of 3.25 %.
const precision = 10

// Registers is how many registers a Distinct has.
const Registers = 1 << precision

// ranks is the greatest rank, beside 0 for a register that has seen nothing.
const ranks = 64 - precision + 1

// Distinct estimates how many different hashes it was given. The zero value has seen none.
type Distinct [Registers]uint8

// Add counts a hash, all of whose bits must be well mixed.
func (d *Distinct) Add(hash uint64) {
	// The bit set below bounds the rank.
	rank := uint8(bits.LeadingZeros64(hash<<precision|1<<(precision-1))) + 1
	if r := &d[hash>>(64-precision)]; rank > *r {
		*r = rank
	}
}

// Merge adds what another has seen.
func (d *Distinct) Merge(o *Distinct) {
	for i, r := range o {
		d[i] = max(d[i], r)
	}
}

// Estimate is about how many different hashes were added. It is Otmar Ertl's estimator ("New
// cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no
// corrections for few values or many.
func (d *Distinct) Estimate() float64 {
	var count [ranks + 1]int
	for _, r := range d {
		count[r]++
	}
	const m = float64(Registers)
	z := m * tau(1-float64(count[ranks])/m)
	for k := ranks - 1; k >= 1; k-- {
		z = (z + float64(count[k])) / 2
	}
	z += m * sigma(float64(count[0])/m)
	return m * m / (2 * math.Ln2 * z)
}

// sigma and tau are the paper's series for registers that have seen nothing and those that
// have seen the greatest rank.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y /= 2
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}

// AppendTo appends the encoded form: of few registers that have seen something each by its
// place and rank, else all of them.
func (d *Distinct) AppendTo(dst []byte) []byte {
	used := 0
	for _, r := range d {
		if r != 0 {
			used++
		}
	}
	dst = append(dst, byte(used), byte(used>>8))
	if used > Registers/3 {
		return append(dst, d[:]...)
	}
	for i, r := range d {
		if r != 0 {
			dst = append(dst, byte(i), byte(i>>8), r)
		}
	}
	return dst
}

// Decode reads what AppendTo wrote and returns what stands behind it; false: it is not that.
func (d *Distinct) Decode(b []byte) (rest []byte, ok bool) {
	*d = Distinct{}
	if len(b) < 2 {
		return nil, false
	}
	used := int(b[0]) | int(b[1])<<8
	b = b[2:]
	if used > Registers/3 {
		if used > Registers || len(b) < Registers {
			return nil, false
		}
		copy(d[:], b)
		b = b[Registers:]
	} else {
		if len(b) < 3*used {
			return nil, false
		}
		for ; used > 0; used-- {
			i := int(b[0]) | int(b[1])<<8
			if i >= Registers {
				return nil, false
			}
			d[i], b = b[2], b[3:]
		}
	}
	for _, r := range d {
		if r > ranks {
			return nil, false
		}
	}
	return b, true
}
