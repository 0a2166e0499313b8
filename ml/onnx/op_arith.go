package onnx

import (
	"errors"
	"math"
)

// arith is an operation on two numbers.
type arith uint8

const (
	add arith = iota
	sub
	mul
	div
	pow
	most
	least
)

var (
	_ = operator("Add", 2, 2, pairwise(add))
	_ = operator("Sub", 2, 2, pairwise(sub))
	_ = operator("Mul", 2, 2, pairwise(mul))
	_ = operator("Div", 2, 2, pairwise(div))
	_ = operator("Max", 1, many, pairwise(most))
	_ = operator("Min", 1, many, pairwise(least))
	_ = operator("Sum", 1, many, pairwise(add))
)

// pairwise is an operator over two inputs, or over more, from the left.
func pairwise(op arith) func(*node) (function, error) {
	return func(*node) (function, error) {
		return func(r *run, in []*tensor) (*tensor, error) {
			t := in[0]
			for _, more := range in[1:] {
				var err error
				if t, err = arithmetic(r, op, t, more); err != nil {
					return nil, err
				}
			}
			return t, nil
		}, nil
	}
}

var _ = plain("Mean", 1, many, func(r *run, in []*tensor) (*tensor, error) {
	t := in[0]
	var err error
	for _, more := range in[1:] {
		if t, err = arithmetic(r, add, t, more); err != nil {
			return nil, err
		}
	}
	n := tensor{kind: t.kind, f: []float32{float32(len(in))}, d: []float64{float64(len(in))}, i: []int64{int64(len(in))}}
	return arithmetic(r, div, t, &n)
})

// The exponent may be of another kind than the base.
var _ = plain("Pow", 2, 2, func(r *run, in []*tensor) (*tensor, error) {
	exponent, err := cast(r, in[1], in[0].kind)
	if err != nil {
		return nil, err
	}
	return arithmetic(r, pow, in[0], exponent)
})

// arithmetic computes value by value, with numpy's rules of shapes.
func arithmetic(r *run, op arith, x, y *tensor) (*tensor, error) {
	if err := same([]*tensor{x, y}); err != nil {
		return nil, err
	}
	if !repeats(x.dims, y.dims) {
		var err error
		if x, y, err = aligned(r, x, y); err != nil {
			return nil, err
		}
	}
	t, err := r.tensor(x.kind, x.dims...)
	if err != nil {
		return nil, err
	}
	switch t.kind {
	case single:
		compute(op, t.f, x.f, y.f)
	case double:
		compute(op, t.d, x.d, y.d)
	case int64s, int32s:
		err = computeIntegers(r, op, t, x.i, y.i)
	default:
		err = wrong(t)
	}
	return t, err
}

// repeats says whether values of shape y, again and again, make the shape x.
func repeats(x, y []int) bool {
	if len(y) > len(x) {
		return false
	}
	for len(y) > 0 && y[0] == 1 {
		y = y[1:]
	}
	if product(y) < 2 && product(x) != product(y) {
		return false
	}
	for i := range y {
		if y[len(y)-1-i] != x[len(x)-1-i] {
			return false
		}
	}
	return true
}

// compute computes dst from x and from y, which is repeated when it is shorter.
func compute[T float32 | float64](op arith, dst, x, y []T) {
	for ; len(dst) > 0; dst, x = dst[len(y):], x[len(y):] {
		dst, x := dst[:len(y)], x[:len(y)]
		switch op {
		case add:
			for i, v := range y {
				dst[i] = x[i] + v
			}
		case sub:
			for i, v := range y {
				dst[i] = x[i] - v
			}
		case mul:
			for i, v := range y {
				dst[i] = x[i] * v
			}
		case div:
			for i, v := range y {
				dst[i] = x[i] / v
			}
		case pow:
			for i, v := range y {
				dst[i] = T(math.Pow(float64(x[i]), float64(v)))
			}
		case most:
			for i, v := range y {
				dst[i] = max(x[i], v)
			}
		case least:
			for i, v := range y {
				dst[i] = min(x[i], v)
			}
		}
	}
}

var errZero = errors.New("division by zero")

func computeIntegers(r *run, op arith, t *tensor, x, y []int64) error {
	for i, a := range x {
		b, v := y[i%len(y)], int64(0)
		switch op {
		case add:
			v = a + b
		case sub:
			v = a - b
		case mul:
			v = a * b
		case div:
			if b != 0 {
				v = a / b
			} else if !r.probe {
				return errZero
			}
		case pow:
			v = int64(math.Pow(float64(a), float64(b)))
		case most:
			v = max(a, b)
		case least:
			v = min(a, b)
		}
		t.i[i] = t.kind.wrap(v)
	}
	return nil
}
