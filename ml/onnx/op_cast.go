package onnx

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

var _ = operator("Cast", 1, 1, func(n *node) (function, error) {
	to := kindOf(n.int("to", 0))
	if to == 0 {
		return nil, fmt.Errorf("tensors of %s are not supported", kindName(n.int("to", 0)))
	}
	return func(r *run, in []*tensor) (*tensor, error) { return cast(r, in[0], to) }, nil
})

// cast is a tensor's values in another kind.
func cast(r *run, x *tensor, to kind) (*tensor, error) {
	if x.kind == to {
		return x, nil
	}
	t, err := r.tensor(to, x.dims...)
	if err != nil {
		return nil, err
	}
	switch {
	case x.kind == text:
		return t, parse(r, t, x.s)
	case to == text:
		return t, print(r, t, x)
	case x.kind == single:
		convert(t, x.f)
	case x.kind == double:
		convert(t, x.d)
	case x.kind == boolean:
		for i, v := range x.b {
			t.set(i, float64(truth(v)))
		}
	default:
		convert(t, x.i)
	}
	return t, nil
}

func convert[T number](t *tensor, from []T) {
	switch t.kind {
	case single:
		for i, v := range from {
			t.f[i] = float32(v)
		}
	case double:
		for i, v := range from {
			t.d[i] = float64(v)
		}
	case boolean:
		for i, v := range from {
			t.b[i] = v != 0
		}
	default:
		for i, v := range from {
			t.i[i] = t.kind.wrap(whole(v))
		}
	}
}

// whole cuts off what comes behind the point. What no int64 is, becomes the least one.
func whole[T number](v T) int64 {
	if f := float64(v); f != f || f >= 1<<63 || f < -1<<63 {
		if i, is := any(v).(int64); is {
			return i
		}
		return math.MinInt64
	}
	return int64(v)
}

// set sets a value from a number.
func (t *tensor) set(i int, v float64) {
	switch t.kind {
	case single:
		t.f[i] = float32(v)
	case double:
		t.d[i] = v
	case boolean:
		t.b[i] = v != 0
	default:
		t.i[i] = t.kind.wrap(whole(v))
	}
}

// parse reads numbers from texts.
func parse(r *run, t *tensor, from []string) error {
	for i, s := range from {
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil && !r.probe {
			return fmt.Errorf("%q is no number", s)
		}
		if t.set(i, v); t.kind.integer() {
			if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
				t.i[i] = t.kind.wrap(whole)
			}
		}
	}
	return r.spend(50 * float64(len(from)))
}

// print writes numbers as texts.
func print(r *run, t, x *tensor) error {
	for i := range t.s {
		switch x.kind {
		case single:
			t.s[i] = strconv.FormatFloat(float64(x.f[i]), 'g', -1, 32)
		case double:
			t.s[i] = strconv.FormatFloat(x.d[i], 'g', -1, 64)
		case boolean:
			t.s[i] = strconv.FormatInt(truth(x.b[i]), 10)
		default:
			t.s[i] = strconv.FormatInt(x.i[i], 10)
		}
	}
	return r.spend(100 * float64(len(t.s)))
}
