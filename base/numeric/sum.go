package numeric

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/cockroachdb/apd/v3"
)

// FixedSum is an exact, retractable sum of finite numerics without pointers, for state
// rows. It counts the values by display scale, so that the scale of the result falls
// again when the value that needed it is withdrawn. It holds up to four different
// scales of at most [MaxFixedScale] and a total of 127 bits; what does not fit is told,
// and then [WideSum] continues. The zero value is the empty sum.
type FixedSum struct {
	total  Int128   // × 10^-at
	counts [4]int64 // values of each scale; a slot of count 0 is free
	scales [4]uint8
	at     uint8
}

// MaxFixedScale is the greatest display scale that a [FixedSum] takes.
const MaxFixedScale = 38

// FixedSumSize is the length of the encoded form.
const FixedSumSize = 56

// Add adds weight times v × 10^-scale; a negative weight withdraws. It returns false,
// and changes nothing, if the sum does not fit.
func (s *FixedSum) Add(v Int128, scale int32, weight int64) bool {
	if scale > MaxFixedScale {
		return false
	}
	slot := s.slot(uint8(scale))
	part, ok := v.Mul(weight)
	if slot < 0 || !ok {
		return false
	}
	total, at := s.total, s.at
	switch {
	case uint8(scale) > at:
		total, ok = total.MulPow10(scale - int32(at))
		at = uint8(scale)
	case uint8(scale) < at:
		part, ok = part.MulPow10(int32(at) - scale)
	}
	if !ok {
		return false
	}
	if total, ok = total.Add(part); !ok {
		return false
	}
	count := s.counts[slot] + weight
	if (weight > 0) != (count > s.counts[slot]) && weight != 0 {
		return false
	}
	s.total, s.at, s.scales[slot], s.counts[slot] = total, at, uint8(scale), count
	s.lower()
	return true
}

// slot finds the slot of a scale, or a free one, or -1.
func (s *FixedSum) slot(scale uint8) int {
	free := -1
	for i, n := range s.counts {
		if n == 0 {
			free = i
		} else if s.scales[i] == scale {
			return i
		}
	}
	return free
}

// lower brings the total to the scale of the values that are left, which keeps later
// additions in range. A total that is not yet exact there, because a value's
// replacement is still to come, stays.
func (s *FixedSum) lower() {
	if shown := s.Scale(); shown < int32(s.at) {
		if t, ok := s.total.divExactPow10(int32(s.at) - shown); ok {
			s.total, s.at = t, uint8(shown)
		}
	}
}

// AddDecimal is [FixedSum.Add] for a value; false also for NaN and the infinities.
func (s *FixedSum) AddDecimal(d *apd.Decimal, weight int64) bool {
	v, ok := ToInt128(d, Scale(d))
	return ok && s.Add(v, Scale(d), weight)
}

// Merge adds another sum. It returns false, and changes nothing, if that does not fit.
func (s *FixedSum) Merge(o *FixedSum) bool {
	t := *s
	for i, n := range o.counts {
		if n == 0 {
			continue
		}
		slot := t.slot(o.scales[i])
		if slot < 0 {
			return false
		}
		t.scales[slot] = o.scales[i]
		t.counts[slot] += n
	}
	a, okA := s.total.MulPow10(int32(max(s.at, o.at) - s.at))
	b, okB := o.total.MulPow10(int32(max(s.at, o.at) - o.at))
	sum, ok := a.Add(b)
	if !ok || !okA || !okB {
		return false
	}
	t.total, t.at = sum, max(s.at, o.at)
	t.lower()
	*s = t
	return true
}

// Scale is the display scale of the sum: the greatest of the values in it.
func (s *FixedSum) Scale() int32 {
	scale := uint8(0)
	for i, n := range s.counts {
		if n != 0 {
			scale = max(scale, s.scales[i])
		}
	}
	return int32(scale)
}

// Count is the number of values in the sum.
func (s *FixedSum) Count() int64 { return s.counts[0] + s.counts[1] + s.counts[2] + s.counts[3] }

// Total is the sum × 10^scale, with its display scale.
func (s *FixedSum) Total() (total Int128, scale int32) {
	scale = s.Scale()
	if scale < int32(s.at) {
		return s.total.DivPow10(int32(s.at) - scale), scale
	}
	// at is never below the scale of a value that is in the sum.
	return s.total, scale
}

// Append appends the encoded form, [FixedSumSize] bytes.
func (s *FixedSum) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, s.total.Lo)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.total.Hi))
	for _, n := range s.counts {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	dst = append(dst, s.scales[:]...)
	return append(dst, s.at, 0, 0, 0)
}

// Read decodes what Append wrote. XX001 for other bytes.
func (s *FixedSum) Read(b []byte) error {
	if len(b) != FixedSumSize {
		return errStored()
	}
	s.total = Int128{binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))}
	for i := range s.counts {
		s.counts[i] = int64(binary.LittleEndian.Uint64(b[16+8*i:]))
	}
	copy(s.scales[:], b[48:52])
	s.at = b[52]
	if s.at > MaxFixedScale || int32(s.at) < s.Scale() {
		return errStored()
	}
	return nil
}

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

// Avg sets d to sum / n with the scale that PostgreSQL's avg shows; n > 0.
func Avg(d, sum *apd.Decimal, n int64) error {
	var c apd.Decimal
	SetInt64(&c, n, 0)
	return Div(d, sum, &c)
}

// AvgScaled is avg for scaled sums: v × 10^-rscale is sum × 10^-scale / n, rounded to
// the scale that PostgreSQL shows. It does not allocate. ok is false if n is not
// positive or the result does not fit; then [Avg] answers.
func AvgScaled(sum Int128, scale int32, n int64) (v Int128, rscale int32, ok bool) {
	if n <= 0 {
		return Int128{}, 0, false
	}
	hi, lo, neg := sum.abs()
	ws, fs := nbaseWords(hi, lo, scale)
	wn, fn := nbaseWords(0, uint64(n), 0)
	rscale = min(max(int32(minSignificant-4*quotientWeight(ws, fs, wn, fn)), scale, 0), max(maxDisplayScale, scale))
	qhi, qlo, r := quoRem64(hi, lo, uint64(n))
	for more := rscale - scale; more > 0; {
		// Long division: the remainder is below n, so each quotient is below 10^k.
		k := min(more, 18)
		h, l := bits.Mul64(r, pow10[k])
		var q uint64
		q, r = bits.Div64(h, l, uint64(n))
		var part Int128
		if part, ok = (Int128{qlo, int64(qhi)}).Mul(int64(pow10[k])); !ok || int64(qhi) < 0 {
			return Int128{}, 0, false
		}
		if part, ok = part.Add(Int128{Lo: q}); !ok {
			return Int128{}, 0, false
		}
		qhi, qlo = uint64(part.Hi), part.Lo
		more -= k
	}
	if r >= uint64(n)-r {
		var c uint64
		qlo, c = bits.Add64(qlo, 1, 0)
		qhi += c
	}
	v, ok = fromMagnitude(qhi, qlo, neg)
	return v, rscale, ok
}

// AppendStoredAvg appends the stored form of avg over int8: sum / n; n > 0.
func AppendStoredAvg(dst []byte, sum Int128, scale int32, n int64) []byte {
	if v, rscale, ok := AvgScaled(sum, scale, n); ok {
		return AppendStoredInt128(dst, v, rscale)
	}
	var d apd.Decimal
	SetInt128(&d, sum, scale)
	if err := Avg(&d, &d, n); err != nil {
		setNaN(&d) // n is not positive: no sum of values has such a count
	}
	return AppendStored(dst, &d)
}

// nbaseWords is [nbase] for a magnitude of two words.
func nbaseWords(hi, lo uint64, scale int32) (weight, first int) {
	n := 0
	for hi != 0 || lo >= pow10[19] {
		hi, lo, _ = quoRem64(hi, lo, 10000)
		n += 4
	}
	if lo == 0 {
		return 0, 0
	}
	k := digits64(lo)
	whole := n + k - int(scale)
	weight = floorDiv(whole-1, 4)
	lead := whole - 4*weight
	if k >= lead {
		return weight, int(lo / pow10[k-lead])
	}
	return weight, int(lo * pow10[lead-k])
}

func digits64(v uint64) int {
	n := bits.Len64(v) * 1233 >> 12
	if n < len(pow10) && v >= pow10[n] {
		n++
	}
	return n
}
