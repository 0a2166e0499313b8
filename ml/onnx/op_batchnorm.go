package onnx

import (
	"errors"
	"fmt"
	"math"
)

// BatchNormalization answers (x − mean) / √(variance + epsilon) · scale + bias, of each column.
var _ = operator("BatchNormalization", 5, 5, func(n *node) (function, error) {
	if n.int("training_mode", 0) != 0 {
		return nil, errors.New("it is in training mode")
	}
	epsilon := float64(n.float("epsilon", 1e-5))
	return func(r *run, in []*tensor) (*tensor, error) {
		x, cols := in[0], 0
		if len(x.dims) == 2 {
			cols = x.dims[1]
		}
		parts := [4]*tensor{} // scale, bias, mean, variance
		for i := range parts {
			var err error
			if parts[i], err = cast(r, in[i+1], double); err != nil {
				return nil, err
			}
			if parts[i].len() != cols {
				return nil, fmt.Errorf("its inputs have the shapes %v and %v", x.dims, parts[i].dims)
			}
		}
		t, err := r.tensor(x.kind, x.dims...)
		if err != nil {
			return nil, err
		}
		for i := range t.len() {
			col := i % cols
			by := parts[0].d[col] / math.Sqrt(parts[3].d[col]+epsilon)
			switch t.kind {
			case single:
				t.f[i] = float32((float64(x.f[i])-parts[2].d[col])*by + parts[1].d[col])
			case double:
				t.d[i] = (x.d[i]-parts[2].d[col])*by + parts[1].d[col]
			default:
				return nil, wrong(x)
			}
		}
		return t, r.spend(10 * float64(t.len()))
	}, nil
})
