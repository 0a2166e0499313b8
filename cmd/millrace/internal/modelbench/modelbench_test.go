package modelbench

import (
	"math"
	"testing"

	"github.com/millracedb/millrace/ml"
)

// The two files of an ensemble answer alike, as far as float32 goes.
func TestModels(t *testing.T) {
	answers := map[string][]float64{}
	for _, m := range Models() {
		opened, err := ml.Open(m.Format, m.File(), ml.Options{})
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		x, in := Rows(m.Features, 100), ml.Batch{Rows: 100, Columns: make([]ml.Column, m.Features)}
		for row := range 100 {
			for c := range in.Columns {
				in.Columns[c].Numbers = append(in.Columns[c].Numbers, float64(x[row*m.Features+c]))
			}
		}
		var bad ml.Faults
		out := make([]float64, 100)
		opened.Predict(new(ml.Scratch), &in, out, &bad)
		if answers[m.Name] = out; len(bad.Rows) > 0 {
			t.Errorf("%s: %v", m.Name, bad.Errs[0])
		}
	}
	for _, size := range []string{"trees-100x32", "trees-1000x64"} {
		for row, want := range answers[size+"-lightgbm"] {
			if got := answers[size+"-onnx"][row]; math.Abs(got-want) > 1e-5*max(1, math.Abs(want)) {
				t.Errorf("%s, row %d: %v as ONNX, %v as LightGBM", size, row, got, want)
			}
		}
	}
}
