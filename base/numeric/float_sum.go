package numeric

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// FloatSum is an exact, order-free, retractable sum of float64 that fits a window of 128
// bits, without pointers, 24 bytes in a state row. NaN and the infinities are counted.
// What does not fit is told, and then [FloatAcc] continues. The zero value is the empty
// sum; adding and withdrawing the same values returns to zero, rounding nothing.
type FloatSum struct {
	sum                 Int128 // × 2^exp
	exp                 int16
	nan, posInf, negInf int16
}

// FloatSumSize is the length of the encoded form.
const FloatSumSize = 24

// count16 adds to a small counter; false if it does not fit.
func count16(c *int16, n int64) bool {
	v := int64(*c) + n
	if v != int64(int16(v)) {
		return false
	}
	*c = int16(v)
	return true
}

// Add adds weight times f; a negative weight withdraws. It returns false, and changes
// nothing, if the sum does not fit the window.
func (s *FloatSum) Add(f float64, weight int64) bool {
	switch {
	case weight != int64(int32(weight)):
		return false
	case math.IsNaN(f):
		return count16(&s.nan, weight)
	case math.IsInf(f, 1):
		return count16(&s.posInf, weight)
	case math.IsInf(f, -1):
		return count16(&s.negInf, weight)
	}
	m, e, neg := splitFloat(f)
	part := Mul64(int64(m), weight)
	if neg {
		part = part.Neg()
	}
	return s.add(part, e)
}

// add adds part × 2^e.
func (s *FloatSum) add(part Int128, e int) bool {
	if part == (Int128{}) {
		return true
	}
	sum, exp := s.sum, int(s.exp)
	if sum == (Int128{}) {
		exp = e
	}
	ok := true
	switch {
	case e > exp:
		// The sum is odd: the window cannot move up instead.
		if part, ok = part.shiftLeft(e - exp); !ok {
			return false
		}
	case e < exp:
		if sum, ok = sum.shiftLeft(exp - e); !ok {
			return false
		}
		exp = e
	}
	if sum, ok = sum.Add(part); !ok {
		return false
	}
	s.set(sum, exp)
	return true
}

// set stores the sum with an odd coefficient, which gives later values most room.
func (s *FloatSum) set(sum Int128, exp int) {
	if sum == (Int128{}) {
		s.sum, s.exp = sum, 0
		return
	}
	z := bits.TrailingZeros64(sum.Lo)
	if sum.Lo == 0 {
		z = 64 + bits.TrailingZeros64(uint64(sum.Hi))
	}
	if z > 0 && z < 64 {
		sum.Lo = sum.Lo>>z | uint64(sum.Hi)<<(64-z)
		sum.Hi >>= z
	} else if z >= 64 {
		sum.Lo = uint64(sum.Hi >> (z - 64))
		sum.Hi >>= 63
	}
	s.sum, s.exp = sum, int16(exp+z)
}

// Merge adds another sum. It returns false, and changes nothing, if that does not fit.
func (s *FloatSum) Merge(o *FloatSum) bool {
	t := *s
	ok := t.add(o.sum, int(o.exp)) && count16(&t.nan, int64(o.nan)) &&
		count16(&t.posInf, int64(o.posInf)) && count16(&t.negInf, int64(o.negInf))
	if ok {
		*s = t
	}
	return ok
}

// special64 is the result if NaN or infinities are in the sum.
func special64(nan, posInf, negInf int64) (float64, bool) {
	switch {
	case nan != 0 || posInf != 0 && negInf != 0:
		return math.NaN(), true
	case posInf != 0:
		return math.Inf(1), true
	case negInf != 0:
		return math.Inf(-1), true
	}
	return 0, false
}

// Total is the sum, rounded once to nearest, ties to even. overflow tells that finite
// values sum up to more than a float64 holds, where SQL raises 22003.
func (s *FloatSum) Total() (f float64, overflow bool) {
	if f, ok := special64(int64(s.nan), int64(s.posInf), int64(s.negInf)); ok {
		return f, false
	}
	hi, lo, neg := s.sum.abs()
	f = roundWords([]uint64{lo, hi}, int(s.exp), neg)
	return f, math.IsInf(f, 0)
}

// Append appends the encoded form, [FloatSumSize] bytes.
func (s *FloatSum) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, s.sum.Lo)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.sum.Hi))
	for _, v := range [4]int16{s.exp, s.nan, s.posInf, s.negInf} {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(v))
	}
	return dst
}

// Read decodes what Append wrote. XX001 for other bytes.
func (s *FloatSum) Read(b []byte) error {
	if len(b) != FloatSumSize {
		return errStored()
	}
	at := func(i int) int16 { return int16(binary.LittleEndian.Uint16(b[i:])) }
	s.sum = Int128{binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))}
	s.exp, s.nan, s.posInf, s.negInf = at(16), at(18), at(20), at(22)
	if s.exp < -1074 || s.exp > 1100 {
		return errStored()
	}
	return nil
}
