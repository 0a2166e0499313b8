package trees

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/ml"
)

// table is what CatBoost counted of the training's rows that have the same categories (a CTR's
// table): of each combination, known by a hash, some numbers.
type table struct {
	categories []int   // the inputs whose categories it is about, all known by their hashes
	above      []above // conditions that belong to a combination, too
	equal      []equal // as above
	buckets    map[uint64]int32
	counts     []float32 // stride of each bucket
	stride     int
	all        float32 // what some statistics divide by
	place      int     // among the tables of its model
}

// above is whether a number is greater than a border.
type above struct {
	input  int
	border float64
	right  bool // what is missing is
}

// equal is whether a category is this one.
type equal struct {
	input int
	code  int32
}

// inputs are those that have shares in what a statistic of the table contributes, ascending: the
// categories, but not the conditions, as in CatBoost.
func (t *table) inputs() []int {
	return slices.Compact(slices.Sorted(slices.Values(t.categories)))
}

// noBucket is the bucket of a combination that the training's rows had not.
const noBucket = -1

// mixed is a hash of a hash and a further number, modulo 2⁶⁴, as CatBoost's tables are made with.
func mixed(hash, with uint64) uint64 {
	const factor = 0x4906ba494954cb65
	return factor * (hash + factor*with)
}

// bucket is that of a row of a batch.
func (m *model) bucket(t *table, in *ml.Batch, codes []int32, row int) int32 {
	hash := uint64(0)
	for _, input := range t.categories {
		code := codes[m.coded[input]*in.Rows+row]
		if code < 0 {
			return noBucket
		}
		hash = mixed(hash, uint64(int64(int32(m.hashes[code]))))
	}
	for _, a := range t.above {
		x := float64(float32(in.Columns[a.input].Numbers[row]))
		hash = mixed(hash, uint64(boolean(x > a.border || x != x && a.right)))
	}
	for _, e := range t.equal {
		hash = mixed(hash, uint64(boolean(codes[m.coded[e.input]*in.Rows+row] == e.code)))
	}
	if at, has := t.buckets[hash]; has {
		return at
	}
	return noBucket
}

func boolean(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// statistic is a number made of a table's numbers.
type statistic struct {
	table              *table
	kind               string
	numerator, divisor float32 // of the prior
	shift, scale       float32
	border             int // of the classes
}

// of is the statistic of a bucket.
func (s *statistic) of(bucket int32) float32 {
	part, whole := float32(0), float32(0)
	var counts []float32
	if bucket != noBucket {
		counts = s.table.counts[int(bucket)*s.table.stride:][:s.table.stride]
	}
	switch s.kind {
	case "Counter", "FeatureFreq":
		whole = s.table.all
		for _, n := range counts {
			part += n
		}
	case "BinarizedTargetMeanValue", "FloatTargetMeanValue":
		if counts != nil {
			part, whole = counts[0], counts[1]
		}
	case "Buckets":
		for class, n := range counts {
			if whole += n; class == s.border {
				part = n
			}
		}
	default: // Borders
		for class, n := range counts {
			if whole += n; class > s.border {
				part += n
			}
		}
	}
	return ((part+s.numerator)/(whole+s.divisor) + s.shift) * s.scale
}

// statistics are the kinds, and how many numbers a bucket of each has: 0, one a class.
var statistics = map[string]int{"Borders": 0, "Buckets": 0, "Counter": 1, "FeatureFreq": 1, "BinarizedTargetMeanValue": 2, "FloatTargetMeanValue": 2}

// check says what is wrong with a statistic of a table.
func (s *statistic) check() error {
	stride, known := statistics[s.kind]
	if !known {
		return fmt.Errorf("statistics of the kind %q are not supported", s.kind)
	}
	if stride != 0 && s.table.stride != stride {
		return fmt.Errorf("statistic of the kind %s over %d numbers", s.kind, s.table.stride)
	}
	return nil
}
