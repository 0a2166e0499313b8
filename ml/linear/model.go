package linear

import (
	"errors"
	"fmt"
	"math"

	"github.com/millracedb/millrace/ml"
)

// model is immutable once it is read.
type model struct {
	signature  ml.Signature
	outputs    int
	intercept  []float64
	numbers    []number
	categories []category
	finish     func(sums []float64, outputs int) // the link function, in place; nil: identity
}

// number is the term of a number.
type number struct {
	column        int
	mean, missing float64
	imputed       bool      // missing stands for a missing value
	weight        []float64 // by output, divided by the scale
}

// category is the term of a category.
type category struct {
	column         int
	known          map[string]int32 // a text's place in weight
	other, missing int32            // likewise, or none
	weight         []float64        // places × outputs
}

// none is the place of what has no weight.
const none = -1

// block is how many rows are computed at a time, so that their sums stay in the first cache.
const block = 512

func (m *model) Signature() *ml.Signature { return &m.signature }

func (m *model) Cost() float64 {
	return 10*float64(m.outputs) + 0.7*float64(m.outputs*len(m.numbers)) + 20*float64(len(m.categories))
}

func (m *model) Predict(s *ml.Scratch, in *ml.Batch, out []float64, bad *ml.Faults) {
	sums := s.Numbers(block * m.outputs)
	for from := 0; from < in.Rows; from += block {
		n := min(block, in.Rows-from)
		m.sum(in, from, n, sums)
		dst := out[from*m.outputs : (from+n)*m.outputs]
		if m.outputs == 1 {
			copy(dst, sums[:n])
		} else {
			for o := range m.outputs {
				for i, v := range sums[o*block : o*block+n] {
					dst[i*m.outputs+o] = v
				}
			}
		}
		if m.finish != nil {
			m.finish(dst, m.outputs)
		}
		m.blame(in, from, dst, m.outputs, bad)
	}
}

// sum adds up the terms of n rows: sums has block numbers an output.
func (m *model) sum(in *ml.Batch, from, n int, sums []float64) {
	for o, v := range m.intercept {
		fill(sums[o*block:o*block+n], v)
	}
	for i := range m.numbers {
		t := &m.numbers[i]
		x := in.Columns[t.column].Numbers[from : from+n]
		for o, w := range t.weight {
			if t.imputed {
				addImputed(sums[o*block:o*block+n], x, w, t.mean, t.missing)
			} else {
				add(sums[o*block:o*block+n], x, w, t.mean)
			}
		}
	}
	for i := range m.categories {
		t := &m.categories[i]
		c := &in.Columns[t.column]
		for row := range n {
			at := t.place(c, from+row)
			for o := range m.outputs {
				if sum := &sums[o*block+row]; at == none {
					*sum = math.NaN()
				} else {
					*sum += t.weight[int(at)*m.outputs+o]
				}
			}
		}
	}
}

func fill(dst []float64, v float64) {
	for i := range dst {
		dst[i] = v
	}
}

func add(sums, x []float64, w, mean float64) {
	sums = sums[:len(x)]
	for i, v := range x {
		sums[i] += w * (v - mean)
	}
}

func addImputed(sums, x []float64, w, mean, missing float64) {
	sums = sums[:len(x)]
	for i, v := range x {
		if v != v {
			v = missing
		}
		sums[i] += w * (v - mean)
	}
}

// place is where the weights of a row's text stand.
func (t *category) place(c *ml.Column, row int) int32 {
	if c.Null != nil && c.Null[row] {
		return t.missing
	}
	if at, ok := t.known[c.Texts[row]]; ok {
		return at
	}
	return t.other
}

// blame notes the rows whose answer is no number, of which one has width numbers in out, and
// makes all of them NaN.
func (m *model) blame(in *ml.Batch, from int, out []float64, width int, bad *ml.Faults) {
	for i := 0; i < len(out); i += width {
		answer := out[i : i+width]
		for _, v := range answer {
			if v != v {
				fill(answer, v)
				bad.Add(from+i/width, m.cause(in, from+i/width))
				break
			}
		}
	}
}

var errNaN = errors.New("the answer is not a number")

// cause says why a row has no answer.
func (m *model) cause(in *ml.Batch, row int) error {
	for i := range m.numbers {
		t := &m.numbers[i]
		if v := in.Columns[t.column].Numbers[row]; v != v && !t.imputed {
			return fmt.Errorf("feature %q is missing", m.signature.Inputs[t.column].Name)
		}
	}
	for i := range m.categories {
		t := &m.categories[i]
		if c := &in.Columns[t.column]; t.place(c, row) == none {
			if c.Null != nil && c.Null[row] {
				return fmt.Errorf("feature %q is missing", m.signature.Inputs[t.column].Name)
			}
			return fmt.Errorf("feature %q has no category %q", m.signature.Inputs[t.column].Name, c.Texts[row])
		}
	}
	return errNaN
}

// Explain gives the terms: weight · (value − mean) / scale of a number, the weight of a
// category's text, and last the intercept.
func (m *model) Explain(_ *ml.Scratch, in *ml.Batch, out []float64, bad *ml.Faults) {
	width := len(m.signature.Inputs) + 1
	for row := range in.Rows {
		for o := range m.outputs {
			terms := out[(row*m.outputs+o)*width:][:width]
			terms[width-1] = m.intercept[o]
			for i := range m.numbers {
				t := &m.numbers[i]
				v := in.Columns[t.column].Numbers[row]
				if v != v && t.imputed {
					v = t.missing
				}
				terms[t.column] = t.weight[o] * (v - t.mean)
			}
			for i := range m.categories {
				t := &m.categories[i]
				if at := t.place(&in.Columns[t.column], row); at == none {
					terms[t.column] = math.NaN()
				} else {
					terms[t.column] = t.weight[int(at)*m.outputs+o]
				}
			}
		}
	}
	m.blame(in, 0, out[:in.Rows*m.outputs*width], m.outputs*width, bad)
}

func exponential(sums []float64, _ int) {
	for i, v := range sums {
		sums[i] = math.Exp(v)
	}
}

func logistic(sums []float64, _ int) {
	for i, v := range sums {
		sums[i] = 1 / (1 + math.Exp(-v))
	}
}

// softmax subtracts the largest sum first, so that none overflows.
func softmax(sums []float64, outputs int) {
	for ; len(sums) > 0; sums = sums[outputs:] {
		row := sums[:outputs]
		most := math.Inf(-1)
		for _, v := range row {
			most = max(most, v)
		}
		total := 0.0
		for i, v := range row {
			row[i] = math.Exp(v - most)
			total += row[i]
		}
		for i := range row {
			row[i] /= total
		}
	}
}
