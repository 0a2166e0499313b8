package numeric

import (
	"encoding/binary"
	"math"
	"math/big"
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

// shiftLeft returns x × 2ⁿ; ok is false if it does not fit.
func (x Int128) shiftLeft(n int) (Int128, bool) {
	if x == (Int128{}) || n == 0 {
		return x, true
	}
	if n >= 127 {
		return x, false
	}
	var z Int128
	if n >= 64 {
		z = Int128{0, int64(x.Lo << (n - 64))}
	} else {
		z = Int128{x.Lo << n, x.Hi<<n | int64(x.Lo>>(64-n))}
	}
	return z, z.shiftRight(n) == x
}

func (x Int128) shiftRight(n int) Int128 {
	switch {
	case n == 0:
		return x
	case n >= 64:
		return Int128{uint64(x.Hi >> (n - 64)), x.Hi >> 63}
	}
	return Int128{x.Lo>>n | uint64(x.Hi)<<(64-n), x.Hi >> n}
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

// Limbs of a [FloatAcc]: products of two float64 reach from 2^-2148 to 2^2048, and the
// rest is room for the number of values.
const (
	accLimbs = 67
	accExp   = -2148
)

// FloatAcc is an exact, order-free, retractable sum of any float64 and of products of
// two: a superaccumulator without pointers. The zero value is the empty sum.
type FloatAcc struct {
	limbs               [accLimbs]uint64 // two's complement, × 2^accExp
	nan, posInf, negInf int64
}

// Add adds weight times f; a negative weight withdraws.
func (a *FloatAcc) Add(f float64, weight int64) {
	if a.count(f, weight) {
		return
	}
	m, e, neg := splitFloat(f)
	hi, lo := bits.Mul64(m, magnitude(weight))
	a.add([3]uint64{lo, hi, 0}, e, neg != (weight < 0))
}

// AddProduct adds weight times the exact product x × y.
func (a *FloatAcc) AddProduct(x, y float64, weight int64) {
	if math.IsNaN(x) || math.IsInf(x, 0) || math.IsNaN(y) || math.IsInf(y, 0) {
		a.count(x*y, weight)
		return
	}
	mx, ex, nx := splitFloat(x)
	my, ey, ny := splitFloat(y)
	hi, lo := bits.Mul64(mx, my)
	u := magnitude(weight)
	h0, l0 := bits.Mul64(lo, u)
	h1, l1 := bits.Mul64(hi, u)
	mid, c := bits.Add64(h0, l1, 0)
	a.add([3]uint64{l0, mid, h1 + c}, ex+ey, nx != ny != (weight < 0))
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// count counts f if it is not finite.
func (a *FloatAcc) count(f float64, weight int64) bool {
	switch {
	case math.IsNaN(f):
		a.nan += weight
	case math.IsInf(f, 1):
		a.posInf += weight
	case math.IsInf(f, -1):
		a.negInf += weight
	default:
		return false
	}
	return true
}

// add adds ± m × 2^e.
func (a *FloatAcc) add(m [3]uint64, e int, neg bool) {
	if m == ([3]uint64{}) {
		return
	}
	place := e - accExp
	i, s := place/64, place%64
	w := [4]uint64{m[0] << s, m[1] << s, m[2] << s, 0}
	if s != 0 {
		w[1] |= m[0] >> (64 - s)
		w[2] |= m[1] >> (64 - s)
		w[3] = m[2] >> (64 - s)
	}
	var c uint64
	for k := 0; i+k < accLimbs && (k < len(w) || c != 0); k++ {
		v := uint64(0)
		if k < len(w) {
			v = w[k]
		}
		if neg {
			a.limbs[i+k], c = bits.Sub64(a.limbs[i+k], v, c)
		} else {
			a.limbs[i+k], c = bits.Add64(a.limbs[i+k], v, c)
		}
	}
}

// AddSum adds all that a window sum holds.
func (a *FloatAcc) AddSum(s *FloatSum) {
	hi, lo, neg := s.sum.abs()
	a.add([3]uint64{lo, hi, 0}, int(s.exp), neg)
	a.nan, a.posInf, a.negInf = a.nan+int64(s.nan), a.posInf+int64(s.posInf), a.negInf+int64(s.negInf)
}

// Merge adds another accumulator.
func (a *FloatAcc) Merge(o *FloatAcc) {
	var c uint64
	for i := range a.limbs {
		a.limbs[i], c = bits.Add64(a.limbs[i], o.limbs[i], c)
	}
	a.nan, a.posInf, a.negInf = a.nan+o.nan, a.posInf+o.posInf, a.negInf+o.negInf
}

// abs returns the magnitude of the limbs.
func (a *FloatAcc) abs() (w [accLimbs]uint64, neg bool) {
	w = a.limbs
	if neg = w[accLimbs-1]>>63 != 0; neg {
		var c uint64
		for i := range w {
			w[i], c = bits.Sub64(0, w[i], c)
		}
	}
	return w, neg
}

// Total is the sum, rounded once to nearest, ties to even; overflow as in [FloatSum].
func (a *FloatAcc) Total() (f float64, overflow bool) {
	if f, ok := special64(a.nan, a.posInf, a.negInf); ok {
		return f, false
	}
	w, neg := a.abs()
	f = roundWords(w[:], accExp, neg)
	return f, math.IsInf(f, 0)
}

// exact returns the sum without rounding.
func (a *FloatAcc) exact() *big.Float {
	w, neg := a.abs()
	words := make([]big.Word, accLimbs)
	for i, v := range w {
		words[i] = big.Word(v)
	}
	f := new(big.Float).SetInt(new(big.Int).SetBits(words))
	f.SetMantExp(f, accExp)
	if neg {
		f.Neg(f)
	}
	return f
}

// CoMoment is Σxy − Σx Σy / n over n values, from their sums, computed exactly and
// rounded once: n times the population covariance, and with y = x n times the
// population variance. NaN if NaN or an infinity is among the values.
func CoMoment(n int64, sx, sy, sxy *FloatAcc) float64 {
	for _, a := range []*FloatAcc{sx, sy, sxy} {
		if a.nan|a.posInf|a.negInf != 0 {
			return math.NaN()
		}
	}
	const prec = 3 * 64 * accLimbs
	count := new(big.Float).SetPrec(prec).SetInt64(n)
	m := new(big.Float).SetPrec(prec).Mul(sx.exact(), sy.exact())
	t := new(big.Float).SetPrec(prec).Mul(count, sxy.exact())
	t.Sub(t, m)
	t.Quo(t, count)
	f, _ := t.Float64()
	return f
}

// Append appends the encoded form: counters, the first limb that is not zero, and the
// limbs up to where only the sign goes on. Sums of ordinary values take some 30 bytes,
// sums of the widest values about 280, of the widest products 560.
func (a *FloatAcc) Append(dst []byte) []byte {
	dst = binary.AppendVarint(dst, a.nan)
	dst = binary.AppendVarint(dst, a.posInf)
	dst = binary.AppendVarint(dst, a.negInf)
	from, to := 0, accLimbs
	for from < accLimbs && a.limbs[from] == 0 {
		from++
	}
	for to > from+1 && a.limbs[to-1] == uint64(int64(a.limbs[to-2])>>63) {
		to--
	}
	dst = append(dst, byte(from))
	for _, v := range a.limbs[from:to] {
		dst = binary.LittleEndian.AppendUint64(dst, v)
	}
	return dst
}

// Read decodes what Append wrote, the whole of b. XX001 for other bytes.
func (a *FloatAcc) Read(b []byte) error {
	r := varReader{b: b}
	*a = FloatAcc{nan: r.signed(), posInf: r.signed(), negInf: r.signed()}
	if r.bad || len(r.b) == 0 || len(r.b)%8 != 1 || int(r.b[0])+len(r.b)/8 > accLimbs {
		return errStored()
	}
	i := int(r.b[0])
	for b = r.b[1:]; len(b) > 0; b = b[8:] {
		a.limbs[i] = binary.LittleEndian.Uint64(b)
		i++
	}
	if i > 0 && i > int(r.b[0]) {
		for fill := uint64(int64(a.limbs[i-1]) >> 63); i < accLimbs; i++ {
			a.limbs[i] = fill
		}
	}
	return nil
}
