package onnx

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/ml"
)

// Bytes of any kind.
func FuzzOpen(f *testing.F) {
	seeds, err := filepath.Glob("testdata/golden/*/model.onnx")
	if err != nil || len(seeds) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, seed := range seeds {
		file, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { ask(t, file) })
}

// Graphs of operators with inputs and attributes at random: each byte is a choice.
func FuzzGraph(f *testing.F) {
	names := slices.Sorted(maps.Keys(operators))
	for i := range names {
		f.Add([]byte{byte(i), 1, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9})
		f.Add([]byte{byte(i), 2, 0, 4, 3, 1, 1, 9, 0, 12, 2, 7, byte(i), 1, 8, 2})
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		ask(t, randomGraph(names, choices).file())
	})
}

// attributes are names of attributes that operators look at, with lists as tests choose them.
var attributes = []string{"axis", "axes", "keepdims", "perm", "to", "starts", "ends", "split", "value", "alpha", "min", "transA", "transB",
	"offset", "scale", "norm", "imputed_value_floats", "threshold", "cats_int64s", "cats_strings", "zeros", "keys_int64s", "values_floats",
	"keys_strings", "values_strings", "values_int64s", "classlabels_ints", "classlabels_strings", "coefficients", "intercepts", "targets", "post_transform",
	"n_targets", "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids", "nodes_falsenodeids",
	"target_treeids", "target_nodeids", "target_ids", "target_weights", "base_values", "aggregate_function", "allowzero", "start", "end"}

func randomGraph(names []string, choices []byte) parts {
	next := func() int {
		if len(choices) == 0 {
			return 0
		}
		c := choices[0]
		choices = choices[1:]
		return int(c)
	}
	p := parts{inputs: []message{info("x", 1, -1, 3), info("t", 8, -1, 1), info("i", 7, -1, 2), info("d", 11, -1, 2)},
		consts: []message{constant("one", 7, []int64{1}, []float64{1}), constant("pair", 7, []int64{2}, []float64{-1, 2}), constant("none", 1, []int64{0}, nil),
			constant("w", 1, []int64{3, 2}, []float64{1, 2, 3, 4, 5, 6}), constant("zero", 7, nil, []float64{0}), constant("yes", 9, []int64{1}, []float64{1}),
			constant("cube", 1, []int64{2, 1, 3}, []float64{1, -2, 3, -4, 5, 6})}}
	values := []string{"x", "t", "i", "d", "one", "pair", "none", "w", "zero", "yes", "cube", ""}
	for n := 0; len(choices) > 0 && n < 8; n++ {
		name := names[next()%len(names)]
		domain, op := "", name
		if cut := strings.LastIndexByte(name, '.'); cut >= 0 {
			domain, op = name[:cut], name[cut+1:]
		}
		var inputs, outputs []string
		for range next() % 5 {
			inputs = append(inputs, values[next()%len(values)])
		}
		for i := range next()%3 + 1 {
			outputs = append(outputs, string(rune('A'+n))+string(rune('0'+i)))
		}
		attrs := map[string]message{}
		for range next() % 4 {
			name := attributes[next()%len(attributes)]
			switch list := []int64{int64(int8(next())), int64(next()) % 3, int64(next())}[:next()%4]; next() % 3 {
			case 0:
				attrs[name] = ints(name, list...)
			case 1:
				attrs[name] = floats(name, 0.5, float32(next()))
			default:
				attrs[name] = strs(name, []string{"LEAF", "BRANCH_EQ", "L1", "SOFTMAX"}[:next()%5]...)
			}
		}
		p.nodes = append(p.nodes, nodeOf(op, domain, inputs, outputs, slices.Collect(maps.Values(attrs))...))
		values = append(values, outputs...)
	}
	p.outputs = []message{info(values[len(values)-1], 1)}
	return p
}

// ask opens a file and, where it is a model, asks for answers to rows of extremes.
func ask(t *testing.T, file []byte) {
	m, err := ml.Open("onnx", file, ml.Options{Limits: ml.Limits{Bytes: 1 << 20, Nodes: 1 << 10}})
	if err != nil {
		return
	}
	sig := m.Signature()
	if want := map[ml.Task]int{ml.Binary: 2, ml.Multiclass: sig.Outputs}[sig.Task]; len(sig.Classes) != want {
		t.Fatalf("%d classes of %d outputs", len(sig.Classes), sig.Outputs)
	}
	values := []float64{math.NaN(), 0, math.Inf(1), math.Inf(-1), 1e-40, 3, -7, 1e300}
	in := &ml.Batch{Rows: len(values)}
	for _, f := range sig.Inputs {
		c := ml.Column{Numbers: values}
		if f.Kind == ml.Category {
			c = ml.Column{Texts: []string{"", "LEAF", "x", "1", "", "green", "-1e9", "L1"}, Null: []bool{true, false, false, false, false, false, false, false}}
		}
		in.Columns = append(in.Columns, c)
	}
	var bad ml.Faults
	out := make([]float64, in.Rows*sig.Outputs)
	m.Predict(new(ml.Scratch), in, out, &bad)
	failed := map[int]bool{}
	for i, row := range bad.Rows {
		if failed[row] = true; i > 0 && bad.Rows[i-1] >= row {
			t.Fatalf("faults of the rows %v", bad.Rows)
		}
	}
	for i, v := range out {
		if row := i / sig.Outputs; v != v && !failed[row] {
			t.Fatalf("row %d is NaN without a fault", row)
		}
	}
	if !(m.Cost() >= 0) {
		t.Fatal("a cost of", m.Cost())
	}
}
