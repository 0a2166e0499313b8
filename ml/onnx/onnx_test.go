package onnx

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/millracedb/millrace/ml"
)

// over is a graph of nodes over an input x of two columns.
func over(nodes ...message) parts {
	return parts{nodes: nodes, inputs: []message{info("x", 1, -1, 2)}, outputs: []message{info("y", 1)}}
}

func TestRefused(t *testing.T) {
	x, y := []string{"x"}, []string{"y"}
	numbers := func(n int64) message { return constant("c", 1, []int64{n}, make([]float64, n)) }
	with := func(p parts, change func(p *parts)) parts { change(&p); return p }
	doubling := over()
	for i := range 40 {
		name := func(i int) string { return strings.Repeat("v", i+1) }
		from, to := name(i), name(i+1)
		if i == 0 {
			from = "x"
		}
		if i == 39 {
			to = "y"
		}
		doubling.nodes = append(doubling.nodes, nodeOf("Concat", "", []string{from, from}, []string{to}, ints("axis", 1)))
	}
	for want, p := range map[string]parts{
		`Relu depends on itself`:                                    over(nodeOf("Relu", "", y, y)),
		`nothing makes the value "z"`:                               over(nodeOf("Relu", "", []string{"z"}, y)),
		`the value "y" is made twice`:                               over(nodeOf("Relu", "", x, y), nodeOf("Abs", "", x, y)),
		`Relu has 2 inputs and 1 outputs`:                           over(nodeOf("Relu", "", []string{"x", "x"}, y)),
		`Not: it does not take float`:                               over(nodeOf("Not", "", x, y)),
		`Add: its inputs have the shapes [1 2] and [3]`:             with(over(nodeOf("Add", "", []string{"x", "c"}, y)), func(p *parts) { p.consts = []message{numbers(3)} }),
		`Cast: tensors of complex64 are not supported`:              over(nodeOf("Cast", "", x, y, ints("to", 14))),
		`initializer "c": a tensor of shape [9] has 1 values`:       with(over(nodeOf("Relu", "", x, y)), func(p *parts) { p.consts = []message{constant("c", 1, []int64{9}, []float64{1})} }),
		`its output has the shape [2] for 1 rows`:                   over(nodeOf("ReduceSum", "", x, []string{"s"}, ints("keepdims", 0)), nodeOf("Shape", "", x, y)),
		`the graph has no output`:                                   with(over(), func(p *parts) { p.outputs = nil }),
		`its input "x" is no table of numbers or texts`:             with(over(), func(p *parts) { p.inputs = []message{info("x", 1)} }),
		`"x": tensors of float16 are not supported`:                 with(over(), func(p *parts) { p.inputs = []message{info("x", 10, -1, 2)} }),
		`its output is text; choose another of the graph's outputs`: over(nodeOf("Cast", "", x, y, ints("to", 8))),
	} {
		if _, err := ml.Open("onnx", p.file(), ml.Options{}); err == nil || err.Error() != "ONNX model: "+want {
			t.Errorf("%v, not %s", err, want)
		}
	}
	if entire == nil {
		const all = "; a server built with the tag onnxruntime has all of ONNX"
		for want, p := range map[string]parts{
			`operator Loop is not supported (node "")`:              over(nodeOf("Loop", "", x, y)),
			`operator a.b.C is not supported (node "")`:             over(nodeOf("C", "a.b", x, y)),
			`initializer "c": tensors of float16 are not supported`: with(over(nodeOf("Relu", "", x, y)), func(p *parts) { p.consts = []message{constant("c", 10, []int64{1}, []float64{1})} }),
		} {
			if _, err := ml.Open("onnx", p.file(), ml.Options{}); err == nil || err.Error() != "ONNX model: "+want+all {
				t.Errorf("%v, not %s", err, want)
			}
		}
	}
	if _, err := ml.Open("onnx", doubling.file(), ml.Options{}); err == nil || !strings.Contains(err.Error(), "than a file of its size may") {
		t.Errorf("a value that doubles 40 times: %v", err)
	}
	huge := over(nodeOf("ConstantOfShape", "", []string{"c"}, []string{"k"}), nodeOf("Add", "", []string{"x", "k"}, y))
	huge.consts = []message{constant("c", 7, []int64{2}, []float64{1 << 30, 1 << 30})}
	if _, err := ml.Open("onnx", huge.file(), ml.Options{}); err == nil || !strings.Contains(err.Error(), errMemory.Error()) {
		t.Errorf("a huge constant: %v", err)
	}
	if _, err := ml.Open("onnx", []byte("no graph"), ml.Options{}); err == nil {
		t.Error("what is no file opens")
	}
}

// A tree whose nodes lead back to the root is none.
func TestTreeInACircle(t *testing.T) {
	node := nodeOf("TreeEnsembleRegressor", "ai.onnx.ml", []string{"x"}, []string{"y"}, ints("nodes_treeids", 0, 0, 0), ints("nodes_nodeids", 0, 1, 2),
		ints("nodes_featureids", 0, 0, 0), ints("nodes_truenodeids", 1, 1, 0), ints("nodes_falsenodeids", 2, 2, 0), floats("nodes_values", 1, 2, 3),
		strs("nodes_modes", "BRANCH_LEQ", "BRANCH_LEQ", "LEAF"), ints("target_treeids", 0), ints("target_nodeids", 2), ints("target_ids", 0), floats("target_weights", 1))
	if _, err := ml.Open("onnx", over(node).file(), ml.Options{}); err == nil || !strings.HasSuffix(err.Error(), errTree.Error()) {
		t.Error(err)
	}
}

// A row without an answer says why, and does not spoil the others of its block.
func TestFaults(t *testing.T) {
	p := parts{inputs: []message{info("n", 7, -1, 1), info("t", 8, -1, 1), info("x", 1, -1, 1)}, outputs: []message{info("y", 1)}}
	p.nodes = []message{nodeOf("OneHotEncoder", "ai.onnx.ml", []string{"t"}, []string{"o"}, strs("cats_strings", "a", "b"), ints("zeros", 0)),
		nodeOf("Flatten", "", []string{"o"}, []string{"f"}), nodeOf("Cast", "", []string{"n"}, []string{"m"}, ints("to", 1)),
		nodeOf("Concat", "", []string{"m", "f", "x"}, []string{"c"}, ints("axis", 1)), nodeOf("ReduceSum", "", []string{"c", "axes"}, []string{"y"})}
	p.consts = []message{constant("axes", 7, []int64{1}, []float64{1})}
	m, err := ml.Open("onnx", p.file(), ml.Options{Inputs: []string{"number", "color", "size"}})
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	in := &ml.Batch{Rows: 6, Columns: []ml.Column{{Numbers: []float64{1, nan, 2.5, 3, 4, 5}},
		{Texts: []string{"a", "a", "b", "red", "", "b"}, Null: []bool{false, false, false, false, true, false}}, {Numbers: []float64{1, 1, 1, 1, 1, nan}}}}
	out := make([]float64, 6)
	var bad ml.Faults
	m.Predict(new(ml.Scratch), in, out, &bad)
	want := []string{`input "number" is missing`, `input "number" is 2.5, not a whole number`, `OneHotEncoder: it meets a category that it does not know`,
		`input "color" is missing`, `input "size" is missing, and the graph answers NaN`}
	if len(bad.Rows) != len(want) || out[0] != 3 {
		t.Fatalf("%v, faults %v", out, bad)
	}
	for i, err := range bad.Errs {
		if bad.Rows[i] != i+1 || out[i+1] == out[i+1] || !strings.HasSuffix(err.Error(), want[i]) && i != 3 {
			t.Errorf("row %d: %v, %v", bad.Rows[i], out[i+1], err)
		}
	}
}

// An output is chosen by name; without one it is the probability, not the label.
func TestOutputs(t *testing.T) {
	p := over(nodeOf("LinearClassifier", "ai.onnx.ml", []string{"x"}, []string{"l", "y"}, floats("coefficients", 1, 0, 0, 1, 1, 1),
		strs("classlabels_strings", "a", "b", "c")), nodeOf("ArgMax", "", []string{"y"}, []string{"best"}, ints("axis", 1)))
	p.outputs = []message{info("l", 8), info("y", 1), info("best", 7)}
	for output, want := range map[string]int{"": 3, "y": 3, "best": 1} {
		m, err := ml.Open("onnx", p.file(), ml.Options{Output: output})
		if err != nil {
			t.Fatal(err)
		}
		if s := m.Signature(); s.Outputs != want || want == 3 && (s.Task != ml.Multiclass || s.Classes[2] != "c") {
			t.Errorf("output %q: %+v", output, s)
		}
	}
	for output, want := range map[string]string{"z": `the graph has no output "z"`, "l": "its output is text; choose another of the graph's outputs"} {
		if _, err := ml.Open("onnx", p.file(), ml.Options{Output: output}); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("output %q: %v", output, err)
		}
	}
}

// The table of the docs has every operator, and none that is not there.
func TestDocsNameOperators(t *testing.T) {
	page, err := os.ReadFile("../../docs/models/onnx.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## Operators")
	named := map[string]bool{}
	for line := range strings.Lines(table) {
		domain, list, ok := strings.Cut(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(domain, "ai.onnx") || !ok {
			continue
		}
		for _, op := range regexp.MustCompile(`[A-Z]\w+`).FindAllString(list, -1) {
			if strings.HasPrefix(domain, "ai.onnx.ml") {
				op = "ai.onnx.ml." + op
			}
			if named[op] = true; operators[op].build == nil {
				t.Errorf("there is no operator %s", op)
			}
		}
	}
	for op := range operators {
		if !named[op] {
			t.Errorf("docs/models/onnx.md does not name %s", op)
		}
	}
}
