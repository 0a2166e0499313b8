package trees

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/ml"
	"github.com/millracedb/millrace/ml/forest"
)

func init() { ml.Register("xgboost", openXGBoost) }

// openXGBoost reads what XGBoost's save_model writes, as JSON or as UBJSON.
func openXGBoost(file []byte, o ml.Options) (ml.Model, error) {
	parse := parseUBJSON
	if b := bytes.TrimLeft(file, " \t\r\n"); len(b) > 1 && b[0] == '{' && bytes.IndexByte([]byte("\" \t\r\n}"), b[1]) >= 0 {
		parse = parseJSON
	}
	doc, err := parse(file, 8*len(file))
	if err != nil {
		return nil, fmt.Errorf("xgboost: %w", err)
	}
	p := &xgboost{forest: &forest.Forest{Limit: o.Limits.Nodes, Single: true}}
	if err := p.read(doc); err != nil {
		return nil, fmt.Errorf("xgboost: %w", err)
	}
	p.forest.Ready()
	p.model.trees = p.forest
	if err := p.model.rename(o); err != nil {
		return nil, fmt.Errorf("xgboost: %w", err)
	}
	return p.model, nil
}

// xgboost is a model while it is read.
type xgboost struct {
	model   *model
	forest  *forest.Forest
	weights []float64 // of trees, where dart made them
}

func (p *xgboost) read(doc any) error {
	learner, err := field[map[string]any](doc, "learner")
	if err != nil {
		return err
	}
	if err := p.inputs(learner); err != nil {
		return err
	}
	if err := p.answers(learner); err != nil {
		return err
	}
	booster := memberOf(learner, "gradient_booster")
	trees := booster
	switch name := textOf(booster, "name"); name {
	case "gbtree":
	case "dart":
		trees = memberOf(booster, "gbtree")
	default:
		return fmt.Errorf("the booster %q is not supported", name)
	}
	model, err := field[map[string]any](trees, "model")
	if err != nil {
		return err
	}
	if err := p.categories(listOf(model["cats"], "enc")); err != nil {
		return err
	}
	if n := len(listOf(model, "trees")); n < len(p.model.base) && len(p.model.base) > 1 {
		return fmt.Errorf("%d trees for %d sums", n, len(p.model.base))
	}
	p.weights = numbersOf(booster, "weight_drop")
	outs := numbersOf(model, "tree_info")
	for i, t := range listOf(model, "trees") {
		out := at(outs, i)
		if !(out >= 0 && out < float64(len(p.model.base))) {
			return fmt.Errorf("tree %d: it adds to the sum %v of %d", i, out, len(p.model.base))
		}
		if err := p.tree(t, int(out)); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	return nil
}

// leaf is what a leaf of the next tree adds: of one that dart dropped in training a part.
func (p *xgboost) leaf(value float64) float64 {
	if tree := p.forest.Trees(); tree < len(p.weights) {
		return float64(float32(p.weights[tree]) * float32(value))
	}
	return float64(float32(value))
}

// inputs reads the names of features.
func (p *xgboost) inputs(learner map[string]any) error {
	names := listOf(learner, "feature_names")
	text := textOf(learner["learner_model_param"], "num_feature")
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxOutputs || len(names) > 0 && len(names) != n {
		return fmt.Errorf("num_feature %q with %d names", text, len(names))
	}
	inputs := make([]ml.Feature, n)
	for i := range inputs {
		inputs[i] = ml.Feature{Name: "f" + strconv.Itoa(i), Missing: true}
		if len(names) > 0 {
			inputs[i].Name, _ = names[i].(string)
		}
	}
	p.model = newModel(inputs)
	p.model.single, p.model.signature.Single = true, true
	return nil
}

// answers reads the objective and what the sums begin with.
func (p *xgboost) answers(learner map[string]any) error {
	outs := 1
	for _, name := range []string{"num_class", "num_target"} {
		n, err := strconv.Atoi(textOf(learner["learner_model_param"], name))
		if err == nil {
			outs = max(outs, n)
		}
	}
	if outs > maxOutputs {
		return fmt.Errorf("answers of %d numbers", outs)
	}
	p.model.base, p.model.signature.Outputs = make([]float64, outs), outs
	margin, err := p.objective(textOf(learner["objective"], "name"))
	if err != nil {
		return err
	}
	s := &p.model.signature
	if s.Task == ml.Regression && outs > 1 {
		s.Task = ml.Many
	}
	if s.Task == ml.Binary && outs > 1 {
		s.Task = ml.Many // a label each
	}
	s.Classes = numbered(s.Task, outs)
	text := textOf(learner["learner_model_param"], "base_score")
	scores := strings.Split(strings.Trim(text, "[]"), ",")
	for i := range p.model.base {
		score := scores[0]
		if len(scores) == outs {
			score = scores[i]
		}
		v, err := strconv.ParseFloat(score, 32)
		if err != nil {
			return fmt.Errorf("base_score %q", text)
		}
		p.model.base[i] = float64(float32(margin(v)))
	}
	return nil
}

// objective sets what the sums mean, and gives the sum that a base score stands for.
func (p *xgboost) objective(name string) (margin func(float64) float64, err error) {
	same := func(x float64) float64 { return x }
	logit := func(x float64) float64 { return -math.Log(float64(1/float32(x) - 1)) }
	m := p.model
	switch name {
	case "reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror",
		"reg:quantileerror", "binary:logitraw", "rank:pairwise", "rank:ndcg", "rank:map":
		return same, nil
	case "reg:logistic":
		m.link = singleSigmoid
		return logit, nil
	case "binary:logistic":
		m.link, m.signature.Task = singleSigmoid, ml.Binary
		return logit, nil
	case "binary:hinge":
		m.link = each(positive)
		return same, nil
	case "multi:softprob", "multi:softmax":
		m.link, m.signature.Task = softmax, ml.Multiclass
		return same, nil
	case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
		m.link = exponential
		return math.Log, nil
	}
	return nil, fmt.Errorf("objective %q is not supported", name)
}

// singleSigmoid keeps away from a division by zero as XGBoost does.
var singleSigmoid = each(func(x float64) float64 { return 1 / (1 + math.Exp(min(-x, 88.7)) + 1e-16) })

// categories reads the names of categories, by input: texts as the bytes of all of them and where
// each begins, or numbers.
func (p *xgboost) categories(all []any) error {
	if len(all) > len(p.model.coded) {
		return fmt.Errorf("categories of %d features, of which there are %d", len(all), len(p.model.coded))
	}
	for i, of := range all {
		values, offsets := numbersOf(of, "values"), numbersOf(of, "offsets")
		if len(values) == 0 {
			continue
		}
		known := map[string]int32{}
		if len(offsets) == 0 {
			for code, v := range values {
				known[strconv.FormatFloat(v, 'f', -1, 64)] = int32(code)
			}
		}
		for code := range max(0, len(offsets)-1) {
			from, to := offsets[code], offsets[code+1]
			if !(from >= 0 && from <= to && to <= float64(len(values))) {
				return fmt.Errorf("a category of the bytes %v to %v of %d", from, to, len(values))
			}
			text := make([]byte, 0, int(to)-int(from))
			for _, v := range values[int(from):int(to)] {
				text = append(text, byte(int(v)))
			}
			known[string(text)] = int32(code)
		}
		p.model.text(i, known)
		p.model.strict = true
	}
	return nil
}
