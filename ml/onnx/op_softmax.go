package onnx

import "math"

var (
	_ = operator("Softmax", 1, 1, normalizing(softmax[float32], softmax[float64]))
	_ = operator("LogSoftmax", 1, 1, normalizing(logSoftmax[float32], logSoftmax[float64]))
)

// normalizing is a function of the values along an axis. Before opset 13 all axes behind it go along.
func normalizing(ofSingle func([]float32), ofDouble func([]float64)) func(n *node) (function, error) {
	return func(n *node) (function, error) {
		return func(r *run, in []*tensor) (*tensor, error) {
			axis := n.int("axis", -1)
			if n.opset < 13 {
				axis = n.int("axis", 1)
			}
			x, at, err := axisLast(r, in[0], axis)
			if err != nil {
				return nil, err
			}
			width := in[0].dims[at]
			if n.opset < 13 {
				x, width = in[0], product(in[0].dims[at:])
			}
			t, err := r.tensor(x.kind, x.dims...)
			if err != nil {
				return nil, err
			}
			if err := r.spend(10 * float64(t.len())); err != nil || t.len() == 0 {
				return t, err
			}
			switch t.kind {
			case single:
				rows(t.f, x.f, width, ofSingle)
			case double:
				rows(t.d, x.d, width, ofDouble)
			default:
				return nil, wrong(t)
			}
			if n.opset >= 13 && at != len(t.dims)-1 {
				return transpose(r, t, swapped(len(t.dims), at))
			}
			return t, nil
		}, nil
	}
}

func rows[T any](dst, src []T, width int, f func([]T)) {
	copy(dst, src)
	for ; len(dst) > 0; dst = dst[width:] {
		f(dst[:width])
	}
}

// softmax subtracts the largest value first, so that none overflows.
func softmax[T float32 | float64](x []T) {
	most, sum := T(math.Inf(-1)), T(0)
	for _, v := range x {
		most = max(most, v)
	}
	for i, v := range x {
		x[i] = T(math.Exp(float64(v - most)))
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}

func logSoftmax[T float32 | float64](x []T) {
	most, sum := math.Inf(-1), 0.0
	for _, v := range x {
		most = max(most, float64(v))
	}
	for _, v := range x {
		sum += math.Exp(float64(v) - most)
	}
	for i, v := range x {
		x[i] = T(float64(v) - most - math.Log(sum))
	}
}
