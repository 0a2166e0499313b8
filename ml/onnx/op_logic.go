package onnx

import "cmp"

var (
	_ = plain("Equal", 2, 2, comparison(func(c int) bool { return c == 0 }))
	_ = plain("Less", 2, 2, comparison(func(c int) bool { return c == -1 }))
	_ = plain("LessOrEqual", 2, 2, comparison(func(c int) bool { return c == -1 || c == 0 }))
	_ = plain("Greater", 2, 2, comparison(func(c int) bool { return c == 1 }))
	_ = plain("GreaterOrEqual", 2, 2, comparison(func(c int) bool { return c == 1 || c == 0 }))
)

// unordered is the comparison of a NaN with anything.
const unordered = 2

// judged is a tensor of truths about pairs of values, and the two that have them.
func judged(r *run, in []*tensor) (t, x, y *tensor, err error) {
	if x, y, err = aligned(r, in[0], in[1]); err == nil {
		t, err = r.tensor(boolean, x.dims...)
	}
	return t, x, y, err
}

// comparison is an operator that is true of some of -1, 0, 1 and unordered.
func comparison(of func(c int) bool) function {
	return func(r *run, in []*tensor) (*tensor, error) {
		if err := same(in); err != nil {
			return nil, err
		}
		t, x, y, err := judged(r, in)
		if err != nil {
			return nil, err
		}
		switch x.kind {
		case single:
			compare(t.b, x.f, y.f, of)
		case double:
			compare(t.b, x.d, y.d, of)
		case text:
			compare(t.b, x.s, y.s, of)
		case boolean:
			for i, v := range x.b {
				t.b[i] = of(cmp.Compare(truth(v), truth(y.b[i])))
			}
		default:
			compare(t.b, x.i, y.i, of)
		}
		return t, nil
	}
}

func compare[T cmp.Ordered](dst []bool, x, y []T, of func(c int) bool) {
	for i, v := range x {
		switch w := y[i]; {
		case v < w:
			dst[i] = of(-1)
		case v > w:
			dst[i] = of(1)
		case v == w:
			dst[i] = of(0)
		default:
			dst[i] = of(unordered)
		}
	}
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

var (
	_ = plain("And", 2, 2, logical(func(a, b bool) bool { return a && b }))
	_ = plain("Or", 2, 2, logical(func(a, b bool) bool { return a || b }))
	_ = plain("Xor", 2, 2, logical(func(a, b bool) bool { return a != b }))
)

func logical(of func(a, b bool) bool) function {
	return func(r *run, in []*tensor) (*tensor, error) {
		if in[0].kind != boolean || in[1].kind != boolean {
			return nil, same([]*tensor{{kind: boolean}, in[0], in[1]})
		}
		t, x, y, err := judged(r, in)
		if err != nil {
			return nil, err
		}
		for i, v := range x.b {
			t.b[i] = of(v, y.b[i])
		}
		return t, nil
	}
}

var _ = plain("Not", 1, 1, func(r *run, in []*tensor) (*tensor, error) {
	if in[0].kind != boolean {
		return nil, wrong(in[0])
	}
	t, err := r.tensor(boolean, in[0].dims...)
	if err != nil {
		return nil, err
	}
	for i, v := range in[0].b {
		t.b[i] = !v
	}
	return t, nil
})

var _ = plain("IsNaN", 1, 1, func(r *run, in []*tensor) (*tensor, error) {
	t, err := r.tensor(boolean, in[0].dims...)
	if err != nil {
		return nil, err
	}
	switch in[0].kind {
	case single:
		for i, v := range in[0].f {
			t.b[i] = v != v
		}
	case double:
		for i, v := range in[0].d {
			t.b[i] = v != v
		}
	default:
		return nil, wrong(in[0])
	}
	return t, nil
})

var _ = plain("Where", 3, 3, func(r *run, in []*tensor) (*tensor, error) {
	if in[0].kind != boolean {
		return nil, wrong(in[0])
	}
	if err := same(in[1:]); err != nil {
		return nil, err
	}
	x, y, err := aligned(r, in[1], in[2])
	if err != nil {
		return nil, err
	}
	c, x, err := aligned(r, in[0], x)
	if err != nil {
		return nil, err
	}
	if y, err = expand(r, y, x.dims); err != nil {
		return nil, err
	}
	t, err := r.tensor(x.kind, x.dims...)
	if err != nil {
		return nil, err
	}
	switch t.kind {
	case single:
		choose(t.f, c.b, x.f, y.f)
	case double:
		choose(t.d, c.b, x.d, y.d)
	case boolean:
		choose(t.b, c.b, x.b, y.b)
	case text:
		choose(t.s, c.b, x.s, y.s)
	default:
		choose(t.i, c.b, x.i, y.i)
	}
	return t, nil
})

func choose[T any](dst []T, c []bool, x, y []T) {
	for i, yes := range c {
		if yes {
			dst[i] = x[i]
		} else {
			dst[i] = y[i]
		}
	}
}
