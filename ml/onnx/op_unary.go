package onnx

import "math"

var (
	_ = unary("Sigmoid", func(v float64) float64 { return 1 / (1 + math.Exp(-v)) })
	_ = unary("Tanh", math.Tanh)
	_ = unary("Exp", math.Exp)
	_ = unary("Log", math.Log)
	_ = unary("Sqrt", math.Sqrt)
	_ = unary("Reciprocal", func(v float64) float64 { return 1 / v })
	_ = unary("Floor", math.Floor)
	_ = unary("Ceil", math.Ceil)
	_ = unary("Round", math.RoundToEven)
	_ = unary("Erf", math.Erf)
	_ = unary("Softplus", softplus)
	_ = unary("Softsign", func(v float64) float64 { return v / (1 + math.Abs(v)) })
	_ = unary("Sin", math.Sin)
	_ = unary("Cos", math.Cos)
)

// unary registers a function of real numbers, computed in float64.
func unary(name string, f func(float64) float64) bool {
	return plain(name, 1, 1, func(r *run, in []*tensor) (*tensor, error) { return mapped(r, in[0], f, nil) })
}

// mapped applies f to reals, and integer to integers; nil: it does not take them.
func mapped(r *run, x *tensor, f func(float64) float64, integer func(int64) int64) (*tensor, error) {
	t, err := r.tensor(x.kind, x.dims...)
	if err != nil {
		return nil, err
	}
	if err := r.spend(8 * float64(x.len())); err != nil {
		return nil, err
	}
	switch {
	case x.kind == single:
		for i, v := range x.f {
			t.f[i] = float32(f(float64(v)))
		}
	case x.kind == double:
		for i, v := range x.d {
			t.d[i] = f(v)
		}
	case x.kind.integer() && integer != nil:
		for i, v := range x.i {
			t.i[i] = x.kind.wrap(integer(v))
		}
	default:
		return nil, wrong(x)
	}
	return t, nil
}

// softplus is log(1 + eˣ) without overflow.
func softplus(v float64) float64 { return max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))) }

var _ = plain("Abs", 1, 1, func(r *run, in []*tensor) (*tensor, error) {
	return mapped(r, in[0], math.Abs, func(v int64) int64 { return max(v, -v) })
})

var _ = plain("Neg", 1, 1, func(r *run, in []*tensor) (*tensor, error) {
	return mapped(r, in[0], func(v float64) float64 { return -v }, func(v int64) int64 { return -v })
})

var _ = plain("Sign", 1, 1, func(r *run, in []*tensor) (*tensor, error) {
	return mapped(r, in[0], func(v float64) float64 {
		if v > 0 {
			return 1
		} else if v < 0 {
			return -1
		}
		return v
	}, func(v int64) int64 { return truth(v > 0) - truth(v < 0) })
})

var _ = plain("Relu", 1, 1, func(r *run, in []*tensor) (*tensor, error) {
	x := in[0]
	if x.kind != single {
		return mapped(r, x, func(v float64) float64 { return max(v, 0) }, func(v int64) int64 { return max(v, 0) })
	}
	t, err := r.tensor(single, x.dims...)
	if err != nil {
		return nil, err
	}
	for i, v := range x.f {
		t.f[i] = max(v, 0)
	}
	return t, nil
})

var _ = operator("LeakyRelu", 1, 1, sloped(func(v, alpha float64) float64 { return alpha * v }, 0.01))
var _ = operator("Elu", 1, 1, sloped(func(v, alpha float64) float64 { return alpha * math.Expm1(v) }, 1))

// sloped is the identity above 0 and another function, with an attribute alpha, below.
func sloped(below func(v, alpha float64) float64, alpha float32) func(*node) (function, error) {
	return func(n *node) (function, error) {
		alpha := float64(n.float("alpha", alpha))
		return func(r *run, in []*tensor) (*tensor, error) {
			return mapped(r, in[0], func(v float64) float64 {
				if v < 0 {
					return below(v, alpha)
				}
				return v
			}, nil)
		}, nil
	}
}

// Clip's bounds are attributes before opset 11, inputs since.
var _ = operator("Clip", 1, 3, func(n *node) (function, error) {
	low, high := n.float("min", -math.MaxFloat32), n.float("max", math.MaxFloat32)
	attributes := n.has("min") || n.has("max")
	return func(r *run, in []*tensor) (*tensor, error) {
		t := in[0]
		if attributes {
			return mapped(r, t, func(v float64) float64 { return min(max(v, float64(low)), float64(high)) }, nil)
		}
		var err error
		for i, op := range []arith{most, least} {
			if i+1 < len(in) && in[i+1] != nil && err == nil {
				t, err = arithmetic(r, op, t, in[i+1])
			}
		}
		return t, err
	}, nil
})
