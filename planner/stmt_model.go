package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/ml"
	"github.com/millracedb/millrace/sql/ast"
)

// LoadModel is a statement that brings a model's file: the session reads it, looks what it takes
// and gives, and makes the diff of both.
type LoadModel struct {
	// File is on the server; empty: the client sends it.
	File string
	// Model is the description that the file's version is to be added to.
	Model *catalog.Model
	// Version has a number and says how the file is to be read.
	Version catalog.ModelVersion
}

// The options of a version that its file does not tell.
const (
	ModelOutput = "output"
	modelInputs = "inputs"
	modelFormat = "format"
)

// InputNames are the names that the options of a version give to its inputs; nil: they give none.
func InputNames(options map[string]string) (names []string) {
	if options[modelInputs] == "" {
		return nil
	}
	for name := range strings.SplitSeq(options[modelInputs], ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

var modelOptions = map[string]option{
	modelFormat: func(_ *env, v string) error {
		if !slices.Contains(ml.Formats(), v) {
			return pgerr.New(pgerr.InvalidParameterValue, "unknown model format %q", v).
				WithHint("The formats are %s.", strings.Join(ml.Formats(), ", "))
		}
		return nil
	},
	modelInputs: func(_ *env, v string) error {
		names := InputNames(map[string]string{modelInputs: v})
		if slices.Contains(names, "") {
			return pgerr.New(pgerr.InvalidParameterValue, "an input of a model has no name")
		}
		return duplicateColumn(names)
	},
	ModelOutput: func(*env, string) error { return nil },
}

var _ = statement(func(e *env, s *ast.CreateModel) (*Plan, error) {
	m, exists, err := e.newModel(s.Name, s.IfNotExists)
	if err != nil || exists {
		return e.change().done("CREATE MODEL"), err
	}
	return e.loadModel(m, s.File, s.With, s.Pos, "CREATE MODEL")
})

var _ = statement(func(e *env, s *ast.CopyModel) (*Plan, error) {
	if s.To {
		return e.modelFile(s)
	}
	if old, err := e.Catalog.LookupModel(e.Path, s.Name.Schema, s.Name.Name); err == nil {
		m := *old
		return e.loadModel(&m, "", s.With, s.Pos, "COPY")
	}
	m, _, err := e.newModel(s.Name, false)
	if err != nil {
		return nil, err
	}
	return e.loadModel(m, "", s.With, s.Pos, "COPY")
})

// modelFile is COPY MODEL … TO STDOUT.
func (e *env) modelFile(s *ast.CopyModel) (*Plan, error) {
	m, err := e.Catalog.LookupModel(e.Path, s.Name.Schema, s.Name.Name)
	if err != nil {
		return nil, e.at(s.Name.Pos, err)
	}
	v := m.Of(cmp.Or(s.Version, m.Current))
	if v == nil {
		return nil, errNoVersion(m, s.Version)
	}
	e.uses[m.OID] = m.Version
	return &Plan{Tag: "COPY", ModelFile: v}, nil
}

func errNoVersion(m *catalog.Model, version int) error {
	return pgerr.New(pgerr.UndefinedObject, "model %q has no version %d", m.Name, version).WithDetail("Its versions are %s.", versionList(m))
}

// newModel begins the description of a model with a name that is free.
func (e *env) newModel(n ast.Name, ifNotExists bool) (m *catalog.Model, exists bool, err error) {
	s, err := e.creationSchema(n)
	if err != nil {
		return nil, false, err
	}
	if strings.Contains(n.Name, "@") {
		return nil, false, e.at(n.Pos, errNameOfModel())
	}
	if e.Catalog.ModelNamed(s.OID, n.Name) != nil {
		taken := pgerr.New(pgerr.DuplicateObject, "model %q already exists", n.Name)
		if !ifNotExists {
			return nil, false, taken.WithHint("ALTER MODEL … ADD VERSION gives it a further version.")
		}
		taken.Message += ", skipping"
		e.notice(taken)
		return nil, true, nil
	}
	return &catalog.Model{OID: e.OIDs.Take(1), Schema: s.OID, Name: n.Name, Owner: e.owner(), Current: 1}, false, nil
}

func errNameOfModel() error {
	return pgerr.New(pgerr.InvalidName, "the name of a model must not have an @: it stands before the number of a version")
}

// loadModel is a statement that adds a version to a model, which is new or has others.
func (e *env) loadModel(m *catalog.Model, file string, with []*ast.Option, pos int, tag string) (*Plan, error) {
	opts, err := e.options(with, modelOptions)
	if err != nil {
		return nil, err
	}
	format := opts[modelFormat]
	if format == "" && m.Last > 0 {
		format = m.Versions[len(m.Versions)-1].Format
	}
	if format == "" {
		return nil, e.at(pos, pgerr.New(pgerr.InvalidParameterValue, "the format of the model is not given").
			WithHint("Say WITH (format = '…'). The formats are %s.", strings.Join(ml.Formats(), ", ")))
	}
	delete(opts, modelFormat)
	m.Version++
	m.Last++
	c := e.change()
	c.plan.Load = &LoadModel{File: file, Model: m, Version: catalog.ModelVersion{Number: m.Last, Format: format, Options: opts}}
	c.diff.NextOID = m.OID + 1
	return c.done(tag), nil
}

// WithModel returns the diff with the version that was made of the file.
func (p *ChangePlan) WithModel(v catalog.ModelVersion) *catalog.Diff {
	m := *p.Load.Model
	m.Versions = append(slices.Clip(m.Versions), v)
	d := *p.Diff
	d.Changes = []catalog.Change{{Model: &m}}
	return &d
}

// SignatureOf says what a model takes and gives in the words of SQL.
func SignatureOf(m ml.Model) catalog.Signature {
	s := m.Signature()
	_, explains := m.(ml.Explainer)
	out := catalog.Signature{Classes: s.Classes, Explains: explains, Cost: m.Cost(), Outputs: s.Outputs}
	for _, f := range s.Inputs {
		out.Inputs = append(out.Inputs, catalog.ModelInput{Name: f.Name, Category: f.Kind == ml.Category, Missing: f.Missing})
	}
	float8s, _ := col.Float8.Array()
	switch s.Task {
	case ml.Regression:
		out.Task, out.Result = "regression", col.Float8
	case ml.Many:
		out.Task, out.Result = "several", float8s
	case ml.Binary:
		out.Task, out.Result, out.Outputs = "binary", labelType(s.Classes), 2
	default:
		out.Task, out.Result = "multiclass", labelType(s.Classes)
	}
	return out
}

// labelType is bigint for labels that all are whole numbers, text for others.
func labelType(classes []string) col.Type {
	for _, c := range classes {
		if n, err := strconv.ParseInt(c, 10, 64); err != nil || strconv.FormatInt(n, 10) != c {
			return col.Text
		}
	}
	return col.Int8
}

// signatureText shows what a version takes and gives.
func signatureText(name string, s *catalog.Signature) string {
	parts := make([]string, len(s.Inputs))
	for i, in := range s.Inputs {
		parts[i] = ast.QuoteIdent(in.Name) + " " + in.Type().String()
	}
	return fmt.Sprintf("%s(%s) → %s", name, strings.Join(parts, ", "), s.Result)
}
