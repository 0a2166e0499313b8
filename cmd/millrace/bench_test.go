package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What other engines are fed with are the events of the specification.
func TestBenchWritesTheEvents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events")
	out := &strings.Builder{}
	p := &process{In: strings.NewReader(""), Out: out, Err: out}
	if status := run(p, []string{"bench", "nexmark", "--events", "10000", "--write", file}); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if got, want := hex.EncodeToString(sum[:]), "f3d5e22f1bd8d72b875dbbbfc0b765893c2a32e67c983cb2709f891e2cc16a2a"; got != want {
		t.Errorf("%s is not the anchor %s", got, want)
	}
	if status := run(p, []string{"bench", "nexmark", "--events", "10", "--write", filepath.Join(file, "x")}); status == 0 {
		t.Error("a file below a file was written")
	}
}

// A line for each operator and number of keys, and one for the row that comes alone.
func TestBenchOperators(t *testing.T) {
	out := &strings.Builder{}
	p := &process{In: strings.NewReader(""), Out: out, Err: out}
	if status := run(p, []string{"bench", "operators", "--keys", "100", "--keys", "1000", "--rows", "2000"}); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	var lines []string
	for l := range strings.Lines(out.String()) {
		f := strings.Fields(l)
		lines = append(lines, strings.Join(f[:5], " "))
	}
	want := []string{"operator aggregate keys=100 step_rows=2000 rows=2000", "operator aggregate keys=1000 step_rows=2000 rows=2000",
		"operator join keys=100 step_rows=2000 rows=2000", "operator join keys=1000 step_rows=2000 rows=2000",
		"operator top-n keys=100 step_rows=2000 rows=2000", "operator top-n keys=1000 step_rows=2000 rows=2000",
		"operator four keys=100 step_rows=1 rows=50"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q", out.String())
	}
}

// A line for a model that is named, and its file for other evaluators.
func TestBenchModels(t *testing.T) {
	dir, out := t.TempDir(), &strings.Builder{}
	p := &process{In: strings.NewReader(""), Out: out, Err: out}
	if status := run(p, []string{"bench", "models", "--model", "logistic-30", "--time", "1ms"}); status != 0 || !strings.HasPrefix(out.String(), "model logistic-30 batch=1024 rows_per_s=") {
		t.Errorf("status %d: %s", status, out)
	}
	if status := run(p, []string{"bench", "models", "--model", "none"}); status == 0 {
		t.Error("a model that there is not was measured")
	}
	if status := run(p, []string{"bench", "models", "--write", dir}); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.onnx")); err != nil || len(files) != 3 {
		t.Errorf("files %v", files)
	}
}
