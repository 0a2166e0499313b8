package onnx

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/millracedb/millrace/ml"
)

// read makes a model of a file: whole hands its graph to a runtime.
// callNanoseconds is about what a call of another runtime takes.
const callNanoseconds = 10_000

func read(file []byte, o ml.Options, whole bool) (*model, error) {
	g, err := readModel(file, whole)
	if err != nil {
		return nil, err
	}
	if len(g.nodes) > o.Limits.Nodes {
		return nil, fmt.Errorf("the graph has more than %d nodes", o.Limits.Nodes)
	}
	// What is constant and what a row takes grows with the file: each weight is used about once.
	size := float64(len(file))
	c, err := newCompiler(g, bounds{bytes: 1<<24 + 8*len(file), work: 1e7 + 100*size, perRow: 1e5 + 100*size})
	if err != nil {
		return nil, err
	}
	m := &model{}
	infos := g.free()
	if err := m.takes(infos, o.Inputs); err != nil {
		return nil, err
	}
	output, err := g.answer(o.Output)
	if err != nil {
		return nil, err
	}
	if whole {
		m.program, err = c.hand(file, output, infos)
	} else {
		m.program, err = c.compile(output, infos)
	}
	if err != nil {
		return nil, err
	}
	if err := m.try(); err != nil {
		return nil, err
	}
	m.gives(c, output)
	if whole {
		// Its sums may come in another order for more rows, and a row that goes must take back, bit for bit, what it brought.
		m.block, m.cost = 1, m.cost+callNanoseconds
	}
	return m, nil
}

// free are the inputs of the graph that are no constants.
func (g *graphProto) free() (infos []valueInfo) {
	for _, in := range g.inputs {
		if g.consts[in.name] == nil {
			infos = append(infos, in)
		}
	}
	return infos
}

// takes finds the columns that make the inputs: one with several columns is a feature for each.
func (m *model) takes(infos []valueInfo, names []string) error {
	open := -1 // an input that does not say how many columns it has
	total := 0
	for i, info := range infos {
		in := input{name: info.name, kind: info.kind, flat: len(info.dims) == 1, cols: 1}
		if in.kind == 0 || info.dims == nil || len(info.dims) == 0 || len(info.dims) > 2 {
			return fmt.Errorf("its input %q is no table of numbers or texts", info.name)
		}
		if len(info.dims) == 2 {
			in.cols = info.dims[1]
		}
		if in.cols <= 0 {
			if open >= 0 || names == nil {
				return fmt.Errorf("its input %q does not say how many columns it has: name the inputs", info.name)
			}
			open, in.cols = i, 0
		}
		if total += in.cols; total > 1<<15 {
			return errors.New("it has too many inputs")
		}
		m.inputs = append(m.inputs, in)
	}
	if open >= 0 {
		m.inputs[open].cols = len(names) - total
		total = max(total, len(names))
	}
	if names != nil && len(names) != total || open >= 0 && m.inputs[open].cols < 1 {
		return fmt.Errorf("%d names are given for %d inputs", len(names), total)
	}
	for i := range m.inputs {
		in := &m.inputs[i]
		in.column = len(m.signature.Inputs)
		for j := range in.cols {
			f := ml.Feature{Name: in.name, Missing: in.kind.float()}
			switch {
			case names != nil:
				f.Name = names[in.column+j]
			case in.cols > 1 && len(m.inputs) == 1:
				f.Name = "f" + strconv.Itoa(j)
			case in.cols > 1:
				f.Name += "_" + strconv.Itoa(j)
			}
			if in.kind == text {
				f.Kind = ml.Category
			}
			m.signature.Inputs = append(m.signature.Inputs, f)
		}
	}
	return nil
}

// answer is the output that is meant: the one that is named, else of a label and numbers the numbers, else the first.
func (g *graphProto) answer(named string) (string, error) {
	for _, v := range g.outputs {
		if v.name == named && named != "" {
			return named, nil
		}
	}
	if named != "" {
		return "", fmt.Errorf("the graph has no output %q", named)
	}
	if len(g.outputs) == 0 {
		return "", errors.New("the graph has no output")
	}
	if g.label() != "" {
		for _, v := range g.outputs {
			if v.kind == 0 || v.kind.float() { // a ZipMap's is no tensor
				return v.name, nil
			}
		}
	}
	return g.outputs[0].name, nil
}

// label is the output that names a class; "" if there is none.
func (g *graphProto) label() string {
	for _, v := range g.outputs {
		if len(g.outputs) > 1 && (v.kind == text || v.kind == int64s) {
			return v.name
		}
	}
	return ""
}

// try evaluates the program for one row and for three, of zeros and empty texts, which finds what
// does not fit, and how much memory and time a row takes.
func (m *model) try() error {
	var bytes, work [4]float64
	r := m.program.newRun()
	r.probe = true
	for _, n := range []int{1, 3} {
		in := &ml.Batch{Rows: n, Columns: make([]ml.Column, len(m.signature.Inputs))}
		for i := range in.Columns {
			in.Columns[i] = ml.Column{Numbers: make([]float64, n), Texts: make([]string, n)}
		}
		r.prepare(n)
		for i := range m.inputs {
			if err := m.put(r, i, in, 0, n); err != nil {
				return err
			}
		}
		answer, err := r.evaluate()
		if err != nil {
			return err
		}
		if n == 1 {
			if m.width = answer.len(); m.width == 0 || m.width > 1<<15 {
				return fmt.Errorf("its output has the shape %v for a row", answer.dims)
			}
		}
		if err := m.fits(answer, n); err != nil {
			return err
		}
		m.signature.Single = answer.kind == single
		bytes[n], work[n] = float64(r.bytes), r.work
	}
	m.cost = max((work[3]-work[1])/2, 1) + work[1]/maxBlock
	m.block = int(min(max(blockBytes/max((bytes[3]-bytes[1])/2, 1), 1), maxBlock))
	return nil
}

// gives sets what the model answers.
func (m *model) gives(c *compiler, output string) {
	s := &m.signature
	label := c.g.label()
	if classes := c.classes(output, label, output != label); len(classes) > 1 && (len(classes) == m.width || len(classes) == 2 && m.width == 1) {
		s.Classes = classes
	} else if label != "" && output != label && m.width > 1 {
		for i := range m.width {
			s.Classes = append(s.Classes, strconv.Itoa(i))
		}
	}
	for i := range m.width {
		m.kept = append(m.kept, i)
	}
	switch {
	case len(s.Classes) == 2:
		s.Task, m.kept = ml.Binary, m.kept[m.width-1:]
	case len(s.Classes) > 2:
		s.Task = ml.Multiclass
	case m.width > 1:
		s.Task = ml.Many
	}
	s.Outputs = len(m.kept)
}

// classes are the labels of the classes whose numbers an output has: of a ZipMap or a classifier that
// made it, else of what the label is taken from. Nil: it says none.
func (c *compiler) classes(output, label string, probable bool) []string {
	if !probable {
		return nil
	}
	for _, from := range []string{output, label} {
		name := from
		for range 64 {
			n := c.made[name]
			if n == nil || len(n.inputs) == 0 {
				break
			}
			if labels := n.labels(); labels != nil {
				return labels
			}
			name = n.inputs[0]
			if t := c.g.consts[name]; t != nil && from == label && (n.op == "ArrayFeatureExtractor" || n.op == "Gather") {
				return t.names()
			}
		}
	}
	return nil
}

// names are the values of a constant of texts or whole numbers.
func (t *tensor) names() []string {
	if t.kind == text {
		return t.s
	}
	return decimals(t.i)
}
