package trees

import (
	"fmt"
	"math"

	"github.com/millracedb/millrace/ml"
)

// missing is what a slot holds where the number is missing.
type missing uint8

const (
	asLeft  missing = iota // less than all keys
	asRight                // greater than all keys
	asZero                 // what zero is
)

// slot is how a feature becomes what splits compare.
type slot struct {
	input   int
	missing missing
	zero    bool  // what is about zero counts as missing
	code    bool  // a category: its code, or inNone and inAll for asLeft and asRight
	only    int64 // not anyCode: 1 for this code, else 0
	// statistic is one of the model's, from 1 on, in place of all that; then input is a feature,
	// or behind all of them several that are one here: see model.combined.
	statistic int
}

// anyCode is the only of a slot that is not of one category alone.
const anyCode = -1

// nearZero and what is less are zero for LightGBM, the only library here that computes in doubles.
const nearZero = float64(float32(1e-35))

// slots are those of a model, from 1 on.
type slots struct {
	all   []slot
	place map[slot]uint32
}

// of is the place of a slot, which is new or there.
func (s *slots) of(want slot) uint32 {
	if at, has := s.place[want]; has {
		return at
	}
	if s.place == nil {
		s.place = map[slot]uint32{}
	}
	s.all = append(s.all, want)
	s.place[want] = uint32(len(s.all))
	return uint32(len(s.all))
}

func (s *slots) width() int { return len(s.all) + 1 }

// fill puts the slots of some rows of a batch into x, a block a slot.
func (m *model) fill(own *memory, in *ml.Batch, codes []int32, from, rows int) {
	x := own.slots
	for r := range x[:block] {
		x[r] = math.MinInt64 // what leaves have
	}
	for _, t := range m.tables {
		for r := range rows {
			own.buckets[t.place*block+r] = m.bucket(t, in, codes, from+r)
		}
	}
	for i, s := range m.slots.all {
		to := x[(i+1)*block:][:rows]
		if s.statistic > 0 {
			of := &m.statistics[s.statistic-1]
			for r, b := range own.buckets[of.table.place*block:][:rows] {
				to[r] = ordered(float64(of.of(b)))
			}
			continue
		}
		switch at := m.coded[s.input]; {
		case at >= 0:
			fillCodes(to, s, codes[at*in.Rows+from:][:rows])
		case s.code:
			fillCategories(to, s, in.Columns[s.input].Numbers[from:][:rows])
		default:
			fillNumbers(to, s, in.Columns[s.input].Numbers[from:][:rows], m.single)
		}
	}
}

// fillNumbers is fill of a slot of numbers.
func fillNumbers(x []int64, s slot, numbers []float64, single bool) {
	instead := s.instead()
	x = x[:len(numbers)]
	for r, v := range numbers {
		if single {
			v = float64(float32(v))
		} else if math.Abs(v) <= nearZero {
			v = 0
		}
		key := ordered(v)
		if v != v || s.zero && v == 0 {
			key = instead
		}
		x[r] = key
	}
}

// instead is what a slot holds for a missing value.
func (s slot) instead() int64 {
	switch {
	case s.missing == asZero:
		return 0
	case s.code && s.missing == asRight:
		return inAll
	case s.code:
		return inNone
	case s.missing == asRight:
		return math.MaxInt64
	}
	return math.MinInt64
}

// fillCategories is fill of a slot of categories that are given as numbers: their whole part,
// of which no negative one is in any set.
func fillCategories(x []int64, s slot, numbers []float64) {
	for r, v := range numbers {
		switch {
		case v != v:
			x[r] = s.instead()
		case v <= -1 || v >= math.MaxInt32:
			x[r] = inNone
		default:
			x[r] = int64(v)
		}
	}
}

// missingCode and unknownCode are what codes has for a text that is missing, and for one that
// the model does not know.
const (
	missingCode = -1
	unknownCode = -2
)

// fillCodes is fill of a slot of categories that are given as texts, from their codes.
func fillCodes(x []int64, s slot, codes []int32) {
	for r, c := range codes {
		switch {
		case s.only != anyCode:
			x[r] = 0
			if int64(c) == s.only {
				x[r] = 1
			}
		case c == missingCode:
			x[r] = s.instead()
		case c == unknownCode:
			x[r] = inNone
		default:
			x[r] = int64(c)
		}
	}
}

// encode looks up the codes of all texts of a batch, one feature behind the other, and says
// which rows have no answer.
func (m *model) encode(s *ml.Scratch, in *ml.Batch, bad *ml.Faults) []int32 {
	codes := s.Codes(m.texts * in.Rows)
	var faults map[int]error
	for i, at := range m.coded {
		if at < 0 {
			continue
		}
		column, known := &in.Columns[i], m.known[i]
		for r := range in.Rows {
			var err error
			code, has := int32(missingCode), true
			if column.Null == nil || !column.Null[r] {
				if code, has = known[column.Texts[r]]; !has {
					code = unknownCode
				}
			}
			if code == missingCode && !m.signature.Inputs[i].Missing {
				err = fmt.Errorf("feature %q is missing", m.signature.Inputs[i].Name)
			}
			if !has && m.strict {
				err = fmt.Errorf("feature %q has a category that the model does not know: %q", m.signature.Inputs[i].Name, column.Texts[r])
			}
			codes[at*in.Rows+r] = code
			if err != nil && faults[r] == nil {
				if faults == nil {
					faults = map[int]error{}
				}
				faults[r] = err
			}
		}
	}
	if faults != nil {
		for r := range in.Rows {
			if err := faults[r]; err != nil {
				bad.Add(r, err)
			}
		}
	}
	return codes
}
