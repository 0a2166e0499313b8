package onnx

import "fmt"

// linear is the weights of LinearRegressor and LinearClassifier: a row of inputs for each output.
type linear struct {
	weights    *tensor
	intercepts []float32
	outputs    int
}

func linearOf(n *node, outputs int) (*linear, error) {
	w, b := n.attr("coefficients").floats, n.attr("intercepts").floats
	if outputs <= 0 || len(w)%outputs != 0 || len(b) != 0 && len(b) != outputs {
		return nil, fmt.Errorf("it has %d coefficients and %d intercepts for %d outputs", len(w), len(b), outputs)
	}
	return &linear{weights: &tensor{kind: single, f: w, dims: []int{outputs, len(w) / outputs}}, intercepts: b, outputs: outputs}, nil
}

// scores are intercepts + x · weights.
func (l *linear) scores(r *run, x *tensor) (*tensor, error) {
	x, err := cast(r, x, single)
	if err != nil {
		return nil, err
	}
	rows, cols := x.matrix()
	if cols != l.weights.dims[1] {
		return nil, fmt.Errorf("it has %d coefficients for %d columns", l.weights.dims[1], cols)
	}
	t, err := r.tensor(single, rows, l.outputs)
	if err != nil {
		return nil, err
	}
	for i := range t.f {
		if t.f[i] = 0; l.intercepts != nil {
			t.f[i] = l.intercepts[i%l.outputs]
		}
	}
	return t, multiply(r, t, x, l.weights, factors{rows: rows, inner: cols, cols: l.outputs, alpha: 1, turnY: true})
}

var _ = operator("ai.onnx.ml.LinearRegressor", 1, 1, func(n *node) (function, error) {
	l, err := linearOf(n, int(n.int("targets", 1)))
	if err != nil {
		return nil, err
	}
	after, err := transformOf(n)
	return func(r *run, in []*tensor) (*tensor, error) {
		t, err := l.scores(r, in[0])
		if err == nil && after != nil {
			rows(t.f, t.f, l.outputs, after)
		}
		return t, err
	}, err
})

var _ = register("ai.onnx.ml.LinearClassifier", schema{1, 1, 2, func(n *node) (kernel, error) {
	c, err := classifierOf(n)
	if err != nil {
		return nil, err
	}
	outputs := c.classes()
	if b := len(n.attr("intercepts").floats); b > 0 {
		outputs = b
	}
	l, err := linearOf(n, outputs)
	return func(r *run, in, out []*tensor) error {
		t, err := l.scores(r, in[0])
		if err != nil {
			return err
		}
		return c.answer(r, t.f, outputs, out)
	}, err
}})
