package fn

import (
	"math"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/ml"
)

// Models finds the models that an evaluation asks. Its method may be called by any goroutine.
type Models interface {
	// Model returns a version of a model; version 0 is the one that is current now. What it returns
	// answers the same for ever.
	Model(oid uint32, version int) (ml.Model, error)
}

// Scoring is what is asked of a model.
type Scoring string

// What can be asked: the answer (a number, or the label of the most probable class), how probable
// the second class is, or the most probable of more, all numbers as an array, and what each input
// contributed, as a JSON object.
const (
	Predict      Scoring = "predict"
	Probability  Scoring = "proba"
	PredictAll   Scoring = "all"
	Explanations Scoring = "explain"
)

// What is asked in SQL is bound by the planner, which finds the model; these lines tell of it.
var (
	_ = scalar("ml_predict(text, variadic any) float8", "The answer of a model, which is named by a literal: a number; of a classifier the label of the most probable class, as bigint or text.", notBound, NonStrict, Fallible)
	_ = scalar("ml_predict_proba(text, variadic any) float8", "How probable a classifier finds the second of two classes, or the most probable of more.", notBound, NonStrict, Fallible)
	_ = scalar("ml_predict_all(text, variadic any) _float8", "All numbers of a model's answer; of a classifier the probability of each class.", notBound, NonStrict, Fallible)
	_ = scalar("ml_explain(text, variadic any) jsonb", "What each input contributes to the answer of a tree or linear model, before its link function.", notBound, NonStrict, Fallible)
)

// notBound is for a call that names no model.
func notBound(c *Ctx, _ []*col.Vector, sel []uint32, n int, out *col.Vector) {
	span(sel, n, func(i int) {
		c.Fail(out, i, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "a model can be asked only where its name is known when the statement is planned"))
	})
}

// Function is the name of the SQL function that asks.
func (s Scoring) Function() string {
	if s == Predict {
		return "ml_predict"
	}
	if s == Explanations {
		return "ml_explain"
	}
	return "ml_predict_" + string(s)
}

// ScoreVersion changes when a model's answers do (V2).
const ScoreVersion = 1

// scoreRows is how many rows are scored between two looks whether the statement is to end.
const scoreRows = 1024

// scorer is memory that scoring uses again.
type scorer struct {
	scratch ml.Scratch
	columns []ml.Column
	numbers [][]float64
	texts   [][]string
	nulls   [][]bool
	rows    []uint32
	out     []float64
	elems   *col.Vector
}

// Score asks a model about the lanes of sel (nil: all n). The arguments are its inputs, numbers as
// float8 and categories as text, of n values or one each; name is the model's, for errors. A row that lacks an input whose absence
// means nothing to the model has NULL for an answer; one that the model cannot answer is marked.
func (c *Ctx) Score(what Scoring, name string, m ml.Model, args []*col.Vector, sel []uint32, n int, ret col.Type) *col.Vector {
	if c.scorer == nil {
		c.scorer = &scorer{}
	}
	out := c.Vec(ret)
	out.Resize(n)
	if out.Kind.IsView() {
		clear(out.Str[:n])
	}
	s, sign := c.scorer, m.Signature()
	s.rows = s.rows[:0]
	span(sel, n, func(i int) {
		for k, v := range args {
			if !sign.Inputs[k].Missing && v.Null(i&mask(v, n)) {
				c.SetNull(out, i)
				return
			}
		}
		s.rows = append(s.rows, uint32(i))
	})
	all := s.rows
	for len(all) > 0 {
		part := all[:min(scoreRows, len(all))]
		all = all[len(part):]
		s.score(c, what, m, args, part, n, out, name)
		c.MayEnd()
	}
	return out
}

// score answers some rows.
func (s *scorer) score(c *Ctx, what Scoring, m ml.Model, args []*col.Vector, rows []uint32, n int, out *col.Vector, name string) {
	sign := m.Signature()
	in := ml.Batch{Rows: len(rows), Columns: s.gather(sign, args, rows, n)}
	var bad ml.Faults
	if what == Explanations {
		width := sign.Outputs * (len(sign.Inputs) + 1)
		s.out = grown(s.out, len(rows)*width)
		m.(ml.Explainer).Explain(&s.scratch, &in, s.out, &bad)
	} else {
		s.out = grown(s.out, len(rows)*sign.Outputs)
		m.Predict(&s.scratch, &in, s.out, &bad)
	}
	width := len(s.out) / len(rows)
	put := s.putter(c, what, sign, out)
	at := 0
	for r, lane := range rows {
		if at < len(bad.Rows) && bad.Rows[at] == r {
			c.Fail(out, int(lane), pgerr.New(pgerr.InvalidParameterValue, "model %q has no answer: %v", name, bad.Errs[at]))
			for at < len(bad.Rows) && bad.Rows[at] == r {
				at++
			}
			continue
		}
		put(int(lane), s.out[r*width:][:width])
	}
}

// gather brings the inputs of some rows together.
func (s *scorer) gather(sign *ml.Signature, args []*col.Vector, rows []uint32, n int) []ml.Column {
	for len(s.columns) < len(args) {
		s.columns, s.numbers = append(s.columns, ml.Column{}), append(s.numbers, nil)
		s.texts, s.nulls = append(s.texts, nil), append(s.nulls, nil)
	}
	for k, v := range args {
		c, m := &s.columns[k], mask(v, n)
		*c = ml.Column{}
		if sign.Inputs[k].Kind == ml.Number {
			s.numbers[k] = grown(s.numbers[k], len(rows))
			c.Numbers = s.numbers[k]
			for r, i := range rows {
				c.Numbers[r] = v.F64[int(i)&m]
			}
		} else {
			s.texts[k] = grown(s.texts[k], len(rows))
			c.Texts = s.texts[k]
			for r, i := range rows {
				c.Texts[r] = v.String(int(i) & m)
			}
		}
		if v.Valid != nil {
			s.missing(k, v, rows, m)
		}
	}
	return s.columns[:len(args)]
}

// missing notes where an input is NULL.
func (s *scorer) missing(k int, v *col.Vector, rows []uint32, m int) {
	c := &s.columns[k]
	if c.Texts != nil {
		s.nulls[k] = grown(s.nulls[k], len(rows))
		c.Null = s.nulls[k]
	}
	for r, i := range rows {
		null := v.Null(int(i) & m)
		if c.Null != nil {
			c.Null[r] = null
		}
		switch {
		case null && c.Texts != nil:
			c.Texts[r] = ""
		case null:
			c.Numbers[r] = math.NaN()
		}
	}
}

func grown[T any](have []T, n int) []T {
	if cap(have) < n {
		return make([]T, n)
	}
	return have[:n]
}

// putter puts a row's numbers into the result as what was asked for.
func (s *scorer) putter(c *Ctx, what Scoring, sign *ml.Signature, out *col.Vector) func(lane int, x []float64) {
	switch {
	case what == Explanations:
		return func(lane int, x []float64) {
			text := appendExplanation(c.buf[:0], sign, x)
			b, err := jsonb.Parse(text, nil)
			c.buf = text
			c.bytesOut(out, lane, b, err)
		}
	case what == PredictAll || sign.Task == ml.Many:
		return func(lane int, x []float64) { s.putArray(c, out, lane, allOf(sign, x)) }
	case what == Probability:
		return func(lane int, x []float64) { out.F64[lane] = x[best(sign, x)] }
	case sign.Task == ml.Regression:
		return func(lane int, x []float64) { out.F64[lane] = x[0] }
	}
	return s.putLabel(c, sign, out)
}

// best is the place of the number that is the probability.
func best(sign *ml.Signature, x []float64) int {
	at := 0
	if sign.Task == ml.Multiclass {
		for i := range x {
			if x[i] > x[at] {
				at = i
			}
		}
	}
	return at
}

// class is the number of the most probable class; of two that are so alike, the first.
func class(sign *ml.Signature, x []float64) int {
	if sign.Task != ml.Binary {
		return best(sign, x)
	}
	if x[0] > 0.5 {
		return 1
	}
	return 0
}

func (s *scorer) putLabel(c *Ctx, sign *ml.Signature, out *col.Vector) func(lane int, x []float64) {
	if out.Kind != col.KindI64 {
		return func(lane int, x []float64) { out.SetBytes(lane, []byte(sign.Classes[class(sign, x)])) }
	}
	labels := make([]int64, len(sign.Classes))
	for i, l := range sign.Classes {
		labels[i], _ = strconv.ParseInt(l, 10, 64)
	}
	return func(lane int, x []float64) { out.I64[lane] = labels[class(sign, x)] }
}

// allOf is all numbers of a row: of two classes, the probabilities of both.
func allOf(sign *ml.Signature, x []float64) []float64 {
	if sign.Task == ml.Binary && len(x) == 1 {
		return []float64{1 - x[0], x[0]}
	}
	return x
}

func (s *scorer) putArray(c *Ctx, out *col.Vector, lane int, x []float64) {
	if s.elems == nil {
		s.elems = col.NewVector(col.Float8)
	}
	s.elems.Reset(col.Float8)
	for _, f := range x {
		s.elems.AppendF64(f)
	}
	shape := col.Flat(len(x))
	c.buf = col.AppendArray(c.buf[:0], &shape, s.elems, 0)
	out.SetBytes(lane, c.buf)
}

// Rest is the name of what no input contributed, in an explanation.
const Rest = "(rest)"

// appendExplanation appends the contributions of a row's inputs as a JSON object; of several
// outputs, an object of these by their classes.
func appendExplanation(dst []byte, sign *ml.Signature, x []float64) []byte {
	width := len(sign.Inputs) + 1
	if sign.Outputs == 1 {
		return appendContributions(dst, sign, x)
	}
	for o := range sign.Outputs {
		label := strconv.Itoa(o + 1)
		if o < len(sign.Classes) {
			label = sign.Classes[o]
		}
		dst = jsonb.AppendQuoted(append(dst, "{,"[min(o, 1)]), []byte(label))
		dst = appendContributions(append(dst, ':'), sign, x[o*width:][:width])
	}
	return append(dst, '}')
}

func appendContributions(dst []byte, sign *ml.Signature, x []float64) []byte {
	for i, f := range x {
		name := Rest
		if i < len(sign.Inputs) {
			name = sign.Inputs[i].Name
		}
		dst = jsonb.AppendQuoted(append(dst, "{,"[min(i, 1)]), []byte(name))
		dst = jsonb.AppendNumberOrString(append(dst, ':'), strconv.AppendFloat(nil, f, 'g', -1, 64))
	}
	return append(dst, '}')
}
