package numeric

import (
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/apd/v3"
)

// scaleCount is how many values of a display scale are in a sum.
type scaleCount struct {
	scale int32
	count int64
}

// WideSum is an exact, retractable sum of any numerics: the form behind [FixedSum]. The
// zero value is the empty sum.
type WideSum struct {
	total               apd.Decimal // exact, at the greatest scale that was needed
	scales              []scaleCount
	nan, posInf, negInf int64
}

// AddFixed adds all that a fixed sum holds.
func (w *WideSum) AddFixed(s *FixedSum) {
	for i, n := range s.counts {
		if n != 0 {
			w.count(int32(s.scales[i]), n)
		}
	}
	var d apd.Decimal
	SetInt128(&d, s.total, int32(s.at))
	w.addExact(&d)
}

// Add adds weight times d; a negative weight withdraws.
func (w *WideSum) Add(d *apd.Decimal, weight int64) {
	switch {
	case isNaN(d):
		w.nan += weight
	case isInf(d) && d.Negative:
		w.negInf += weight
	case isInf(d):
		w.posInf += weight
	default:
		w.count(Scale(d), weight)
		var t, n apd.Decimal
		SetInt64(&n, weight, 0)
		t.Coeff.Mul(&d.Coeff, &n.Coeff)
		t.Negative, t.Exponent = d.Negative != n.Negative, d.Exponent
		w.addExact(&t)
	}
}

// addExact adds without PostgreSQL's limits: a later value may bring the sum back.
func (w *WideSum) addExact(d *apd.Decimal) {
	_ = addSigned(&w.total, &w.total, d, d.Negative)
	if w.total.Coeff.Sign() == 0 {
		w.total.Negative = false
	}
}

func (w *WideSum) count(scale int32, n int64) {
	i, found := slices.BinarySearchFunc(w.scales, scale, func(c scaleCount, s int32) int { return int(c.scale - s) })
	if !found {
		w.scales = slices.Insert(w.scales, i, scaleCount{scale: scale})
	}
	if w.scales[i].count += n; w.scales[i].count == 0 {
		w.scales = slices.Delete(w.scales, i, i+1)
	}
}

// Merge adds another sum.
func (w *WideSum) Merge(o *WideSum) {
	w.nan, w.posInf, w.negInf = w.nan+o.nan, w.posInf+o.posInf, w.negInf+o.negInf
	for _, c := range o.scales {
		w.count(c.scale, c.count)
	}
	w.addExact(&o.total)
}

// Count is the number of values in the sum.
func (w *WideSum) Count() int64 {
	n := w.nan + w.posInf + w.negInf
	for _, c := range w.scales {
		n += c.count
	}
	return n
}

// Total sets d to the sum. 22003 beyond PostgreSQL's limits.
func (w *WideSum) Total(d *apd.Decimal) error {
	switch {
	case w.nan != 0 || w.posInf != 0 && w.negInf != 0:
		setNaN(d)
		return nil
	case w.posInf != 0 || w.negInf != 0:
		setInf(d, w.negInf != 0)
		return nil
	}
	scale := int32(0)
	if n := len(w.scales); n > 0 {
		scale = w.scales[n-1].scale
	}
	d.Set(&w.total)
	rescale(d, scale, roundHalf)
	return finish(d)
}

// Append appends the encoded form: counters, scales, and the total as a sign, a scale
// and big-endian bytes.
func (w *WideSum) Append(dst []byte) []byte {
	dst = binary.AppendVarint(dst, w.nan)
	dst = binary.AppendVarint(dst, w.posInf)
	dst = binary.AppendVarint(dst, w.negInf)
	dst = binary.AppendUvarint(dst, uint64(len(w.scales)))
	for _, c := range w.scales {
		dst = binary.AppendUvarint(dst, uint64(c.scale))
		dst = binary.AppendVarint(dst, c.count)
	}
	dst = binary.AppendUvarint(dst, uint64(-w.total.Exponent))
	neg := byte(0)
	if w.total.Negative {
		neg = 1
	}
	return append(append(dst, neg), w.total.Coeff.Bytes()...)
}

// Read decodes what Append wrote, the whole of b. XX001 for other bytes.
func (w *WideSum) Read(b []byte) error {
	r := varReader{b: b}
	w.nan, w.posInf, w.negInf = r.signed(), r.signed(), r.signed()
	n := r.unsigned(MaxScale + 1)
	w.scales = w.scales[:0]
	for range n {
		c := scaleCount{scale: int32(r.unsigned(MaxScale)), count: r.signed()}
		if k := len(w.scales); r.bad || c.count == 0 || k > 0 && w.scales[k-1].scale >= c.scale {
			return errStored()
		}
		w.scales = append(w.scales, c)
	}
	w.total.Form, w.total.Exponent = apd.Finite, -int32(r.unsigned(MaxScale))
	if r.bad || len(r.b) == 0 || r.b[0] > 1 || len(r.b) > MaxIntegerDigits {
		return errStored()
	}
	w.total.Negative = r.b[0] == 1
	w.total.Coeff.SetBytes(r.b[1:])
	return nil
}

// varReader reads varints and remembers whether one was damaged.
type varReader struct {
	b   []byte
	bad bool
}

func (r *varReader) signed() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *varReader) unsigned(limit uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > limit {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}
