package numeric

import (
	"encoding/binary"

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
