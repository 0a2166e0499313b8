// Package ml reads models and evaluates them: a Model is one version, immutable, made from the
// bytes of a file, and answers a batch of rows at a time. It knows nothing of SQL, of catalogs
// or of when a version is current.
package ml

import (
	"fmt"
	"maps"
	"slices"
)

// Kind says what a feature is given as.
type Kind uint8

// The kinds of features.
const (
	Number   Kind = iota // a number, NaN: missing
	Category             // a text, of which the model knows some values
)

// Feature is an input of a model.
type Feature struct {
	Name string // as the file names it; else f0, f1, …
	Kind Kind
	// Missing: the model says what follows from a missing value. Where it does not, a row that
	// lacks one has no answer.
	Missing bool
}

// Task is what a model answers.
type Task uint8

// The tasks.
const (
	Regression Task = iota // one number
	Binary                 // the probability of the second of two classes
	Multiclass             // a probability for each class
	Many                   // several numbers that are no classes
)

// Signature is what a model takes and gives.
type Signature struct {
	Inputs []Feature
	Task   Task
	// Outputs is how many numbers a row's answer has: 1, or as many as there are classes or numbers.
	Outputs int
	// Classes are the labels, in the order of the outputs: of Binary both, of Multiclass all.
	Classes []string
	// Single: numbers are computed in float32, as the format has it.
	Single bool
}

// Batch is the features of some rows, column by column. It is the caller's, and is not changed.
type Batch struct {
	Rows int
	// Columns are in the order of the signature's inputs.
	Columns []Column
}

// Column is one feature of all rows: Numbers for a Number, Texts for a Category, with Null where
// a text is missing (nil: none is).
type Column struct {
	Numbers []float64
	Texts   []string
	Null    []bool
}

// Model is one version of a model. Its methods may be called by several goroutines at once, each
// with a Scratch of its own.
type Model interface {
	Signature() *Signature
	// Predict answers: out has Rows × Outputs numbers, row by row. Of a row without an answer
	// they are NaN, and bad says why.
	Predict(s *Scratch, in *Batch, out []float64, bad *Faults)
	// Cost is about how many nanoseconds a row takes.
	Cost() float64
}

// Explainer is a Model that can say what each feature contributed.
type Explainer interface {
	Model
	// Explain gives Rows × Outputs × (len(Inputs)+1) numbers: by output the contribution of each
	// feature to the answer before its link function, and at the end what no feature
	// contributed. Their sum is that answer.
	Explain(s *Scratch, in *Batch, out []float64, bad *Faults)
}

// Scratch is memory that lasts from call to call, of one goroutine. The zero value is ready.
type Scratch struct {
	numbers []float64
	singles []float32
	codes   []int32
	// Own is what a format keeps beside it.
	Own any
}

// Numbers are so many numbers, of any value, good until the next call.
func (s *Scratch) Numbers(n int) []float64 { return reused(&s.numbers, n) }

// Singles are as Numbers.
func (s *Scratch) Singles(n int) []float32 { return reused(&s.singles, n) }

// Codes are as Numbers.
func (s *Scratch) Codes(n int) []int32 { return reused(&s.codes, n) }

func reused[T any](have *[]T, n int) []T {
	if cap(*have) < n {
		*have = make([]T, n)
	}
	return (*have)[:n]
}

// Faults are the rows of a batch without an answer. The zero value has none.
type Faults struct {
	Rows []int // ascending
	Errs []error
}

// Add notes a row, which comes after those that are there.
func (f *Faults) Add(row int, err error) {
	f.Rows, f.Errs = append(f.Rows, row), append(f.Errs, err)
}

// Limits bound what opening a file may take.
type Limits struct {
	Bytes int // of the file, and about as many again for what it becomes, eight times over
	Nodes int // of all trees, or of a graph
}

// DefaultLimits are those of a database that says nothing else.
var DefaultLimits = Limits{Bytes: 64 << 20, Nodes: 16 << 20}

// Options say what a file does not: names and kinds of inputs, which output is meant.
type Options struct {
	Inputs []string // nil: as the file has them
	Output string   // of several that a graph has; "": its first probability, else its first
	Limits Limits   // the zero value: DefaultLimits
}

// Formats opens files, by the name that CREATE MODEL gives a format; each format's package puts
// its own in from an init function.
var formats = map[string]func([]byte, Options) (Model, error){}

// Register adds a format.
func Register(format string, open func([]byte, Options) (Model, error)) {
	if _, twice := formats[format]; twice {
		panic("ml: two formats named " + format)
	}
	formats[format] = open
}

// Formats lists the formats by name.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// Open makes a model of a file's bytes, which it does not keep. Hostile bytes give an error
// within the limits, in time that grows no faster than n·log n with their number.
func Open(format string, file []byte, o Options) (Model, error) {
	open, ok := formats[format]
	if !ok {
		return nil, fmt.Errorf("unknown model format %q", format)
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	if len(file) > o.Limits.Bytes {
		return nil, fmt.Errorf("model file of %d bytes exceeds the limit of %d bytes", len(file), o.Limits.Bytes)
	}
	return open(file, o)
}
