package onnx

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// TopK gives the largest or least values along an axis, in their order, and where they stand. Of
// equal ones the first comes first.
var _ = register("TopK", schema{2, 2, 2, func(n *node) (kernel, error) {
	largest := n.int("largest", 1) != 0
	return func(r *run, in, out []*tensor) error {
		k, err := in[1].ints()
		if err != nil {
			return err
		}
		x, axis, err := axisLast(r, in[0], n.int("axis", -1))
		if err != nil {
			return err
		}
		width := x.dims[len(x.dims)-1]
		if len(k) != 1 || k[0] < 0 || k[0] > int64(width) {
			return fmt.Errorf("it is to give %v of %d values", k, width)
		}
		places, err := top(r, x, int(k[0]), largest)
		if err != nil {
			return err
		}
		values, err := gatherElements(r, x, places, len(x.dims)-1)
		if err != nil {
			return err
		}
		for i, t := range []*tensor{values, places}[:len(out)] {
			if out[i] = t; axis != len(t.dims)-1 {
				if out[i], err = transpose(r, t, swapped(len(t.dims), axis)); err != nil {
					return err
				}
			}
		}
		return nil
	}, nil
}})

// top is where the first k values along the last axis stand.
func top(r *run, x *tensor, k int, largest bool) (*tensor, error) {
	numbers, err := cast(r, x, double)
	if err != nil {
		return nil, err
	}
	width := x.dims[len(x.dims)-1]
	var shape [maxRank]int
	dims := shape[:copy(shape[:], x.dims)]
	dims[len(dims)-1] = k
	t, err := r.tensor(int64s, dims...)
	if err != nil || t.len() == 0 {
		return t, err
	}
	if err := r.spend(100 * float64(x.len())); err != nil {
		return nil, err
	}
	order := r.i.take(width)
	for row := range t.len() / k {
		values := numbers.d[row*width : (row+1)*width]
		for i := range order {
			order[i] = int64(i)
		}
		slices.SortStableFunc(order, func(a, b int64) int {
			if largest {
				a, b = b, a
			}
			return cmp.Compare(values[a], values[b])
		})
		copy(t.i[row*k:(row+1)*k], order)
	}
	return t, nil
}

var _ = operator("GatherElements", 2, 2, func(n *node) (function, error) {
	return func(r *run, in []*tensor) (*tensor, error) {
		axis, err := axisOf(n.int("axis", 0), len(in[0].dims))
		if err != nil {
			return nil, err
		}
		return gatherElements(r, in[0], in[1], axis)
	}, nil
})

// gatherElements takes for each index the value that stands in its place but for the axis, which the
// index gives.
func gatherElements(r *run, x, indexes *tensor, axis int) (*tensor, error) {
	index, err := indexes.ints()
	if err != nil {
		return nil, err
	}
	if len(indexes.dims) != len(x.dims) {
		return nil, errors.New("its inputs are not of as many dimensions")
	}
	for i, d := range indexes.dims {
		if i != axis && d > x.dims[i] {
			return nil, fmt.Errorf("its inputs have the shapes %v and %v", x.dims, indexes.dims)
		}
	}
	t, err := r.tensor(x.kind, indexes.dims...)
	if err != nil {
		return nil, err
	}
	strides, d := stridesOf(x.dims), int64(x.dims[axis])
	for i, at := range index {
		at, err := r.position(at, d)
		if err != nil {
			return nil, err
		}
		from, rest := int(at)*strides[axis], i
		for j := len(indexes.dims) - 1; j >= 0; j-- {
			if j != axis {
				from += rest % indexes.dims[j] * strides[j]
			}
			rest /= indexes.dims[j]
		}
		move(t, i, x, from, 1)
	}
	return t, r.spend(20 * float64(len(index)))
}

var _ = operator("CumSum", 2, 2, func(n *node) (function, error) {
	exclusive, reverse := n.int("exclusive", 0) != 0, n.int("reverse", 0) != 0
	return func(r *run, in []*tensor) (*tensor, error) {
		along, err := in[1].ints()
		if err != nil || len(along) != 1 {
			return nil, errors.Join(err, errors.New("it has no axis"))
		}
		x, axis, err := axisLast(r, in[0], along[0])
		if err != nil {
			return nil, err
		}
		t, err := r.tensor(x.kind, x.dims...)
		if err != nil {
			return nil, err
		}
		width := x.dims[len(x.dims)-1]
		switch t.kind {
		case single:
			rows(t.f, x.f, width, func(row []float32) { accumulate(row, exclusive, reverse) })
		case double:
			rows(t.d, x.d, width, func(row []float64) { accumulate(row, exclusive, reverse) })
		case int64s:
			rows(t.i, x.i, width, func(row []int64) { accumulate(row, exclusive, reverse) })
		default:
			return nil, wrong(t)
		}
		if axis != len(t.dims)-1 {
			return transpose(r, t, swapped(len(t.dims), axis))
		}
		return t, nil
	}, nil
})

// accumulate makes of values the sums of them and those before, or only of those before.
func accumulate[T number](row []T, exclusive, reverse bool) {
	if reverse {
		slices.Reverse(row)
		defer slices.Reverse(row)
	}
	sum := T(0)
	for i, v := range row {
		if row[i] = sum + v; exclusive {
			row[i] = sum
		}
		sum += v
	}
}
