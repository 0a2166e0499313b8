//go:build onnxruntime && cgo

package onnx

import (
	"math"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/millracedb/millrace/ml"
)

// A graph with an operator that is not here is answered by onnxruntime: numbers and texts, one row and many, and by
// several goroutines at once.
func TestEntire(t *testing.T) {
	if os.Getenv(Library) == "" {
		t.Fatalf("%s names no library; make models-onnxruntime sets it", Library)
	}
	keys := message{}.text(1, "keys_strings").integer(20, 8).text(9, "a").text(9, "b")
	values := message{}.text(1, "values_floats").integer(20, 6).float(7, 10).float(7, 20)
	to := message{}.text(1, "to").integer(20, 2).integer(3, 1)
	p := parts{inputs: []message{info("x", 1, -1, 1), info("t", 8, -1, 1), info("n", 7, -1, 1)}, outputs: []message{info("y", 1, -1, 1)}}
	p.nodes = []message{
		nodeOf("Selu", "", []string{"x"}, []string{"s"}),
		nodeOf("LabelEncoder", "ai.onnx.ml", []string{"t"}, []string{"e"}, keys, values),
		nodeOf("Cast", "", []string{"n"}, []string{"m"}, to),
		nodeOf("Sum", "", []string{"s", "e", "m"}, []string{"y"}),
	}
	m, err := ml.Open("onnx", p.file(), ml.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const rows = 3000
	in := &ml.Batch{Rows: rows, Columns: []ml.Column{{Numbers: make([]float64, rows)}, {Texts: make([]string, rows)}, {Numbers: make([]float64, rows)}}}
	want := make([]float64, rows)
	for i := range rows {
		x, text, label := float64(float32(i%7)-3), "a", 10.0
		if i%3 == 0 {
			text, label = "b", 20
		}
		in.Columns[0].Numbers[i], in.Columns[1].Texts[i], in.Columns[2].Numbers[i] = x, text, float64(i)
		want[i] = 1.0507009873554805*x + label + float64(i)
		if x <= 0 {
			want[i] = 1.0507009873554805*1.6732632423543772*(math.Exp(x)-1) + label + float64(i)
		}
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got := make([]float64, rows)
			var bad ml.Faults
			m.Predict(new(ml.Scratch), in, got, &bad)
			for i := range got {
				if math.Abs(got[i]-want[i]) > 1e-6*want[i] {
					t.Errorf("row %d: %v, wanted %v", i, got[i], want[i])
					return
				}
			}
			if len(bad.Rows) > 0 {
				t.Error(bad.Errs[0])
			}
		})
	}
	all.Wait()
	alone(t, m, in)
}

// alone asks for rows one at a time, and for all: the answers are the same, bit for bit.
func alone(t *testing.T, m ml.Model, in *ml.Batch) {
	t.Helper()
	all, one := make([]float64, in.Rows), make([]float64, 1)
	var bad ml.Faults
	m.Predict(new(ml.Scratch), in, all, &bad)
	for i := range all {
		row := &ml.Batch{Rows: 1}
		for _, c := range in.Columns {
			if c.Texts != nil {
				row.Columns = append(row.Columns, ml.Column{Texts: c.Texts[i : i+1]})
			} else {
				row.Columns = append(row.Columns, ml.Column{Numbers: c.Numbers[i : i+1]})
			}
		}
		if m.Predict(new(ml.Scratch), row, one, &bad); math.Float64bits(one[0]) != math.Float64bits(all[i]) {
			t.Fatalf("row %d: %v alone, %v among others", i, one[0], all[i])
		}
	}
}

// What neither knows is refused with onnxruntime's words.
func TestEntireRefused(t *testing.T) {
	if os.Getenv(Library) == "" {
		t.Fatalf("%s names no library; make models-onnxruntime sets it", Library)
	}
	_, err := ml.Open("onnx", over(nodeOf("C", "a.b", []string{"x"}, []string{"y"})).file(), ml.Options{})
	if err == nil || !strings.Contains(err.Error(), "a.b") {
		t.Error(err)
	}
}
