// Package models compares what models answer here with what the libraries answer that made them.
// A case is a folder: case.json says how its model is opened and how near answers must be,
// rows.csv has a column a feature, nothing where it is missing; want.csv has the answers, and
// contrib.csv, if it is there, the contributions. `tests/models/train.py` writes cases.
package models

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/millracedb/millrace/ml"
)

// about is what case.json says.
type about struct {
	Format, Model string
	// Relative is how far an answer may be from what is wanted, by their size; Shap the same of
	// contributions, by the size of the largest of a row's.
	Relative, Shap float64
	// Absolute is how far an answer may be besides, whatever its size.
	Absolute float64
	// Ulps is how many float32 values may lie between the two; it counts where Relative is 0.
	Ulps    int32
	Classes []string
}

// open reads the model and the rows of a case.
func open(t testing.TB, dir string) (ml.Model, *ml.Batch, about) {
	t.Helper()
	var c about
	if err := json.Unmarshal(file(t, dir, "case.json"), &c); err != nil {
		t.Fatal(err)
	}
	m, err := ml.Open(c.Format, file(t, dir, c.Model), ml.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m, batch(t, m.Signature(), table(t, dir, "rows.csv")), c
}

// CheckAll compares all cases in a folder.
func CheckAll(t *testing.T, folder string) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal("no cases in ", folder, err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { Check(t, dir) })
	}
}

// Check compares all rows of the case in a folder.
func Check(t *testing.T, dir string) {
	t.Helper()
	m, rows, c := open(t, dir)
	sig := m.Signature()
	if len(c.Classes) > 0 && !slices.Equal(sig.Classes, c.Classes) {
		t.Fatalf("classes %v, wanted %v", sig.Classes, c.Classes)
	}
	near := func(got, want float64) bool {
		return relative(got, want) <= c.Relative || math.Abs(got-want) <= c.Absolute
	}
	if c.Relative == 0 && c.Absolute == 0 {
		near = func(got, want float64) bool { return ulps(got, want) <= c.Ulps }
	}
	want := numbers(t, table(t, dir, "want.csv"))
	if len(want) != rows.Rows*sig.Outputs {
		t.Fatalf("%d numbers wanted of %d rows of %d", len(want), rows.Rows, sig.Outputs)
	}
	whole := inPieces(t, rows, rows.Rows, sig.Outputs, m.Predict)
	differ(t, whole, want, sig.Outputs, func(i int) bool { return near(whole[i], want[i]) })
	for _, size := range []int{1, 2, 3, 67} {
		got := inPieces(t, rows, size, sig.Outputs, m.Predict)
		differ(t, got, whole, sig.Outputs, func(i int) bool { return identical(got[i], whole[i]) })
	}
	if _, err := os.Stat(filepath.Join(dir, "contrib.csv")); err == nil {
		contributions(t, m.(ml.Explainer), rows, numbers(t, table(t, dir, "contrib.csv")), c.Shap)
	}
}

// identical reports whether two answers are bit for bit the same, as those of one row must be, whatever
// rows it is asked with: a row that goes takes back what it brought.
func identical(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b
}

func contributions(t *testing.T, m ml.Explainer, rows *ml.Batch, want []float64, tolerance float64) {
	width := m.Signature().Outputs * (len(m.Signature().Inputs) + 1)
	got := inPieces(t, rows, 67, width, m.Explain)
	one := inPieces(t, rows, 1, width, m.Explain)
	differ(t, one, got, width, func(i int) bool { return identical(one[i], got[i]) })
	if len(want) != len(got) {
		t.Fatalf("%d contributions, wanted %d", len(got), len(want))
	}
	differ(t, got, want, width, func(i int) bool {
		largest, row := 0.0, i/width*width
		for _, v := range want[row : row+width] {
			largest = max(largest, math.Abs(v))
		}
		return math.Abs(got[i]-want[i]) <= tolerance*largest
	})
}

// differ reports the first numbers that are not as they should be.
func differ(t *testing.T, got, want []float64, width int, same func(int) bool) {
	t.Helper()
	n := 0
	for i := range want {
		if same(i) {
			continue
		}
		if n++; n <= 5 {
			t.Errorf("row %d, number %d: %v, wanted %v", i/width, i%width, got[i], want[i])
		}
	}
	if n > 0 {
		t.Fatalf("%d of %d numbers differ", n, len(want))
	}
}

type answer func(*ml.Scratch, *ml.Batch, []float64, *ml.Faults)

// inPieces asks for so many rows at a time. A row without an answer must be NaN.
func inPieces(t *testing.T, in *ml.Batch, size, width int, ask answer) []float64 {
	t.Helper()
	var s ml.Scratch
	out := make([]float64, in.Rows*width)
	for from := 0; from < in.Rows; from += size {
		n := min(size, in.Rows-from)
		part := ml.Batch{Rows: n}
		for _, c := range in.Columns {
			if c.Texts != nil {
				c.Texts, c.Null = c.Texts[from:from+n], c.Null[from:from+n]
			} else {
				c.Numbers = c.Numbers[from : from+n]
			}
			part.Columns = append(part.Columns, c)
		}
		var bad ml.Faults
		ask(&s, &part, out[from*width:(from+n)*width], &bad)
		for i, r := range bad.Rows {
			if !math.IsNaN(out[(from+r)*width]) {
				t.Fatalf("row %d has an answer and the fault %v", from+r, bad.Errs[i])
			}
		}
	}
	return out
}

// batch is rows as a model wants them.
func batch(t testing.TB, sig *ml.Signature, rows [][]string) *ml.Batch {
	b := &ml.Batch{Rows: len(rows) - 1}
	for i, f := range sig.Inputs {
		if rows[0][i] != f.Name {
			t.Fatalf("feature %d is named %q, wanted %q", i, f.Name, rows[0][i])
		}
		var c ml.Column
		for _, r := range rows[1:] {
			if f.Kind == ml.Category {
				c.Texts, c.Null = append(c.Texts, r[i]), append(c.Null, r[i] == "")
			} else {
				c.Numbers = append(c.Numbers, number(t, r[i]))
			}
		}
		b.Columns = append(b.Columns, c)
	}
	return b
}

func number(t testing.TB, text string) float64 {
	if text == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func numbers(t testing.TB, rows [][]string) (all []float64) {
	for _, r := range rows {
		for _, text := range r {
			all = append(all, number(t, text))
		}
	}
	return all
}

func file(t testing.TB, dir, name string) []byte {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func table(t testing.TB, dir, name string) [][]string {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// relative is the distance of two numbers by the larger's size. NaN is near to NaN alone.
func relative(a, b float64) float64 {
	if a == b || a != a && b != b {
		return 0
	}
	if d := math.Abs(a-b) / max(math.Abs(a), math.Abs(b)); d == d {
		return d
	}
	return math.Inf(1)
}

// ulps is how many float32 values lie from one number to another.
func ulps(a, b float64) int32 {
	if a != a || b != b {
		if a != a && b != b {
			return 0
		}
		return math.MaxInt32
	}
	place := func(x float64) int64 {
		bits := int64(int32(math.Float32bits(float32(x))))
		if bits < 0 {
			return math.MinInt32 - bits
		}
		return bits
	}
	d := place(a) - place(b)
	return int32(min(max(d, -d), math.MaxInt32))
}
