package numeric

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
)

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

// exact returns the sum as m × 2^exp.
func (a *FloatAcc) exact() (m *big.Int, exp int) {
	w, neg := a.abs()
	from, to := 0, accLimbs
	for from < accLimbs && w[from] == 0 {
		from++
	}
	for to > from && w[to-1] == 0 {
		to--
	}
	words := make([]big.Word, to-from)
	for i, v := range w[from:to] {
		words[i] = big.Word(v)
	}
	m = new(big.Int).SetBits(words)
	if neg {
		m.Neg(m)
	}
	return m, accExp + 64*from
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
	x, ex := sx.exact()
	y, ey := sy.exact()
	m, e := sxy.exact()
	count := big.NewInt(n)
	m.Mul(m, count)
	x.Mul(x, y)
	ex += ey
	if d := e - ex; d > 0 {
		m.Lsh(m, uint(d))
		e = ex
	} else {
		x.Lsh(x, uint(-d))
	}
	m.Sub(m, x)
	neg := m.Sign() < 0
	m.Abs(m)
	// More bits than a float64 has, the last of them standing for all that follow.
	if s := 2*64 - m.BitLen() + count.BitLen(); s > 0 {
		m.Lsh(m, uint(s))
		e -= s
	}
	rest := new(big.Int)
	m.QuoRem(m, count, rest)
	if rest.Sign() != 0 {
		m.SetBit(m, 0, 1)
	}
	words := make([]uint64, len(m.Bits()))
	for i, v := range m.Bits() {
		words[i] = uint64(v)
	}
	return roundWords(words, e, neg)
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
