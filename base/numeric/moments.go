package numeric

import (
	"encoding/binary"
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// Int192 is a two's complement integer of 192 bits, low word first: sums of squares of
// int64. Arithmetic wraps.
type Int192 [3]uint64

// AddSquare adds weight times v².
func (x *Int192) AddSquare(v, weight int64) {
	hi, lo := bits.Mul64(magnitude(v), magnitude(v))
	u := magnitude(weight)
	h0, l0 := bits.Mul64(lo, u)
	h1, l1 := bits.Mul64(hi, u)
	mid, c := bits.Add64(h0, l1, 0)
	x.add(Int192{l0, mid, h1 + c}, weight < 0)
}

// Add adds another.
func (x *Int192) Add(o Int192) { x.add(o, false) }

func (x *Int192) add(o Int192, neg bool) {
	var c uint64
	for i := range x {
		if neg {
			x[i], c = bits.Sub64(x[i], o[i], c)
		} else {
			x[i], c = bits.Add64(x[i], o[i], c)
		}
	}
}

// decimal sets d to x × 10^-scale.
func (x Int192) decimal(d *apd.Decimal, scale int32) {
	neg := int64(x[2]) < 0
	if neg {
		y := x
		x = Int192{}
		x.add(y, true)
	}
	b := binary.BigEndian.AppendUint64(nil, x[2])
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, x[1]), x[0])
	d.Form, d.Negative, d.Exponent = apd.Finite, neg, -scale
	d.Coeff.SetBytes(b)
}

// Moments is an exact, retractable sum of any numerics and of their squares. The zero value
// is that of no values.
type Moments struct {
	sum     WideSum
	squares apd.Decimal
}

// Add adds weight times d and d²; a negative weight withdraws.
func (m *Moments) Add(d *apd.Decimal, weight int64) {
	m.sum.Add(d, weight)
	if d.Form != apd.Finite {
		return
	}
	var t, n apd.Decimal
	SetInt64(&n, weight, 0)
	t.Coeff.Mul(&d.Coeff, &d.Coeff)
	t.Coeff.Mul(&t.Coeff, &n.Coeff)
	t.Negative, t.Exponent = n.Negative, 2*d.Exponent
	m.addSquares(&t)
}

func (m *Moments) addSquares(d *apd.Decimal) {
	_ = addSigned(&m.squares, &m.squares, d, d.Negative)
	if m.squares.Coeff.Sign() == 0 {
		m.squares.Negative = false
	}
}

// AddFixed adds n values of one scale with their sum and the sum of their squares.
func (m *Moments) AddFixed(n int64, sum Int128, squares Int192, scale int32) {
	var d apd.Decimal
	SetInt128(&d, sum, scale)
	m.sum.addExact(&d)
	if n != 0 {
		m.sum.count(scale, n)
	}
	squares.decimal(&d, 2*scale)
	m.addSquares(&d)
}

// Merge adds another.
func (m *Moments) Merge(o *Moments) {
	m.sum.Merge(&o.sum)
	m.addSquares(&o.squares)
}

// Count is the number of values.
func (m *Moments) Count() int64 { return m.sum.Count() }

// Append appends the encoded form: the length of the sum's, that, and the squares as a
// sign, a scale and big-endian bytes.
func (m *Moments) Append(dst []byte) []byte {
	sum := m.sum.Append(nil)
	dst = append(binary.AppendUvarint(dst, uint64(len(sum))), sum...)
	dst = binary.AppendUvarint(dst, uint64(-m.squares.Exponent))
	neg := byte(0)
	if m.squares.Negative {
		neg = 1
	}
	return append(append(dst, neg), m.squares.Coeff.Bytes()...)
}

// Read decodes what Append wrote, the whole of b. XX001 for other bytes.
func (m *Moments) Read(b []byte) error {
	r := varReader{b: b}
	n := r.unsigned(uint64(len(b)))
	if r.bad || uint64(len(r.b)) < n {
		return errStored()
	}
	if err := m.sum.Read(r.b[:n]); err != nil {
		return err
	}
	r.b = r.b[n:]
	m.squares.Form, m.squares.Exponent = apd.Finite, -int32(r.unsigned(2*MaxScale))
	if r.bad || len(r.b) == 0 || r.b[0] > 1 || len(r.b) > 2*MaxIntegerDigits {
		return errStored()
	}
	m.squares.Negative = r.b[0] == 1
	m.squares.Coeff.SetBytes(r.b[1:])
	return nil
}

// Deviation says which of the four: of the population or of a sample, and with or without
// the root.
type Deviation struct{ Sample, Root bool }

// Variance sets d to the variance, or its root, with the scale that PostgreSQL shows. ok is
// false where there are too few values.
func (m *Moments) Variance(d *apd.Decimal, v Deviation) (ok bool, err error) {
	n := m.Count()
	if n < v.least() {
		return false, nil
	}
	if m.sum.nan != 0 || m.sum.posInf != 0 || m.sum.negInf != 0 {
		setNaN(d)
		return true, nil
	}
	scale := int32(0)
	if k := len(m.sum.scales); k > 0 {
		scale = m.sum.scales[k-1].scale
	}
	sum, squares := new(apd.Decimal).Set(&m.sum.total), new(apd.Decimal).Set(&m.squares)
	rescale(sum, scale, roundHalf)
	rescale(squares, 2*scale, roundHalf)
	return true, variance(d, n, sum, squares, v)
}

func (v Deviation) least() int64 {
	if v.Sample {
		return 2
	}
	return 1
}

// VarianceFixed is Moments.Variance of values of one scale.
func VarianceFixed(d *apd.Decimal, n int64, sum Int128, squares Int192, scale int32, v Deviation) (ok bool, err error) {
	if n < v.least() {
		return false, nil
	}
	var s, q apd.Decimal
	SetInt128(&s, sum, scale)
	squares.decimal(&q, 2*scale)
	return true, variance(d, n, &s, &q, v)
}

// variance is (n Σx² − (Σx)²) / (n (n − 1)), or / n²; sum is at the values' greatest scale,
// squares at twice that.
func variance(d *apd.Decimal, n int64, sum, squares *apd.Decimal, v Deviation) error {
	var count, less apd.Decimal
	SetInt64(&count, n, 0)
	SetInt64(&less, n, 0)
	if v.Sample {
		SetInt64(&less, n-1, 0)
	}
	squares.Coeff.Mul(&squares.Coeff, &count.Coeff)
	sum.Coeff.Mul(&sum.Coeff, &sum.Coeff)
	sum.Exponent, sum.Negative = 2*sum.Exponent, false
	if err := Sub(squares, squares, sum); err != nil {
		return err
	}
	if Sign(squares) <= 0 {
		SetInt64(d, 0, 0)
		return nil
	}
	less.Coeff.Mul(&less.Coeff, &count.Coeff)
	scale := divScale(squares, &less)
	quoScale(d, squares, &less, scale, roundHalf)
	if v.Root {
		return sqrtScale(d, d, scale)
	}
	return finish(d)
}
