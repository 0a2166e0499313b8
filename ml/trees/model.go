package trees

import (
	"fmt"
	"math"
	"slices"

	"github.com/millracedb/millrace/ml"
)

// block is how many rows go through all trees before the next do, so that what they need stays
// in the processor's cache.
const block = 64

// model is a model of any of the formats.
type model struct {
	signature  ml.Signature
	slots      slots
	single     bool               // numbers are rounded to float32 first; if not, to zero what is near it
	coded      []int              // by input: which of the texts it is, -1: none
	texts      int                // how many inputs are texts
	known      []map[string]int32 // by input: the codes of its texts
	strict     bool               // an unknown text leaves a row without an answer
	base       []float64          // what the sums begin with
	trees      summer
	scale      float64 // what the sums are multiplied by at the end: 1, or an average's
	link       link
	explain    explained
	hashes     []uint32 // of categories by their code, where tables know them by these
	tables     []*table
	statistics []statistic
	combined   [][]int // inputs that count as one, numbered behind all others: what tables are about
}

// summer is the trees of a model in one of their layouts.
type summer interface {
	// sum adds to the sums of rows what the trees say of their slots, as forest.sum has both.
	sum(x []int64, rows int, sums []float64, outs int)
	// cost is about how many nanoseconds a row takes.
	cost() float64
	// paths are the same trees with a node a split.
	paths() *forest
}

// memory is what a call needs, kept in its scratch.
type memory struct {
	slots   []int64
	sums    []float64
	stack   []fork
	buckets []int32 // of a block's rows in each table
	phi     []float64
}

// newModel makes a model of these inputs, all of which are numbers so far.
func newModel(inputs []ml.Feature) *model {
	m := &model{scale: 1, link: identity, coded: make([]int, len(inputs)), known: make([]map[string]int32, len(inputs))}
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
	return m.trees.cost() + 2*float64(m.slots.width()) + 25*float64(m.texts) + 50*float64(len(m.tables)) + 10*float64(len(m.base))
}

// Predict answers a batch.
func (m *model) Predict(s *ml.Scratch, in *ml.Batch, out []float64, bad *ml.Faults) {
	first := len(bad.Rows)
	codes := m.encode(s, in, bad)
	own, outs := m.memory(s), len(m.base)
	for from := 0; from < in.Rows; from += block {
		n := min(block, in.Rows-from)
		m.fill(own, in, codes, from, n)
		m.sums(own, n)
		for r := range n {
			sums := own.sums[r*outs:][:outs]
			m.link(sums, m.signature.Single)
			copy(out[(from+r)*m.signature.Outputs:][:m.signature.Outputs], sums)
		}
	}
	m.spoil(out, m.signature.Outputs, bad.Rows[first:])
}

// sums computes those of a block's rows from their slots.
func (m *model) sums(own *memory, rows int) {
	for r := range rows {
		copy(own.sums[r*len(m.base):], m.base)
	}
	m.trees.sum(own.slots, whole(rows), own.sums, len(m.base))
	if m.scale != 1 {
		for i := range own.sums[:rows*len(m.base)] {
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
	if n := block * max(m.slots.width(), small); len(own.slots) < n {
		own.slots = make([]int64, n)
	}
	if n := block * len(m.tables); len(own.buckets) < n {
		own.buckets = make([]int32, n)
	}
	if n := block * len(m.base); len(own.sums) < n {
		own.sums = make([]float64, n)
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

// statisticSlot is the slot of a statistic.
func (m *model) statisticSlot(i int) slot {
	inputs := m.statistics[i].table.inputs()
	if len(inputs) == 1 {
		return slot{input: inputs[0], statistic: i + 1}
	}
	at := slices.IndexFunc(m.combined, func(have []int) bool { return slices.Equal(have, inputs) })
	if at < 0 {
		at = len(m.combined)
		m.combined = append(m.combined, inputs)
	}
	return slot{input: len(m.coded) + at, statistic: i + 1}
}
