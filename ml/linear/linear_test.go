package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/millracedb/millrace/ml"
)

const late = `{"format": "millrace-linear-1", "link": "logistic", "classes": ["on time", "late"], "intercept": -1.5,
 "features": [
  {"name": "delay", "weight": 2, "mean": 10, "scale": 4, "missing": 12},
  {"name": "distance", "weight": -0.25},
  {"name": "carrier", "categories": {"UA": 0.5, "AA": -0.5}, "other": 0.125, "missing": 0.25}]}`

const species = `{"format": "millrace-linear-1", "link": "softmax", "classes": ["a", "b", "c"], "intercept": [0, 1, 2],
 "features": [{"weight": [1, 2, 3]}, {"name": "k", "categories": {"x": [0, 0, 1]}}]}`

func opened(t testing.TB, text string) ml.Explainer {
	m, err := ml.Open("linear", []byte(text), ml.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m.(ml.Explainer)
}

func sigmoid(v float64) float64 { return 1 / (1 + math.Exp(-v)) }

func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-12*max(1, math.Abs(b)) || a != a && b != b
}

func TestLogistic(t *testing.T) {
	m := opened(t, late)
	nan := math.NaN()
	in := &ml.Batch{Rows: 4, Columns: []ml.Column{
		{Numbers: []float64{10, 14, nan, 10}}, {Numbers: []float64{4, 0, 8, nan}},
		{Texts: []string{"UA", "B6", "", "AA"}, Null: []bool{false, false, true, false}}}}
	var s ml.Scratch
	var bad ml.Faults
	out := make([]float64, 4)
	m.Predict(&s, in, out, &bad)
	want := []float64{sigmoid(-1.5 - 1 + 0.5), sigmoid(-1.5 + 2 + 0.125), sigmoid(-1.5 + 1 - 2 + 0.25), nan}
	for i := range want {
		if !near(out[i], want[i]) {
			t.Errorf("row %d: %v, not %v", i, out[i], want[i])
		}
	}
	if len(bad.Rows) != 1 || bad.Rows[0] != 3 || bad.Errs[0].Error() != `feature "distance" is missing` {
		t.Errorf("faults: %v", bad)
	}
	if g := m.Signature(); g.Task != ml.Binary || g.Outputs != 1 || g.Classes[1] != "late" || !g.Inputs[0].Missing || g.Inputs[1].Missing || g.Inputs[2].Kind != ml.Category {
		t.Errorf("signature: %+v", g)
	}
	terms, bad := make([]float64, 16), ml.Faults{}
	m.Explain(&s, in, terms, &bad)
	for row := range 3 {
		sum := 0.0
		for _, v := range terms[row*4 : row*4+4] {
			sum += v
		}
		if !near(sigmoid(sum), want[row]) {
			t.Errorf("row %d: the terms %v make %v, not %v", row, terms[row*4:row*4+4], sigmoid(sum), want[row])
		}
	}
	if terms[0] != 0 || terms[1] != -1 || terms[2] != 0.5 || terms[3] != -1.5 {
		t.Errorf("terms of the first row: %v", terms[:4])
	}
	if len(bad.Rows) != 1 || terms[13] == terms[13] {
		t.Errorf("terms of a row without an answer: %v, %v", terms[12:], bad)
	}
}

// More rows than a block, several outputs.
func TestSoftmax(t *testing.T) {
	m := opened(t, species)
	const rows = 3*block + 7
	x, k := make([]float64, rows), make([]string, rows)
	for i := range x {
		x[i], k[i] = float64(i%11)-5, "x"
	}
	k[block+3] = "y"
	in := &ml.Batch{Rows: rows, Columns: []ml.Column{{Numbers: x}, {Texts: k}}}
	var s ml.Scratch
	var bad ml.Faults
	out := make([]float64, 3*rows)
	m.Predict(&s, in, out, &bad)
	for i, v := range x {
		a, b, c := math.Exp(v), math.Exp(1+2*v), math.Exp(3+3*v)
		if want := c / (a + b + c); i != block+3 && !near(out[3*i+2], want) {
			t.Fatalf("row %d: %v, not %v", i, out[3*i+2], want)
		}
	}
	if len(bad.Rows) != 1 || bad.Rows[0] != block+3 || bad.Errs[0].Error() != `feature "k" has no category "y"` {
		t.Errorf("faults: %v", bad)
	}
	if m.Signature().Inputs[0].Name != "f0" {
		t.Errorf("name: %q", m.Signature().Inputs[0].Name)
	}
}

func TestLinks(t *testing.T) {
	for link, want := range map[string]float64{"identity": 5, "exp": math.Exp(5)} {
		m := opened(t, `{"format": "millrace-linear-1", "link": "`+link+`", "intercept": 1, "features": [{"weight": 2}]}`)
		out := []float64{0}
		m.Predict(new(ml.Scratch), &ml.Batch{Rows: 1, Columns: []ml.Column{{Numbers: []float64{2}}}}, out, new(ml.Faults))
		if !near(out[0], want) {
			t.Errorf("%s: %v, not %v", link, out[0], want)
		}
	}
}

func TestRefused(t *testing.T) {
	with := func(from, to string) string { return strings.Replace(late, from, to, 1) }
	for text, want := range map[string]string{
		`{`:                                 `linear model: unexpected EOF`,
		`{"format": "x"}`:                   `linear model: its format is "x", not "millrace-linear-1"`,
		late + `{}`:                         `linear model: something follows the model`,
		with(`"weight": 2`, `"wait": 2`):    `linear model: feature 0: json: unknown field "wait"`,
		with(`logistic`, `probit`):          `linear model: unknown link "probit": there are identity, logistic, softmax and exp`,
		with(`"late"`, `"late", "never"`):   `linear model: 3 classes are named, of 2`,
		with(`-1.5`, `[1, 2]`):              `linear model: a logistic model has one intercept, not 2`,
		with(`"weight": 2,`, ``):            `linear model: feature "delay": it has 0 weights for 1 outputs`,
		with(`"scale": 4`, `"scale": 0`):    `linear model: feature "delay": its scale is 0, not above 0`,
		with(`"distance"`, `"delay"`):       `linear model: two features are named "delay"`,
		with(`"UA": 0.5`, `"UA": [1, 2]`):   `linear model: feature "carrier": category "UA": it has 2 weights for 1 outputs`,
		with(`"missing": 12`, `"other": 1`): `linear model: feature "delay": a number has no other weight`,
	} {
		if _, err := ml.Open("linear", []byte(text), ml.Options{}); err == nil || err.Error() != want {
			t.Errorf("%v, not %s", err, want)
		}
	}
	if _, err := ml.Open("linear", []byte(late), ml.Options{Inputs: []string{"a"}}); err == nil || err.Error() != "linear model: 1 names are given for 3 features" {
		t.Error(err)
	}
}

// What opens answers: numbers, or NaN and a fault for the row.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(late))
	f.Add([]byte(species))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ml.Open("linear", text, ml.Options{Limits: ml.Limits{Bytes: 1 << 16, Nodes: 1 << 10}})
		if err != nil {
			return
		}
		in := &ml.Batch{Rows: 3}
		for range m.Signature().Inputs {
			in.Columns = append(in.Columns, ml.Column{Numbers: []float64{0, math.NaN(), -1e300}, Texts: []string{"x", "", "UA"}, Null: []bool{false, true, false}})
		}
		out := make([]float64, 3*m.Signature().Outputs)
		var bad ml.Faults
		m.Predict(new(ml.Scratch), in, out, &bad)
		failed := map[int]bool{}
		for _, row := range bad.Rows {
			failed[row] = true
		}
		for i, v := range out {
			if row := i / m.Signature().Outputs; (v != v) != failed[row] {
				t.Errorf("row %d: %v, faults %v", row, v, bad)
			}
		}
	})
}

// 30 features in batches of 1,024 rows.
func BenchmarkLogistic(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"format": "millrace-linear-1", "link": "logistic", "intercept": 0.5, "features": [`)
	in := &ml.Batch{Rows: 1024}
	for i := range 30 {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"weight": %v, "mean": 0.5, "scale": 2, "missing": 0.5}`, float64(i%7-3)/10)
		x := make([]float64, in.Rows)
		for j := range x {
			x[j] = rand.Float64()
		}
		in.Columns = append(in.Columns, ml.Column{Numbers: x})
	}
	m := opened(b, text.String()+"]}")
	var s ml.Scratch
	var bad ml.Faults
	out := make([]float64, in.Rows)
	for b.Loop() {
		m.Predict(&s, in, out, &bad)
	}
	b.ReportMetric(float64(b.N)*float64(in.Rows)/b.Elapsed().Seconds(), "rows/s")
}
