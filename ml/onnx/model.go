package onnx

import (
	"errors"
	"fmt"
	"math"

	"github.com/millracedb/millrace/ml"
)

// model is a program, with what it takes from columns and gives to rows.
type model struct {
	program   *program
	signature ml.Signature
	inputs    []input
	kept      []int // of the columns of the program's output, those that are answered
	width     int   // the columns of the program's output
	cost      float64
	block     int // rows that are evaluated at a time
}

// input is an input of the graph, made of some columns of the batch.
type input struct {
	name   string
	kind   kind
	flat   bool // it has one dimension
	column int  // the first
	cols   int
}

func init() { ml.Register("onnx", open) }

func open(file []byte, o ml.Options) (ml.Model, error) {
	m, err := read(file, o, false)
	if entire != nil && errors.As(err, new(lacking)) {
		m, err = read(file, o, true)
	}
	if err != nil {
		return nil, fmt.Errorf("ONNX model: %w", err)
	}
	return m, nil
}

func (m *model) Signature() *ml.Signature { return &m.signature }

func (m *model) Cost() float64 { return m.cost }

// Rows that a block may have, and the bytes that its values should have at most, so that they stay in the cache.
const (
	maxBlock   = 1024
	blockBytes = 768 << 10
)

func (m *model) Predict(s *ml.Scratch, in *ml.Batch, out []float64, bad *ml.Faults) {
	r, _ := s.Own.(*run)
	if r == nil || r.program != m.program {
		r = m.program.newRun()
		s.Own = r
	}
	for from := 0; from < in.Rows; from += m.block {
		n := min(m.block, in.Rows-from)
		if err := m.predict(r, in, from, n, out, bad); err != nil && n > 1 {
			// The graph refuses some row: each by itself then.
			for row := from; row < from+n; row++ {
				if err := m.predict(r, in, row, 1, out, bad); err != nil {
					m.refuse(row, err, out, bad)
				}
			}
		} else if err != nil {
			m.refuse(from, err, out, bad)
		}
	}
}

// predict answers some rows. Of none is there an answer or a fault if there is an error.
func (m *model) predict(r *run, in *ml.Batch, from, n int, out []float64, bad *ml.Faults) error {
	r.prepare(n)
	for i := range m.inputs {
		if err := m.put(r, i, in, from, n); err != nil {
			return err
		}
	}
	answer, err := r.evaluate()
	if err != nil {
		return err
	}
	if err := m.fits(answer, n); err != nil {
		return err
	}
	to := out[from*len(m.kept) : (from+n)*len(m.kept)]
	switch answer.kind {
	case single:
		pick(to, answer.f, m.width, m.kept)
	case double:
		pick(to, answer.d, m.width, m.kept)
	case boolean:
		for i := range n {
			for j, col := range m.kept {
				to[i*len(m.kept)+j] = float64(truth(answer.b[i*m.width+col]))
			}
		}
	default:
		pick(to, answer.i, m.width, m.kept)
	}
	for row := range n {
		err := r.faults[row]
		for _, v := range to[row*len(m.kept) : (row+1)*len(m.kept)] {
			if v != v && err == nil {
				err = m.cause(in, from+row)
			}
		}
		if err != nil {
			m.refuse(from+row, err, out, bad)
		}
	}
	return nil
}

// fits says whether an answer has n rows.
func (m *model) fits(answer *tensor, n int) error {
	if answer.kind == text {
		return errors.New("its output is text; choose another of the graph's outputs")
	}
	if len(answer.dims) == 0 || answer.dims[0] != n || answer.len() != n*m.width {
		return fmt.Errorf("its output has the shape %v for %d rows", answer.dims, n)
	}
	return nil
}

func pick[T number](to []float64, from []T, width int, kept []int) {
	for ; len(to) > 0; to, from = to[len(kept):], from[width:] {
		for j, col := range kept {
			to[j] = float64(from[col])
		}
	}
}

// refuse says that a row has no answer.
func (m *model) refuse(row int, err error, out []float64, bad *ml.Faults) {
	for i := range m.kept {
		out[row*len(m.kept)+i] = math.NaN()
	}
	bad.Add(row, err)
}

// cause says why the graph's answer for a row is NaN.
func (m *model) cause(in *ml.Batch, row int) error {
	for i, c := range in.Columns {
		if m.signature.Inputs[i].Kind == ml.Number && c.Numbers[row] != c.Numbers[row] {
			return fmt.Errorf("input %q is missing, and the graph answers NaN", m.signature.Inputs[i].Name)
		}
	}
	return errors.New("the graph answers NaN")
}

// prepare readies a run for a block of n rows.
func (r *run) prepare(n int) {
	r.reset()
	r.mayWork = r.program.limits.work + float64(n)*r.program.limits.perRow
	if cap(r.faults) < n {
		r.faults = make([]error, n)
	}
	r.faults = r.faults[:n]
	clear(r.faults)
}

// put makes an input of the graph of its columns.
func (m *model) put(r *run, i int, in *ml.Batch, from, n int) error {
	p := &m.inputs[i]
	dims := [2]int{n, p.cols}
	t, err := r.tensor(p.kind, dims[:2-truth(p.flat)]...)
	if err != nil {
		return err
	}
	for j := range p.cols {
		c := &in.Columns[p.column+j]
		switch p.kind {
		case single:
			for row, v := range c.Numbers[from : from+n] {
				t.f[row*p.cols+j] = float32(v)
			}
		case double:
			for row, v := range c.Numbers[from : from+n] {
				t.d[row*p.cols+j] = v
			}
		case text:
			for row := range n {
				if t.s[row*p.cols+j] = ""; c.Null != nil && c.Null[from+row] {
					r.faults[row] = m.missing(p.column + j)
				} else {
					t.s[row*p.cols+j] = c.Texts[from+row]
				}
			}
		default:
			for row, v := range c.Numbers[from : from+n] {
				if v != v {
					r.faults[row] = m.missing(p.column + j)
				} else if v != math.Trunc(v) || math.Abs(v) > 1<<63 {
					r.faults[row] = fmt.Errorf("input %q is %v, not a whole number", m.signature.Inputs[p.column+j].Name, v)
				}
				if p.kind == boolean {
					t.b[row*p.cols+j] = v != 0
				} else {
					t.i[row*p.cols+j] = p.kind.wrap(whole(v))
				}
			}
		}
	}
	r.values[r.program.inputs[i]] = t
	return nil
}

func (m *model) missing(column int) error {
	return fmt.Errorf("input %q is missing", m.signature.Inputs[column].Name)
}
