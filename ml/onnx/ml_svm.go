package onnx

import (
	"fmt"
	"math"
)

// svmKernel is a function of two rows of one length.
type svmKernel func(a, b []float32) float64

// svmKernelOf is the kernel of a name, with a node's parameters.
func svmKernelOf(n *node, name string) (svmKernel, error) {
	params := n.attr("kernel_params").floats
	if name != "LINEAR" && len(params) != 3 {
		return nil, fmt.Errorf("its kernel has %d parameters", len(params))
	}
	var gamma, coef0, degree float64
	if len(params) == 3 {
		gamma, coef0, degree = float64(params[0]), float64(params[1]), float64(params[2])
	}
	switch name {
	case "LINEAR":
		return inner, nil
	case "POLY":
		return func(a, b []float32) float64 { return math.Pow(gamma*inner(a, b)+coef0, degree) }, nil
	case "SIGMOID":
		return func(a, b []float32) float64 { return math.Tanh(gamma*inner(a, b) + coef0) }, nil
	case "RBF":
		return func(a, b []float32) float64 {
			sum := 0.0
			for i, v := range a {
				d := float64(v) - float64(b[i])
				sum += d * d
			}
			return math.Exp(-gamma * sum)
		}, nil
	}
	return nil, fmt.Errorf("there is no kernel %q", name)
}

func inner(a, b []float32) (sum float64) {
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// SVMRegressor sums the kernels of a row with the support vectors; without any its coefficients
// are those of a linear model.
var _ = operator("ai.onnx.ml.SVMRegressor", 1, 1, func(n *node) (function, error) {
	name := n.str("kernel_type", "LINEAR")
	vectors, weights, rho := n.attr("support_vectors").floats, n.attr("coefficients").floats, n.attr("rho").floats
	count, oneClass := int(n.int("n_supports", 0)), n.int("one_class", 0) != 0
	if count == 0 {
		count, vectors, weights, name = 1, weights, []float32{1}, "LINEAR"
	}
	kernel, err := svmKernelOf(n, name)
	if err != nil {
		return nil, err
	}
	if count < 0 || len(weights) != count || len(rho) != 1 || len(vectors)%count != 0 {
		return nil, fmt.Errorf("its kernel is %q, with %d vectors, %d coefficients and %d values of rho", name, count, len(weights), len(rho))
	}
	after, err := transformOf(n)
	cols := len(vectors) / count
	return func(r *run, in []*tensor) (*tensor, error) {
		x, err := cast(r, in[0], single)
		if err != nil {
			return nil, err
		}
		rows, have := x.matrix()
		if have != cols {
			return nil, fmt.Errorf("its vectors have %d values for %d columns", cols, have)
		}
		t, err := r.tensor(single, rows, 1)
		if err != nil {
			return nil, err
		}
		if err := r.spend(float64(rows) * float64(len(vectors)+20*count)); err != nil {
			return nil, err
		}
		for row := range rows {
			sum := float64(rho[0])
			for i, w := range weights {
				sum += float64(w) * kernel(x.f[row*cols:(row+1)*cols], vectors[i*cols:])
			}
			if oneClass {
				sum = float64(2*truth(sum > 0) - 1)
			}
			if t.f[row] = float32(sum); after != nil {
				after(t.f[row : row+1])
			}
		}
		return t, nil
	}, err
})
