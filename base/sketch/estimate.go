package sketch

import (
	"math"
	"math/bits"
)

// Place is where a hash, all of whose bits must be well mixed, is counted among 1<<precision
// registers, and the least that the register is from then on.
func Place(hash uint64, precision int) (register uint64, rank uint8) {
	// The bit set below bounds the rank.
	return hash >> (64 - precision), uint8(bits.LeadingZeros64(hash<<precision|1<<(precision-1))) + 1
}

// Estimate is about how many different hashes registers, a power of two of them, have counted. It
// is Otmar Ertl's improved raw estimator ("New cardinality estimation algorithms for HyperLogLog
// sketches", 2017), which needs no corrections for few values or many. Products are rounded
// before sums, so that every machine has the same answer.
func Estimate(registers []uint8) float64 {
	most := 64 - bits.Len(uint(len(registers)-1)) + 1
	var count [65]float64
	for _, r := range registers {
		count[r]++
	}
	m := float64(len(registers))
	if count[0] == m {
		return 0
	}
	z := float64(m * tau(1-count[most]/m))
	for r := most - 1; r >= 1; r-- {
		z = float64(z+count[r]) / 2
	}
	z += float64(m * sigma(count[0]/m))
	return m / (2 * math.Ln2) * m / z
}

// sigma and tau are the paper's series for registers that have seen nothing and those that
// have seen the greatest rank.
func sigma(x float64) float64 {
	y, z := 1.0, x
	for before := -1.0; z != before; {
		x, before = float64(x*x), z
		z += float64(x * y)
		y += y
	}
	return z
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for before := -1.0; z != before; {
		x, before = math.Sqrt(x), z
		y /= 2
		z -= float64(float64((1-x)*(1-x)) * y)
	}
	return z / 3
}
