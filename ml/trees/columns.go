package trees

import (
	"fmt"
	"iter"
	"math"

	"github.com/millracedb/millrace/ml"
	"github.com/millracedb/millrace/ml/forest"
)

// column is how a feature becomes what splits compare.
type column struct {
	input int
	zero  bool // what is about zero counts as missing
	full  bool // what is missing counts as zero
	code  bool // a category: its code
	// statistic is one of the model's, from 1 on, in place of all that; then input is a feature,
	// or behind all of them several that are one here: see model.combined.
	statistic int
}

// nearZero and what is less are zero for LightGBM, the only library here that computes in doubles.
const nearZero = float64(float32(1e-35))

// columns are those of a model.
type columns struct {
	all   []column
	place map[column]uint32
}

// of is the place of a column, which is new or there.
func (s *columns) of(want column) uint32 {
	if at, has := s.place[want]; has {
		return at
	}
	if s.place == nil {
		s.place = map[column]uint32{}
	}
	s.place[want] = uint32(len(s.all))
	s.all = append(s.all, want)
	return s.place[want]
}

// fill puts some rows of a batch into the block.
func (m *model) fill(own *memory, in *ml.Batch, codes []int32, from, rows int) {
	m.trees.Begin(&own.rows, rows, len(m.columns.all))
	for _, t := range m.tables {
		for r := range rows {
			own.buckets[t.place*forest.Block+r] = m.bucket(t, in, codes, from+r)
		}
	}
	for i, c := range m.columns.all {
		to := own.rows.Column(i)[:rows]
		if c.statistic > 0 {
			of := &m.statistics[c.statistic-1]
			for r, b := range own.buckets[of.table.place*forest.Block:][:rows] {
				to[r] = forest.Ordered(float64(of.of(b)))
			}
			continue
		}
		switch at := m.coded[c.input]; {
		case at >= 0:
			fillCodes(to, codes[at*in.Rows+from:][:rows])
		case c.code:
			fillCategories(to, in.Columns[c.input].Numbers[from:][:rows])
		case m.single:
			fillSingles(to, in.Columns[c.input].Numbers[from:][:rows])
		default:
			fillNumbers(to, c, in.Columns[c.input].Numbers[from:][:rows])
		}
	}
}

// fillSingles is fill of a column of float32 numbers.
func fillSingles(x []uint64, numbers []float64) {
	x = x[:len(numbers)]
	for r, v := range numbers {
		x[r] = forest.Ordered(float64(float32(v)))
	}
}

// fillNumbers is fill of a column of LightGBM's numbers.
func fillNumbers(x []uint64, c column, numbers []float64) {
	x = x[:len(numbers)]
	for r, v := range numbers {
		if math.Abs(v) <= nearZero || c.full && v != v {
			v = 0
		}
		if x[r] = forest.Ordered(v); c.zero && v == 0 {
			x[r] = forest.Missing
		}
	}
}

// Categories are numbers from firstCode on by their codes, and unknown where they are in no set.
const (
	unknown   = 1
	firstCode = 2
)

// members are the bounds of a set of codes, which come in ascending order.
func members(codes iter.Seq[int]) []uint64 {
	bounds := []uint64{}
	for code := range codes {
		from := uint64(code) + firstCode - 1
		if n := len(bounds); n > 0 && bounds[n-1] >= from {
			bounds[n-1] = from + 1
		} else {
			bounds = append(bounds, from, from+1)
		}
	}
	return bounds
}

// fillCategories is fill of a column of categories that are given as numbers: their whole part,
// of which no negative one is in any set.
func fillCategories(x []uint64, numbers []float64) {
	for r, v := range numbers {
		switch {
		case v != v:
			x[r] = forest.Missing
		case v <= -1 || v >= math.MaxInt32:
			x[r] = unknown
		default:
			x[r] = uint64(int64(v)) + firstCode
		}
	}
}

// missingCode and unknownCode are what codes has for a text that is missing, and for one that
// the model does not know.
const (
	missingCode = -1
	unknownCode = -2
)

// fillCodes is fill of a column of categories that are given as texts, from their codes.
func fillCodes(x []uint64, codes []int32) {
	for r, c := range codes {
		switch c {
		case missingCode:
			x[r] = forest.Missing
		case unknownCode:
			x[r] = unknown
		default:
			x[r] = uint64(c) + firstCode
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
