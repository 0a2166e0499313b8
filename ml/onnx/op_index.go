package onnx

import (
	"errors"
	"fmt"
	"math"
)

var _ = operator("Concat", 1, many, func(n *node) (function, error) {
	return func(r *run, in []*tensor) (*tensor, error) { return concat(r, in, n.int("axis", 1)) }, nil
})

// concat puts tensors one behind the other along an axis.
func concat(r *run, in []*tensor, along int64) (*tensor, error) {
	if err := same(in); err != nil {
		return nil, err
	}
	axis, err := axisOf(along, len(in[0].dims))
	if err != nil {
		return nil, err
	}
	var shape [maxRank]int
	dims := shape[:copy(shape[:], in[0].dims)]
	for _, t := range in[1:] {
		if len(t.dims) != len(dims) {
			return nil, fmt.Errorf("its inputs have the shapes %v and %v", in[0].dims, t.dims)
		}
		for i, d := range t.dims {
			if i == axis {
				dims[i] += d
			} else if d != dims[i] {
				return nil, fmt.Errorf("its inputs have the shapes %v and %v", in[0].dims, t.dims)
			}
		}
	}
	u, err := r.tensor(in[0].kind, dims...)
	if err != nil {
		return nil, err
	}
	outer, at := product(dims[:axis]), 0
	if u.len() == 0 {
		return u, nil
	}
	for row := range outer {
		for _, t := range in {
			n := t.len() / outer
			move(u, at, t, row*n, n)
			at += n
		}
	}
	return u, r.spend(10 * float64(outer*len(in)))
}

var _ = register("Split", schema{1, 2, many, func(n *node) (kernel, error) {
	return func(r *run, in, out []*tensor) error {
		axis, err := axisOf(n.int("axis", 0), len(in[0].dims))
		if err != nil {
			return err
		}
		sizes := n.attr("split").ints
		if len(in) > 1 && in[1] != nil {
			if sizes, err = in[1].ints(); err != nil {
				return err
			}
		}
		d := in[0].dims[axis]
		if sizes == nil {
			each := (d + len(out) - 1) / len(out)
			for left := d; len(sizes) < len(out); left -= each {
				sizes = append(sizes, int64(min(each, max(left, 0))))
			}
		}
		return divide(r, in[0], axis, sizes, out)
	}, nil
}})

func divide(r *run, t *tensor, axis int, sizes []int64, out []*tensor) error {
	strides := stridesOf(t.dims)
	var shape [maxRank]int
	dims := shape[:copy(shape[:], t.dims)]
	at := 0
	for i := range out {
		if len(sizes) != len(out) || sizes[i] < 0 || sizes[i] > int64(t.dims[axis]-at) {
			return fmt.Errorf("%d values are not divided into %v", t.dims[axis], sizes)
		}
		dims[axis] = int(sizes[i])
		var err error
		if out[i], err = strided(r, t, at*strides[axis], dims, strides[:len(dims)]); err != nil {
			return err
		}
		at += dims[axis]
	}
	return nil
}

// Starts, ends, axes and steps of Slice are attributes before opset 10, inputs since.
var _ = operator("Slice", 1, 5, func(n *node) (function, error) {
	return func(r *run, in []*tensor) (*tensor, error) {
		lists := [4][]int64{n.attr("starts").ints, n.attr("ends").ints, n.attr("axes").ints, nil}
		for i := range lists {
			if i+1 < len(in) && in[i+1] != nil {
				var err error
				if lists[i], err = in[i+1].ints(); err != nil {
					return nil, err
				}
			}
		}
		return slice(r, in[0], lists[0], lists[1], lists[2], lists[3])
	}, nil
})

func slice(r *run, t *tensor, starts, ends, axes, steps []int64) (*tensor, error) {
	errSlice := errors.New("its starts, ends, axes and steps do not fit each other")
	if len(ends) != len(starts) || axes != nil && len(axes) != len(starts) || steps != nil && len(steps) != len(starts) {
		return nil, errSlice
	}
	strides := stridesOf(t.dims)
	var shape [maxRank]int
	dims := shape[:copy(shape[:], t.dims)]
	at := 0
	for i, start := range starts {
		axis, step := i, int64(1)
		if axes != nil {
			var err error
			if axis, err = axisOf(axes[i], len(t.dims)); err != nil {
				return nil, err
			}
		}
		if steps != nil {
			step = steps[i]
		}
		if axis >= len(dims) || dims[axis] != t.dims[axis] || step == 0 || step == math.MinInt64 {
			return nil, errSlice
		}
		from, n := ranged(int64(dims[axis]), start, ends[i], step)
		at += int(from) * strides[axis]
		dims[axis] = int(n)
		strides[axis] *= int(step)
	}
	return strided(r, t, at, dims, strides[:len(dims)])
}

// ranged is where a slice of d values begins and how many it has.
func ranged(d, start, end, step int64) (from, n int64) {
	clamp := func(v, low, high int64) int64 {
		if v < 0 {
			v += d
		}
		return min(max(v, low), high)
	}
	if step > 0 {
		from, end = clamp(start, 0, d), clamp(end, 0, d)
		return from, max(end-from+step-1, 0) / step
	}
	from, end = clamp(start, 0, d-1), clamp(end, -1, d-1)
	return max(from, 0), max(from-end-step-1, 0) / -step
}

var _ = operator("Gather", 2, 2, func(n *node) (function, error) {
	return func(r *run, in []*tensor) (*tensor, error) {
		axis, err := axisOf(n.int("axis", 0), len(in[0].dims))
		if err != nil {
			return nil, err
		}
		return gather(r, in[0], in[1], axis, in[1].dims)
	}, nil
})

// ArrayFeatureExtractor takes some values of the last dimension.
var _ = plain("ai.onnx.ml.ArrayFeatureExtractor", 2, 2, func(r *run, in []*tensor) (*tensor, error) {
	if len(in[0].dims) == 0 {
		return nil, errors.New("it takes no single value")
	}
	t, err := gather(r, in[0], in[1], len(in[0].dims)-1, []int{in[1].len()})
	if err != nil || len(t.dims) > 1 {
		return t, err
	}
	return r.view(t, 1, t.len())
})

// position is where an index of so many points to, which counts from the end where it is negative.
func (r *run) position(at, of int64) (int64, error) {
	if at < 0 {
		at += of
	}
	if at >= 0 && at < of {
		return at, nil
	}
	if r.probe && of > 0 { // whose values mean nothing
		return 0, nil
	}
	return 0, fmt.Errorf("there is no index %d of %d", at, of)
}

// gather takes the values at some indexes along an axis, which becomes the dimensions shape.
func gather(r *run, t, indexes *tensor, axis int, shape []int) (*tensor, error) {
	index, err := indexes.ints()
	if err != nil {
		return nil, err
	}
	dims := append(append(append(make([]int, 0, 2*maxRank), t.dims[:axis]...), shape...), t.dims[axis+1:]...)
	u, err := r.tensor(t.kind, dims...)
	if err != nil || u.len() == 0 {
		return u, err
	}
	outer, inner, d := product(t.dims[:axis]), product(t.dims[axis+1:]), int64(t.dims[axis])
	to := 0
	for row := range outer {
		for _, at := range index {
			at, err := r.position(at, d)
			if err != nil {
				return nil, err
			}
			move(u, to, t, (row*int(d)+int(at))*inner, inner)
			to += inner
		}
	}
	return u, r.spend(10 * float64(outer*len(index)))
}
