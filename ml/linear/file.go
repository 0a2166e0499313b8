package linear

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/millracedb/millrace/ml"
)

// formatName is what a file says that it is.
const formatName = "millrace-linear-1"

// file is what stands in the JSON.
type file struct {
	Format    string   `json:"format"`
	Link      string   `json:"link"`
	Classes   []string `json:"classes"`
	Intercept weights  `json:"intercept"`
	// Features are read one at a time, so that a list of empty ones takes no more memory than text.
	Features []json.RawMessage `json:"features"`
}

// feature is a number, with Weight, or a category, with Categories.
type feature struct {
	Name       string             `json:"name"`
	Weight     weights            `json:"weight"`
	Mean       float64            `json:"mean"`
	Scale      *float64           `json:"scale"`
	Categories map[string]weights `json:"categories"`
	Other      weights            `json:"other"`
	Missing    weights            `json:"missing"`
}

// weights are one for each output; of one output a bare number will do. Nil: the file says none.
type weights []float64

func (w *weights) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]float64)(w))
	}
	var one *float64
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	if one != nil {
		*w = weights{*one}
	}
	return nil
}

func init() { ml.Register("linear", open) }

// open reads a file and checks that its parts fit each other.
func open(text []byte, o ml.Options) (ml.Model, error) {
	m, err := read(text, o)
	if err != nil {
		return nil, fmt.Errorf("linear model: %w", err)
	}
	return m, nil
}

func read(text []byte, o ml.Options) (*model, error) {
	var f file
	if err := decode(text, &f); err != nil {
		return nil, err
	}
	switch {
	case f.Format != formatName:
		return nil, fmt.Errorf("its format is %q, not %q", f.Format, formatName)
	case o.Output != "":
		return nil, fmt.Errorf("there is no output %q: a linear model's has no name", o.Output)
	case o.Inputs != nil && len(o.Inputs) != len(f.Features):
		return nil, fmt.Errorf("%d names are given for %d features", len(o.Inputs), len(f.Features))
	}
	m := &model{outputs: len(f.Intercept), intercept: f.Intercept}
	if err := m.link(&f); err != nil {
		return nil, err
	}
	m.signature.Outputs = m.outputs
	names := map[string]bool{}
	for i := range f.Features {
		t := &feature{}
		if err := decode(f.Features[i], t); err != nil {
			return nil, fmt.Errorf("feature %d: %w", i, err)
		}
		if o.Inputs != nil {
			t.Name = o.Inputs[i]
		}
		if t.Name == "" {
			t.Name = "f" + strconv.Itoa(i)
		}
		if names[t.Name] {
			return nil, fmt.Errorf("two features are named %q", t.Name)
		}
		names[t.Name] = true
		if err := m.add(t); err != nil {
			return nil, fmt.Errorf("feature %q: %w", t.Name, err)
		}
	}
	return m, nil
}

// decode reads one JSON value, which has no fields that nobody would look at.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the model")
	}
	return nil
}

// link sets the link function, the task and its classes.
func (m *model) link(f *file) error {
	s := &m.signature
	classes := 0
	switch f.Link {
	case "", "identity", "exp":
		if s.Task = ml.Regression; m.outputs > 1 {
			s.Task = ml.Many
		}
		if f.Link == "exp" {
			m.finish = exponential
		}
	case "logistic":
		s.Task, m.finish, classes = ml.Binary, logistic, 2
		if m.outputs != 1 {
			return fmt.Errorf("a logistic model has one intercept, not %d", m.outputs)
		}
	case "softmax":
		if s.Task, m.finish, classes = ml.Multiclass, softmax, m.outputs; m.outputs < 2 {
			return fmt.Errorf("a softmax model has an intercept for each class, not %d", m.outputs)
		}
	default:
		return fmt.Errorf("unknown link %q: there are identity, logistic, softmax and exp", f.Link)
	}
	if m.outputs == 0 {
		return errors.New("it has no intercept")
	}
	if s.Classes = f.Classes; s.Classes == nil {
		for i := range classes {
			s.Classes = append(s.Classes, strconv.Itoa(i))
		}
	}
	if len(s.Classes) != classes {
		return fmt.Errorf("%d classes are named, of %d", len(s.Classes), classes)
	}
	return nil
}

// add adds the term of a feature.
func (m *model) add(f *feature) error {
	in := ml.Feature{Name: f.Name, Missing: f.Missing != nil}
	var err error
	if f.Categories != nil {
		in.Kind = ml.Category
		err = m.addCategory(f)
	} else {
		err = m.addNumber(f)
	}
	m.signature.Inputs = append(m.signature.Inputs, in)
	return err
}

func (m *model) addNumber(f *feature) error {
	t := number{column: len(m.signature.Inputs), mean: f.Mean, weight: slices.Clone(f.Weight)}
	switch {
	case f.Other != nil:
		return errors.New("a number has no other weight")
	case f.Missing != nil && len(f.Missing) != 1:
		return errors.New("one value stands for a missing number")
	case f.Scale != nil && !(*f.Scale > 0):
		return fmt.Errorf("its scale is %v, not above 0", *f.Scale)
	case len(f.Weight) != m.outputs:
		return fmt.Errorf("it has %d weights for %d outputs", len(f.Weight), m.outputs)
	}
	if f.Scale != nil {
		for i := range t.weight {
			t.weight[i] /= *f.Scale
		}
	}
	if f.Missing != nil {
		t.imputed, t.missing = true, f.Missing[0]
	}
	m.numbers = append(m.numbers, t)
	return nil
}

func (m *model) addCategory(f *feature) error {
	t := category{column: len(m.signature.Inputs), known: make(map[string]int32, len(f.Categories)), other: none, missing: none}
	if f.Weight != nil || f.Scale != nil || f.Mean != 0 {
		return errors.New("a category has no weight, mean or scale of its own")
	}
	keep := func(w weights) (int32, error) {
		if len(w) != m.outputs {
			return 0, fmt.Errorf("it has %d weights for %d outputs", len(w), m.outputs)
		}
		t.weight = append(t.weight, w...)
		return int32(len(t.weight)/m.outputs) - 1, nil
	}
	var err error
	for _, text := range slices.Sorted(maps.Keys(f.Categories)) {
		if t.known[text], err = keep(f.Categories[text]); err != nil {
			return fmt.Errorf("category %q: %w", text, err)
		}
	}
	if f.Other != nil {
		if t.other, err = keep(f.Other); err != nil {
			return fmt.Errorf("other: %w", err)
		}
	}
	if f.Missing != nil {
		if t.missing, err = keep(f.Missing); err != nil {
			return fmt.Errorf("missing: %w", err)
		}
	}
	m.categories = append(m.categories, t)
	return nil
}
