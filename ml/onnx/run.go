package onnx

import (
	"errors"
	"fmt"

	"github.com/millracedb/millrace/ml/forest"
)

// run evaluates a program, for one goroutine. What it makes is good until it is reset.
type run struct {
	program *program
	values  []*tensor // by slot
	in, out []*tensor // of the node at work
	probe   bool      // values are made up: a kernel refuses none

	f       arena[float32]
	d       arena[float64]
	i       arena[int64]
	b       arena[bool]
	s       arena[string]
	dims    arena[int]
	tensors arena[tensor]
	rows    forest.Rows // of operators of trees

	work, mayWork   float64 // in nanoseconds, by estimate
	bytes, mayBytes int
	faults          []error // by row of the block
}

// arena hands out pieces of memory of any content, all of which end together.
type arena[T any] struct {
	slab []T
	used int
	all  int // handed out since the reset
}

func (a *arena[T]) take(n int) []T {
	if a.used+n > len(a.slab) {
		a.slab, a.used = make([]T, max(n, 2*len(a.slab), 64)), 0
	}
	piece := a.slab[a.used : a.used+n : a.used+n]
	a.used += n
	a.all += n
	return piece
}

func (a *arena[T]) reset() {
	if a.all > len(a.slab) {
		a.slab = make([]T, a.all)
	}
	a.used, a.all = 0, 0
}

func (r *run) reset() {
	r.f.reset()
	r.d.reset()
	r.i.reset()
	r.b.reset()
	r.s.reset()
	r.dims.reset()
	r.tensors.reset()
	r.work, r.bytes = 0, 0
}

var (
	errMemory = errors.New("the graph needs more memory than a file of its size may")
	errWork   = errors.New("the graph needs more work than a file of its size may")
)

// spend counts work that is to be done, in nanoseconds by estimate.
func (r *run) spend(work float64) error {
	if r.work += work; r.work > r.mayWork {
		return errWork
	}
	return nil
}

// tensor is a new one, whose values the caller sets. It copies dims.
func (r *run) tensor(k kind, dims ...int) (*tensor, error) {
	n := 1
	for _, d := range dims {
		if d < 0 || len(dims) > maxRank {
			return nil, fmt.Errorf("a tensor of shape %v", dims)
		}
		if n *= d; n > r.mayBytes {
			return nil, errMemory
		}
	}
	if r.bytes += n*k.held() + 128; r.bytes > r.mayBytes {
		return nil, errMemory
	}
	if err := r.spend(float64(n)); err != nil {
		return nil, err
	}
	t := &r.tensors.take(1)[0]
	*t = tensor{kind: k, dims: r.dims.take(len(dims))}
	copy(t.dims, dims)
	switch k {
	case single:
		t.f = r.f.take(n)
	case double:
		t.d = r.d.take(n)
	case boolean:
		t.b = r.b.take(n)
	case text:
		t.s = r.s.take(n)
	default:
		t.i = r.i.take(n)
	}
	return t, nil
}

// view is t's values in another shape, of as many values.
func (r *run) view(t *tensor, dims ...int) (*tensor, error) {
	if len(dims) > maxRank || product(dims) != t.len() {
		return nil, fmt.Errorf("%d values have not the shape %v", t.len(), dims)
	}
	if err := r.spend(64); err != nil {
		return nil, err
	}
	v := &r.tensors.take(1)[0]
	*v = *t
	v.dims = r.dims.take(len(dims))
	copy(v.dims, dims)
	return v, nil
}

// evaluate runs the program over the inputs that are in r.values.
func (r *run) evaluate() (*tensor, error) {
	p := r.program
	for i := range p.steps {
		if err := r.step(&p.steps[i]); err != nil {
			return nil, err
		}
	}
	return r.values[p.output], nil
}

// step runs one node.
func (r *run) step(s *step) error {
	r.in, r.out = r.in[:0], r.out[:0]
	for _, slot := range s.in {
		var t *tensor
		if slot >= 0 {
			t = r.values[slot]
		}
		r.in = append(r.in, t)
	}
	for range s.out {
		r.out = append(r.out, nil)
	}
	if err := r.spend(100); err != nil {
		return err
	}
	if err := s.kernel(r, r.in, r.out); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	for i, slot := range s.out {
		if r.out[i] == nil {
			return fmt.Errorf("%s makes no value %d", s.name, i)
		}
		r.values[slot] = r.out[i]
	}
	return nil
}
