package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

var (
	_ = plain("Identity", 1, 1, func(_ *run, in []*tensor) (*tensor, error) { return in[0], nil })
	_ = plain("Dropout", 1, 3, func(_ *run, in []*tensor) (*tensor, error) { return in[0], nil })
)

var _ = operator("Reshape", 2, 2, func(n *node) (function, error) {
	keepZero := n.int("allowzero", 0) != 0
	return func(r *run, in []*tensor) (*tensor, error) {
		want, err := in[1].ints()
		if err != nil {
			return nil, err
		}
		return reshape(r, in[0], want, keepZero)
	}, nil
})

// reshape gives t the shape want, in which 0 is t's own dimension and one -1 whatever is left.
func reshape(r *run, t *tensor, want []int64, keepZero bool) (*tensor, error) {
	if len(want) > maxRank {
		return nil, fmt.Errorf("a tensor of %d dimensions", len(want))
	}
	var dims [maxRank]int
	rest, known := -1, 1
	for i, d := range want {
		switch {
		case d == -1 && rest < 0:
			rest = i
			continue
		case d == 0 && !keepZero && i < len(t.dims):
			d = int64(t.dims[i])
		}
		if d < 0 || d > math.MaxInt32 || known > math.MaxInt32 {
			return nil, fmt.Errorf("there is no shape %v", want)
		}
		dims[i] = int(d)
		known *= int(d)
	}
	if rest >= 0 && known > 0 {
		dims[rest] = t.len() / known
	}
	return r.view(t, dims[:len(want)]...)
}

var _ = operator("Flatten", 1, 1, func(n *node) (function, error) {
	return func(r *run, in []*tensor) (*tensor, error) {
		axis := n.int("axis", 1)
		if axis < 0 {
			axis += int64(len(in[0].dims))
		}
		if axis < 0 || axis > int64(len(in[0].dims)) {
			return nil, fmt.Errorf("there is no axis %d", axis)
		}
		return r.view(in[0], product(in[0].dims[:axis]), product(in[0].dims[axis:]))
	}, nil
})

// Axes of Squeeze and Unsqueeze are an attribute before opset 13, an input since.
var (
	_ = operator("Squeeze", 1, 2, func(n *node) (function, error) {
		return func(r *run, in []*tensor) (*tensor, error) {
			axes, given, err := axesOf(n, in, len(in[0].dims))
			if err != nil {
				return nil, err
			}
			var dims []int
			for i, d := range in[0].dims {
				if squeezed := axes[i] || !given && d == 1; !squeezed {
					dims = append(dims, d)
				}
			}
			return r.view(in[0], dims...)
		}, nil
	})
	_ = operator("Unsqueeze", 1, 2, func(n *node) (function, error) {
		return func(r *run, in []*tensor) (*tensor, error) {
			count := len(n.attr("axes").ints)
			if len(in) > 1 && in[1] != nil {
				count = in[1].len()
			}
			rank := len(in[0].dims) + min(count, maxRank+1)
			axes, _, err := axesOf(n, in, rank)
			if err != nil || rank > maxRank || len(axes) != count {
				return nil, errors.Join(err, errors.New("its axes make no shape"))
			}
			dims, rest := make([]int, 0, rank), in[0].dims
			for i := range rank {
				if axes[i] {
					dims = append(dims, 1)
				} else {
					dims, rest = append(dims, rest[0]), rest[1:]
				}
			}
			return r.view(in[0], dims...)
		}, nil
	})
)

// axesOf are the axes that a node has as an attribute or as its second input.
func axesOf(n *node, in []*tensor, rank int) (axes map[int]bool, given bool, err error) {
	list := n.attr("axes").ints
	if len(in) > 1 && in[1] != nil {
		if list, err = in[1].ints(); err != nil {
			return nil, false, err
		}
	}
	axes = map[int]bool{}
	for _, a := range list {
		axis, err := axisOf(a, rank)
		if err != nil {
			return nil, false, err
		}
		axes[axis] = true
	}
	return axes, len(list) > 0, nil
}

var _ = operator("Transpose", 1, 1, func(n *node) (function, error) {
	order := n.attr("perm").ints
	return func(r *run, in []*tensor) (*tensor, error) {
		rank := len(in[0].dims)
		axes := make([]int, rank)
		for i := range axes {
			axes[i] = rank - 1 - i
		}
		if n.has("perm") {
			seen := map[int]bool{}
			for i := range axes {
				if len(order) != rank {
					return nil, fmt.Errorf("its order %v is not that of %d dimensions", order, rank)
				}
				axis, err := axisOf(order[i], rank)
				if err != nil || seen[axis] {
					return nil, fmt.Errorf("its order is %v", order)
				}
				axes[i], seen[axis] = axis, true
			}
		}
		return transpose(r, in[0], axes)
	}, nil
})

var _ = plain("Expand", 2, 2, func(r *run, in []*tensor) (*tensor, error) {
	want, err := in[1].ints()
	if err != nil {
		return nil, err
	}
	shape := &tensor{dims: make([]int, len(want))}
	for i, d := range want {
		if d < 0 || d > math.MaxInt32 || len(want) > maxRank {
			return nil, fmt.Errorf("there is no shape %v", want)
		}
		shape.dims[i] = int(d)
	}
	// A dimension of 1 in the shape keeps the tensor's own.
	for i := range min(len(shape.dims), len(in[0].dims)) {
		if d := &shape.dims[len(shape.dims)-1-i]; *d == 1 {
			*d = in[0].dims[len(in[0].dims)-1-i]
		}
	}
	if more := len(in[0].dims) - len(shape.dims); more > 0 {
		shape.dims = slices.Concat(in[0].dims[:more], shape.dims)
	}
	return expand(r, in[0], shape.dims)
})

var _ = operator("Shape", 1, 1, func(n *node) (function, error) {
	return func(r *run, in []*tensor) (*tensor, error) {
		rank := int64(len(in[0].dims))
		clamp := func(at int64) int64 {
			if at < 0 {
				at += rank
			}
			return min(max(at, 0), rank)
		}
		from, to := clamp(n.int("start", 0)), clamp(n.int("end", rank))
		t, err := r.tensor(int64s, int(max(to-from, 0)))
		if err != nil {
			return nil, err
		}
		for i := range t.i {
			t.i[i] = int64(in[0].dims[int(from)+i])
		}
		return t, nil
	}, nil
})

var _ = operator("Constant", 0, 0, func(n *node) (function, error) {
	var t *tensor
	for name, a := range n.attrs {
		switch name {
		case "value":
			t = a.t
		case "value_float":
			t = &tensor{kind: single, f: []float32{a.f}}
		case "value_floats":
			t = &tensor{kind: single, f: a.floats, dims: []int{len(a.floats)}}
		case "value_int":
			t = &tensor{kind: int64s, i: []int64{a.i}}
		case "value_ints":
			t = &tensor{kind: int64s, i: a.ints, dims: []int{len(a.ints)}}
		case "value_string":
			t = &tensor{kind: text, s: []string{a.s}}
		case "value_strings":
			t = &tensor{kind: text, s: a.strings, dims: []int{len(a.strings)}}
		}
	}
	if t == nil {
		return nil, errors.New("it has no value")
	}
	return func(*run, []*tensor) (*tensor, error) { return t, nil }, nil
})

var _ = operator("ConstantOfShape", 1, 1, func(n *node) (function, error) {
	value := n.attr("value").t
	if value == nil {
		value = &tensor{kind: single, f: []float32{0}}
	}
	if value.len() != 1 {
		return nil, errors.New("its value is not one")
	}
	return func(r *run, in []*tensor) (*tensor, error) {
		want, err := in[0].ints()
		if err != nil {
			return nil, err
		}
		dims := make([]int, min(len(want), maxRank+1))
		for i := range dims {
			if want[i] > math.MaxInt32 {
				return nil, errMemory
			}
			dims[i] = int(want[i])
		}
		var zero [maxRank + 1]int
		if len(dims) > maxRank || slices.Min(append(dims, 0)) < 0 {
			return nil, fmt.Errorf("there is no shape %v", want)
		}
		return strided(r, value, 0, dims, zero[:len(dims)])
	}, nil
})

var _ = plain("Tile", 2, 2, func(r *run, in []*tensor) (*tensor, error) {
	repeats, err := in[1].ints()
	if err != nil || len(repeats) != len(in[0].dims) || 2*len(repeats) > maxRank {
		return nil, errors.Join(err, fmt.Errorf("its repeats %v do not fit the shape %v", repeats, in[0].dims))
	}
	// Each dimension is made of two: the repeats, which have no stride, and itself.
	var dims, strides [maxRank]int
	own := stridesOf(in[0].dims)
	out := make([]int, len(repeats))
	for i, n := range repeats {
		if n < 0 || n > math.MaxInt32 {
			return nil, errMemory
		}
		dims[2*i], dims[2*i+1], strides[2*i+1] = int(n), in[0].dims[i], own[i]
		out[i] = int(n) * in[0].dims[i]
	}
	t, err := strided(r, in[0], 0, dims[:2*len(out)], strides[:2*len(out)])
	if err != nil {
		return nil, err
	}
	return r.view(t, out...)
})
