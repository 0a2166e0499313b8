package trees

import (
	"sync"

	"github.com/millracedb/millrace/ml"
	"github.com/millracedb/millrace/ml/forest"
)

// explained is what Explain needs beside what Predict does, made when it is first asked.
type explained struct {
	once     sync.Once
	forest   *forest.Forest
	means    []float64 // by tree: what it says of the training's rows on average
	features []int     // by column of the forest
}

func (m *model) explained() *explained {
	e := &m.explain
	e.once.Do(func() {
		e.forest = m.trees.Grown()
		for i := range e.forest.Trees() {
			e.means = append(e.means, e.forest.Mean(i))
		}
		for _, c := range m.columns.all {
			e.features = append(e.features, c.input)
		}
	})
	return e
}

// Explain says what each feature contributed.
func (m *model) Explain(s *ml.Scratch, in *ml.Batch, out []float64, bad *ml.Faults) {
	first := len(bad.Rows)
	codes, own, all := m.encode(s, in, bad), m.memory(s), m.explained()
	one := len(m.coded) + 1
	width := one * len(m.base)
	for from := 0; from < in.Rows; from += forest.Block {
		n := min(forest.Block, in.Rows-from)
		m.fill(own, in, codes, from, n)
		for r := range n {
			row := out[(from+r)*width:][:width]
			m.explainRow(row, r, all, own)
		}
	}
	m.spoil(out, width, bad.Rows[first:])
}

// explainRow is Explain of a row of the block.
func (m *model) explainRow(out []float64, row int, all *explained, own *memory) {
	clear(out)
	one := len(m.coded) + 1
	features := len(m.coded) + len(m.combined)
	if n := features * len(m.base); len(own.phi) < n {
		own.phi = make([]float64, n)
	}
	clear(own.phi)
	for i := range all.forest.Trees() {
		sum := all.forest.Out(i)
		all.forest.Contribute(&own.ways, i, &own.rows, row, all.features, own.phi[sum*features:][:features])
		out[sum*one+one-1] += all.means[i]
	}
	for i := range m.base {
		row, phi := out[i*one:][:one], own.phi[i*features:][:features]
		for k, v := range phi[:len(m.coded)] {
			row[k] += v * m.scale
		}
		for k, inputs := range m.combined { // each has an equal share, as in CatBoost
			for _, input := range inputs {
				row[input] += phi[len(m.coded)+k] * m.scale / float64(len(inputs))
			}
		}
		row[one-1] = (row[one-1] + m.base[i]) * m.scale
	}
}
