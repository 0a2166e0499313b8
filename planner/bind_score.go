package planner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// scorings are the functions that ask a model, by their names.
var scorings = map[string]fn.Scoring{}

func init() {
	for _, s := range []fn.Scoring{fn.Predict, fn.Probability, fn.PredictAll, fn.Explanations} {
		scorings[s.Function()] = s
	}
}

// score binds ml_predict('model', …) and its like: the model is found, and its inputs are checked,
// when the statement is planned.
func (b *binder) score(x *ast.Call, what fn.Scoring) (expr.Expr, error) {
	name := x.Name.Name
	if x.Over != nil {
		return nil, pgerr.New(pgerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	}
	if err := refuseModifiers(x, name); err != nil {
		return nil, err
	}
	var literal *ast.String
	if len(x.Args) > 0 {
		literal, _ = x.Args[0].(*ast.String)
	}
	if literal == nil || x.Variadic {
		return nil, pgerr.New(pgerr.InvalidParameterValue, "the first argument of %s must be the name of a model, as a literal", name).
			WithHint("Write %s('model', …), or 'model@3' for its version 3. SHOW MODELS lists them.", name)
	}
	s, v, err := b.modelNamed(literal.Value)
	if err != nil {
		return nil, b.env.at(literal.Pos, err)
	}
	s.What = what
	result, err := resultOf(s, v)
	if err != nil {
		return nil, err
	}
	inputs, err := b.inputs(x, s, v)
	if err != nil {
		return nil, err
	}
	return expr.NewScore(s, result, inputs...), nil
}

// modelNamed finds what name, schema.name, or either with @version means, and notes that the plan
// depends on it.
func (b *binder) modelNamed(text string) (s expr.Score, v *catalog.ModelVersion, err error) {
	name, number, pinned := strings.Cut(text, "@")
	schema, bare := qualifiedName(name)
	m, err := b.Catalog.LookupModel(b.Path, schema, bare)
	if err != nil {
		return s, nil, err
	}
	version := m.Current
	if pinned {
		if version, err = strconv.Atoi(number); err != nil {
			return s, nil, pgerr.New(pgerr.InvalidParameterValue, "%q is no number of a version", number)
		}
	}
	if v = m.Of(version); v == nil {
		return s, nil, errNoVersion(m, version)
	}
	s = expr.Score{Model: uint32(m.OID), Version: version, Name: m.Name, Following: !pinned}
	use := catalog.ModelUse{Model: m.OID, Version: version, Current: !pinned}
	if !pinned && b.forward {
		s.Version, use.Version = 0, 0
	}
	b.uses[m.OID] = m.Version
	if !slices.Contains(*b.scored, use) {
		*b.scored = append(*b.scored, use)
	}
	return s, v, nil
}

// askedModels lists the models that the statement asks.
func (e *env) askedModels() (out []catalog.OID) {
	for _, u := range *e.scored {
		out = append(out, u.Model)
	}
	return out
}

// asks reports whether the statement asks a model.
func (e *env) asks(model catalog.OID) bool {
	return slices.ContainsFunc(*e.scored, func(u catalog.ModelUse) bool { return u.Model == model })
}

// fixedModels refuses models without a version in what cannot be built anew when another version
// becomes current.
func (e *env) fixedModels(what string) error {
	for _, u := range *e.scored {
		if u.Current && u.Version != 0 {
			m := e.Catalog.Model(u.Model)
			return pgerr.Unsupported("%s that follows the current version of model %q", what, m.Name).
				WithHint("It cannot be computed anew with another version: name one, '%s@%d', or make a materialized view WITH (on_model_change = 'forward').", m.Name, u.Version)
		}
	}
	return nil
}

// looseModels is what a statement asks of models, for what is planned anew whenever it is asked: it
// follows by itself.
func (e *env) looseModels() []catalog.ModelUse {
	out := slices.Clone(*e.scored)
	for i := range out {
		if out[i].Current {
			out[i].Version = 0
		}
	}
	return out
}

// resultOf is the type of the answer.
func resultOf(s expr.Score, v *catalog.ModelVersion) (col.Type, error) {
	classes := v.Task == "binary" || v.Task == "multiclass"
	switch s.What {
	case fn.PredictAll:
		t, _ := col.Float8.Array()
		return t, nil
	case fn.Probability:
		if !classes {
			return col.Type{}, pgerr.New(pgerr.WrongObjectType, "model %q has no classes that could be probable", s.Name).
				WithDetail("%s", signatureText(s.Name, &v.Signature)).WithHint("Use ml_predict.")
		}
		return col.Float8, nil
	case fn.Explanations:
		if !v.Explains {
			return col.Type{}, pgerr.Unsupported("ml_explain of a model of format %s", v.Format).
				WithHint("Trees of LightGBM, XGBoost and CatBoost, and linear models, can be explained.")
		}
		return col.JSONB, nil
	}
	return v.Result, nil
}

// inputs binds the features of a call, in the order of the signature.
func (b *binder) inputs(x *ast.Call, s expr.Score, v *catalog.ModelVersion) ([]expr.Expr, error) {
	given := *x
	given.Args = x.Args[1:]
	args, names, err := b.arguments(&given)
	if err != nil {
		return nil, err
	}
	wrong := func(pos int, format string, a ...any) error {
		return b.env.at(pos, pgerr.New(pgerr.UndefinedFunction, format, a...).WithDetail("%s", signatureText(s.Name, &v.Signature)))
	}
	if names == nil && len(args) != len(v.Inputs) {
		return nil, wrong(x.Pos, "model %q takes %d inputs, not %d", s.Name, len(v.Inputs), len(args))
	}
	out := make([]expr.Expr, len(v.Inputs))
	for i, a := range args {
		pos, at := given.Args[i].Position(), i
		if names != nil && names[i] != "" {
			if at = inputNamed(v, names[i]); at < 0 {
				return nil, wrong(pos, "model %q has no input %q", s.Name, names[i])
			}
		}
		if at >= len(out) {
			return nil, wrong(pos, "model %q takes %d inputs", s.Name, len(v.Inputs))
		}
		if out[at] != nil {
			return nil, wrong(pos, "input %q of model %q is given twice", v.Inputs[at].Name, s.Name)
		}
		if out[at], err = b.input(a, v.Inputs[at]); err != nil {
			return nil, b.env.at(pos, pgerr.New(pgerr.DatatypeMismatch, "input %q of model %q is of type %s, not %s", v.Inputs[at].Name, s.Name,
				v.Inputs[at].Type(), bare(a.Type())).WithDetail("%s", signatureText(s.Name, &v.Signature)))
		}
	}
	for i, in := range out {
		if in == nil {
			return nil, wrong(x.Pos, "input %q of model %q is not given", v.Inputs[i].Name, s.Name)
		}
	}
	return out, nil
}

// inputNamed is the place of the input with a name, as it stands or folded; -1: there is none.
func inputNamed(v *catalog.ModelVersion, name string) int {
	at := slices.IndexFunc(v.Inputs, func(in catalog.ModelInput) bool { return in.Name == name })
	if at >= 0 {
		return at
	}
	return slices.IndexFunc(v.Inputs, func(in catalog.ModelInput) bool { return strings.ToLower(in.Name) == name })
}

// input casts what is given for a feature: truth values and numbers for numbers, whatever has a
// text for categories.
func (b *binder) input(x expr.Expr, in catalog.ModelInput) (expr.Expr, error) {
	if in.Category {
		return b.coerce(x, col.Text, fn.Assignment)
	}
	if x.Type().Is(col.Bool) {
		var err error
		if x, err = b.coerce(x, col.Int4, fn.Explicit); err != nil {
			return nil, err
		}
	}
	return b.coerce(x, col.Float8, fn.Implicit)
}

// modelsLine tells of the models that expressions ask, for EXPLAIN.
func modelsLine(c *catalog.Catalog, xs []expr.Expr) string {
	var parts []string
	for _, x := range xs {
		for _, s := range expr.Scores(x) {
			if text := modelText(c, s); !slices.Contains(parts, text) {
				parts = append(parts, text)
			}
		}
	}
	return strings.Join(parts, "; ")
}

func modelText(c *catalog.Catalog, s *expr.Score) string {
	m := c.Model(catalog.OID(s.Model))
	if m == nil {
		return s.Name
	}
	version := s.Version
	text := fmt.Sprintf("%s version %d", m.Name, version)
	if version == 0 {
		version = m.Current
		text = fmt.Sprintf("%s version %d, then whichever becomes current", m.Name, version)
	} else if s.Following {
		text += " (current)"
	}
	if v := m.Of(version); v != nil {
		text += fmt.Sprintf(", %s, %s, about %s a row", v.Format, v.Task, nanoseconds(v.Cost))
	}
	return text
}

func nanoseconds(ns float64) string {
	if ns < 1000 {
		return fmt.Sprintf("%.0f ns", ns)
	}
	return fmt.Sprintf("%.1f µs", ns/1000)
}
