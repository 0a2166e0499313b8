package trees

import (
	"fmt"
	"math"
	"slices"

	"github.com/millracedb/millrace/ml"
	"github.com/millracedb/millrace/ml/forest"
)

// model is a model of any of the formats.
type model struct {
	signature  ml.Signature
	columns    columns
	single     bool               // features are float32; if not, what is near zero is zero
	coded      []int              // by input: which of the texts it is, -1: none
	texts      int                // how many inputs are texts
	known      []map[string]int32 // by input: the codes of its texts
	strict     bool               // an unknown text leaves a row without an answer
	base       []float64          // what the sums begin with
	trees      *forest.Forest
	scale      float64 // what the sums are multiplied by at the end: 1, or an average's
	link       link
	explain    explained
	hashes     []uint32 // of categories by their code, where tables know them by these
	tables     []*table
	statistics []statistic
	combined   [][]int // inputs that count as one, numbered behind all others: what tables are about
}

// memory is what a call needs, kept in its scratch.
type memory struct {
	rows    forest.Rows
	sums    []float64 // a block each
	singles []float32 // the same, of a forest with float32 sums
	row     []float64 // the sums of one
	ways    forest.Ways
	buckets []int32 // of a block's rows in each table
	phi     []float64
}

// newModel makes a model of these inputs, all of which are numbers so far.
func newModel(inputs []ml.Feature) *model {
	m := &model{scale: 1, link: identity, trees: &forest.Forest{}, coded: make([]int, len(inputs)), known: make([]map[string]int32, len(inputs))}
	m.signature.Inputs = inputs
	for i := range m.coded {
		m.coded[i] = -1
	}
	return m
}

// text makes an input one that is given as text.
func (m *model) text(input int, known map[string]int32) {
	m.signature.Inputs[input].Kind = ml.Category
	m.coded[input], m.known[input] = m.texts, known
	m.texts++
}

// Signature is what the model takes and gives.
func (m *model) Signature() *ml.Signature { return &m.signature }

// Cost is about how many nanoseconds a row takes.
func (m *model) Cost() float64 {
	return m.trees.Cost() + 3*float64(len(m.columns.all)) + 25*float64(m.texts) + 50*float64(len(m.tables)) + 10*float64(len(m.base))
}

// Predict answers a batch.
func (m *model) Predict(s *ml.Scratch, in *ml.Batch, out []float64, bad *ml.Faults) {
	first := len(bad.Rows)
	codes := m.encode(s, in, bad)
	own := m.memory(s)
	for from := 0; from < in.Rows; from += forest.Block {
		n := min(forest.Block, in.Rows-from)
		m.fill(own, in, codes, from, n)
		m.sum(own)
		for r := range n {
			for i := range own.row {
				own.row[i] = own.sums[i*forest.Block+r]
			}
			m.link(own.row, m.signature.Single)
			copy(out[(from+r)*m.signature.Outputs:][:m.signature.Outputs], own.row)
		}
	}
	m.spoil(out, m.signature.Outputs, bad.Rows[first:])
}

// sum computes the sums of a block.
func (m *model) sum(own *memory) {
	m.trees.Ask(&own.rows)
	for i, v := range m.base {
		for r := range forest.Block {
			own.sums[i*forest.Block+r] = v
		}
	}
	if m.trees.Single {
		for i, v := range own.sums {
			own.singles[i] = float32(v)
		}
		m.trees.SumSingle(&own.rows, own.singles)
		for i, v := range own.singles {
			own.sums[i] = float64(v)
		}
	} else {
		m.trees.Sum(&own.rows, own.sums)
	}
	if m.scale != 1 {
		for i := range own.sums {
			own.sums[i] *= m.scale
		}
	}
}

// spoil makes the answers of rows NaN.
func (m *model) spoil(out []float64, width int, rows []int) {
	for _, r := range rows {
		for i := range width {
			out[r*width+i] = math.NaN()
		}
	}
}

// memory is the scratch's own part.
func (m *model) memory(s *ml.Scratch) *memory {
	own, is := s.Own.(*memory)
	if !is {
		own = &memory{}
		s.Own = own
	}
	if n := forest.Block * len(m.tables); len(own.buckets) < n {
		own.buckets = make([]int32, n)
	}
	if n := forest.Block * len(m.base); len(own.sums) != n {
		own.sums, own.singles, own.row = make([]float64, n), make([]float32, n), make([]float64, len(m.base))
	}
	return own
}

// rename gives the inputs the names of the options, if they have any.
func (m *model) rename(o ml.Options) error {
	if o.Inputs == nil {
		return nil
	}
	if len(o.Inputs) != len(m.signature.Inputs) {
		return fmt.Errorf("%d names for %d inputs", len(o.Inputs), len(m.signature.Inputs))
	}
	for i, name := range o.Inputs {
		m.signature.Inputs[i].Name = name
	}
	return nil
}

// statistic is the column of a statistic.
func (m *model) statistic(i int) column {
	inputs := m.statistics[i].table.inputs()
	if len(inputs) == 1 {
		return column{input: inputs[0], statistic: i + 1}
	}
	at := slices.IndexFunc(m.combined, func(have []int) bool { return slices.Equal(have, inputs) })
	if at < 0 {
		at = len(m.combined)
		m.combined = append(m.combined, inputs)
	}
	return column{input: len(m.coded) + at, statistic: i + 1}
}
