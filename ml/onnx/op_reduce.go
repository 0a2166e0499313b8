package onnx

import (
	"errors"
	"math"
)

// reduction is what a reducing operator makes of some values; each step takes one of them.
type reduction struct {
	first  float64
	step   func(sum, v float64) float64
	finish func(sum float64, n int) float64
}

var (
	_ = reducing("ReduceSum", reduction{0, plus, nil})
	_ = reducing("ReduceMean", reduction{0, plus, func(sum float64, n int) float64 { return sum / float64(n) }})
	_ = reducing("ReduceMax", reduction{math.Inf(-1), func(a, b float64) float64 { return max(a, b) }, nil})
	_ = reducing("ReduceMin", reduction{math.Inf(1), func(a, b float64) float64 { return min(a, b) }, nil})
	_ = reducing("ReduceProd", reduction{1, func(a, b float64) float64 { return a * b }, nil})
	_ = reducing("ReduceL1", reduction{0, func(a, b float64) float64 { return a + math.Abs(b) }, nil})
	_ = reducing("ReduceL2", reduction{0, squares, func(sum float64, _ int) float64 { return math.Sqrt(sum) }})
	_ = reducing("ReduceSumSquare", reduction{0, squares, nil})
	_ = reducing("ReduceLogSumExp", reduction{math.Inf(-1), logAdd, nil})
)

func plus(a, b float64) float64    { return a + b }
func squares(a, b float64) float64 { return a + b*b }

// logAdd is log(eᵃ + eᵇ) without overflow.
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// reducing registers an operator that makes one value of those along some axes, or of all. Axes are
// an attribute or an input, by the operator and the opset.
func reducing(name string, how reduction) bool {
	return operator(name, 1, 2, func(n *node) (function, error) {
		keep, noop := n.int("keepdims", 1) != 0, n.int("noop_with_empty_axes", 0) != 0
		return func(r *run, in []*tensor) (*tensor, error) {
			x := in[0]
			axes, given, err := axesOf(n, in, len(x.dims))
			if err != nil || !given && noop {
				return x, err
			}
			// The axes that go are moved to the end.
			var stay, go_, kept []int
			for i, d := range x.dims {
				if given && !axes[i] {
					stay, kept = append(stay, i), append(kept, d)
				} else if go_ = append(go_, i); keep {
					kept = append(kept, 1)
				}
			}
			if len(stay) > 0 && len(go_) > 0 && stay[len(stay)-1] > go_[0] {
				if x, err = transpose(r, x, append(stay, go_...)); err != nil {
					return nil, err
				}
			}
			t, err := r.tensor(x.kind, kept...)
			if err != nil {
				return nil, err
			}
			return t, reduce(r, t, x, how)
		}, nil
	})
}

// reduce makes each value of t of as many consecutive ones of x.
func reduce(r *run, t, x *tensor, how reduction) error {
	if t.len() == 0 {
		return nil
	}
	n := x.len() / t.len()
	switch t.kind {
	case single:
		fold(t.f, x.f, n, how)
	case double:
		fold(t.d, x.d, n, how)
	case int64s, int32s:
		fold(t.i, x.i, n, how)
	default:
		return wrong(x)
	}
	return r.spend(2 * float64(x.len()))
}

func fold[T number](dst, src []T, n int, how reduction) {
	for i := range dst {
		sum := how.first
		for _, v := range src[i*n : (i+1)*n] {
			sum = how.step(sum, float64(v))
		}
		if how.finish != nil {
			sum = how.finish(sum, n)
		}
		dst[i] = T(sum)
	}
}

var (
	_ = operator("ArgMax", 1, 1, extreme(func(v, best float64) bool { return v > best }))
	_ = operator("ArgMin", 1, 1, extreme(func(v, best float64) bool { return v < best }))
)

// extreme gives where along an axis the best value is.
func extreme(better func(v, best float64) bool) func(n *node) (function, error) {
	return func(n *node) (function, error) {
		keep, last := n.int("keepdims", 1) != 0, n.int("select_last_index", 0) != 0
		return func(r *run, in []*tensor) (*tensor, error) {
			x, axis, err := axisLast(r, in[0], n.int("axis", 0))
			if err != nil {
				return nil, err
			}
			dims := append([]int(nil), in[0].dims...)
			if dims[axis] = 1; !keep {
				dims = append(dims[:axis], dims[axis+1:]...)
			}
			width := in[0].dims[axis]
			t, err := r.tensor(int64s, dims...)
			if err != nil {
				return nil, err
			}
			if width == 0 && t.len() > 0 {
				return nil, errors.New("there is nothing along its axis")
			}
			if x, err = cast(r, x, double); err != nil {
				return nil, err
			}
			for i := range t.i {
				at := 0
				for j, v := range x.d[i*width : (i+1)*width] {
					if better(v, x.d[i*width+at]) || last && v == x.d[i*width+at] {
						at = j
					}
				}
				t.i[i] = int64(at)
			}
			return t, nil
		}, nil
	}
}

// axisLast swaps an axis with the last.
func axisLast(r *run, t *tensor, axis int64) (*tensor, int, error) {
	at, err := axisOf(axis, len(t.dims))
	if err != nil || at == len(t.dims)-1 {
		return t, at, err
	}
	t, err = transpose(r, t, swapped(len(t.dims), at))
	return t, at, err
}

// swapped is the order of dimensions with one and the last swapped.
func swapped(rank, axis int) []int {
	order := make([]int, rank)
	for i := range order {
		order[i] = i
	}
	order[axis], order[rank-1] = rank-1, axis
	return order
}
