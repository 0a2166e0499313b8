// Package modelbench makes models of known sizes from a seed and measures how many rows they answer
// in a second. Nothing but Go is needed; the files can be written out for other evaluators.
package modelbench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/millracedb/millrace/ml"
	_ "github.com/millracedb/millrace/ml/linear"
	_ "github.com/millracedb/millrace/ml/onnx"
	_ "github.com/millracedb/millrace/ml/trees"
)

// Model is one that is measured.
type Model struct {
	Name     string
	Format   string
	Features int
	Reach    float64 // rows a second that one processor is to answer
	file     func(*rand.Rand) []byte
}

// File makes the model's file, the same every time.
func (m *Model) File() []byte { return m.file(rand.New(rand.NewPCG(20, 26))) }

// Models are those that are measured: trees as LightGBM writes them and the same as ONNX, layers, a linear model.
func Models() []Model {
	var all []Model
	for _, size := range []struct {
		trees, leaves int
		reach         float64
	}{{100, 32, 1.5e6}, {1000, 64, 60e3}} {
		name := fmt.Sprintf("trees-%dx%d", size.trees, size.leaves)
		all = append(all,
			Model{name + "-lightgbm", "lightgbm", treeFeatures, size.reach, func(r *rand.Rand) []byte { return lightGBM(ensemble(r, size.trees, size.leaves)) }},
			Model{name + "-onnx", "onnx", treeFeatures, size.reach, func(r *rand.Rand) []byte { return treesONNX(ensemble(r, size.trees, size.leaves)) }})
	}
	return append(all,
		Model{"layers-16-64-64-1", "onnx", 16, 0.5e6, func(r *rand.Rand) []byte { return layersONNX(r, 16, 64, 64, 1) }},
		Model{"logistic-30", "linear", 30, 20e6, func(r *rand.Rand) []byte { return logistic(r, 30) }})
}

// Rows are numbers of a normal distribution, row by row.
func Rows(features, rows int) []float32 {
	r, x := rand.New(rand.NewPCG(7, uint64(features))), make([]float32, features*rows)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// Batch is how many rows are answered at a time, and Batches how many such a round has, so many that
// nothing of them is learnt by heart.
const (
	Batch   = 1024
	Batches = 16
)

// Measure says how many rows a model answers in a second of processor time, in the best of the rounds that fit into a time.
func Measure(m *Model, within time.Duration) (rowsPerSecond float64, err error) {
	opened, err := ml.Open(m.Format, m.File(), ml.Options{})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", m.Name, err)
	}
	x := Rows(m.Features, Batch*Batches)
	batches := make([]ml.Batch, Batches)
	for i := range batches {
		batches[i] = ml.Batch{Rows: Batch, Columns: make([]ml.Column, m.Features)}
		for c := range batches[i].Columns {
			numbers := make([]float64, Batch)
			for row := range numbers {
				numbers[row] = float64(x[(i*Batch+row)*m.Features+c])
			}
			batches[i].Columns[c].Numbers = numbers
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var scratch ml.Scratch
	var bad ml.Faults
	out := make([]float64, Batch*opened.Signature().Outputs)
	for began := time.Now(); time.Since(began) < within; {
		before := processorTime()
		rounds := 0
		for ; processorTime()-before < 20*time.Millisecond; rounds++ {
			for i := range batches {
				opened.Predict(&scratch, &batches[i], out, &bad)
			}
		}
		took := processorTime() - before
		rowsPerSecond = max(rowsPerSecond, float64(rounds*Batch*Batches)/took.Seconds())
	}
	if len(bad.Rows) > 0 {
		return 0, fmt.Errorf("%s: %w", m.Name, bad.Errs[0])
	}
	return rowsPerSecond, nil
}

// processorTime is what the thread has used.
func processorTime() time.Duration {
	const thread = 1
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Write puts the files of models into a folder, each under its name.
func Write(dir string, models []Model) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, m := range models {
		if err := os.WriteFile(filepath.Join(dir, m.Name+"."+m.Format), m.File(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
