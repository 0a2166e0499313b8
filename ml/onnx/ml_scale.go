package onnx

import (
	"errors"
	"fmt"
	"math"
)

// perColumn is a list with one value for all columns, or one for each.
func perColumn[T any](list []T, cols int) (func(col int) T, error) {
	switch len(list) {
	case cols:
		return func(col int) T { return list[col] }, nil
	case 1:
		return func(int) T { return list[0] }, nil
	}
	return nil, fmt.Errorf("it has %d values for %d columns", len(list), cols)
}

// Scaler answers (x − offset) · scale.
var _ = operator("ai.onnx.ml.Scaler", 1, 1, func(n *node) (function, error) {
	offset, scale := n.attr("offset").floats, n.attr("scale").floats
	return func(r *run, in []*tensor) (*tensor, error) {
		x, err := cast(r, in[0], single)
		if err != nil {
			return nil, err
		}
		_, cols := x.matrix()
		offsetOf, err := perColumn(offset, cols)
		if err != nil {
			return nil, err
		}
		scaleOf, err := perColumn(scale, cols)
		if err != nil {
			return nil, err
		}
		t, err := r.tensor(single, x.dims...)
		if err != nil {
			return nil, err
		}
		for col := range cols {
			offset, scale := offsetOf(col), scaleOf(col)
			for i := col; i < len(x.f); i += cols {
				t.f[i] = (x.f[i] - offset) * scale
			}
		}
		return t, nil
	}, nil
})

// Normalizer divides a row by its norm; a row whose norm is 0 stays as it is.
var _ = operator("ai.onnx.ml.Normalizer", 1, 1, func(n *node) (function, error) {
	norms := map[string]func(row []float32) float32{
		"MAX": func(row []float32) float32 {
			most := float32(math.Inf(-1))
			for _, v := range row {
				most = max(most, v)
			}
			return most
		},
		"L1": func(row []float32) (sum float32) {
			for _, v := range row {
				sum += float32(math.Abs(float64(v)))
			}
			return sum
		},
		"L2": func(row []float32) float32 {
			sum := float32(0)
			for _, v := range row {
				sum += v * v
			}
			return float32(math.Sqrt(float64(sum)))
		},
	}
	norm := norms[n.str("norm", "MAX")]
	if norm == nil {
		return nil, fmt.Errorf("there is no norm %q", n.str("norm", ""))
	}
	return func(r *run, in []*tensor) (*tensor, error) {
		x, err := cast(r, in[0], single)
		if err != nil {
			return nil, err
		}
		t, err := r.tensor(single, x.dims...)
		if err != nil {
			return nil, err
		}
		_, cols := x.matrix()
		rows(t.f, x.f, cols, func(row []float32) {
			if by := norm(row); by != 0 {
				for i := range row {
					row[i] /= by
				}
			}
		})
		return t, nil
	}, nil
})

// Imputer puts a value for each column where one stands for what is missing.
var _ = operator("ai.onnx.ml.Imputer", 1, 1, func(n *node) (function, error) {
	floats, ints := n.attr("imputed_value_floats").floats, n.attr("imputed_value_int64s").ints
	gap, gapInt := n.float("replaced_value_float", 0), n.int("replaced_value_int64", 0)
	return func(r *run, in []*tensor) (*tensor, error) {
		x := in[0]
		t, err := r.tensor(x.kind, x.dims...)
		if err != nil {
			return nil, err
		}
		_, cols := x.matrix()
		switch x.kind {
		case single:
			return t, impute(t.f, x.f, cols, floats, func(v float32) bool { return v == gap || v != v && gap != gap })
		case double:
			doubles := make([]float64, len(floats))
			for i, v := range floats {
				doubles[i] = float64(v)
			}
			return t, impute(t.d, x.d, cols, doubles, func(v float64) bool { return v == float64(gap) || v != v && gap != gap })
		case int64s:
			return t, impute(t.i, x.i, cols, ints, func(v int64) bool { return v == gapInt })
		}
		return nil, wrong(x)
	}, nil
})

func impute[T any](dst, src []T, cols int, by []T, missing func(T) bool) error {
	of, err := perColumn(by, cols)
	if err != nil {
		return err
	}
	copy(dst, src)
	for col := range cols {
		v := of(col)
		for i := col; i < len(dst); i += cols {
			if missing(dst[i]) {
				dst[i] = v
			}
		}
	}
	return nil
}

// Binarizer says with 1 that a value is above the threshold.
var _ = operator("ai.onnx.ml.Binarizer", 1, 1, func(n *node) (function, error) {
	threshold := float64(n.float("threshold", 0))
	return func(r *run, in []*tensor) (*tensor, error) {
		above := func(v float64) float64 { return float64(truth(v > threshold)) }
		return mapped(r, in[0], above, func(v int64) int64 { return truth(float64(v) > threshold) })
	}, nil
})

// FeatureVectorizer puts the columns of its inputs beside each other.
var _ = plain("ai.onnx.ml.FeatureVectorizer", 1, many, func(r *run, in []*tensor) (*tensor, error) {
	parts := make([]*tensor, len(in))
	for i, t := range in {
		if len(t.dims) == 0 || t.kind == text {
			return nil, errors.New("its inputs are no rows of numbers")
		}
		var err error
		if parts[i], err = cast(r, t, single); err != nil {
			return nil, err
		}
		if t.len() > 0 {
			if parts[i], err = r.view(parts[i], t.dims[0], t.len()/t.dims[0]); err != nil {
				return nil, err
			}
		}
	}
	return concat(r, parts, 1)
})
