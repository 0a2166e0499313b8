package trees

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/ml"
	"github.com/millracedb/millrace/ml/forest"
)

func init() { ml.Register("lightgbm", openLightGBM) }

// section is lines of the form key=value, up to one that is of another form.
type section map[string]string

// maxKeys is how many lines a section has at most.
const maxKeys = 64

// sections cuts a text: the head, and each part that begins with a line Tree=…; it says what stands
// behind the line that ends the trees.
func lightGBMSections(text string, each func(section) error) (rest string, err error) {
	s := section{}
	for {
		line, after, more := strings.Cut(text, "\n")
		line = strings.TrimRight(line, "\r")
		key, value, paired := strings.Cut(line, "=")
		if line == "end of trees" || !more || key == "Tree" {
			if err := each(s); err != nil {
				return "", err
			}
			s = section{}
		}
		switch {
		case line == "end of trees":
			return after, nil
		case !more:
			return "", fmt.Errorf("the file ends before its trees do")
		case line == "":
		case len(s) == maxKeys:
			return "", fmt.Errorf("more than %d lines in a part of the file", maxKeys)
		case paired:
			s[key] = value
		default:
			s[line] = ""
		}
		text = after
	}
}

// openLightGBM reads the text that LightGBM's save_model writes.
func openLightGBM(file []byte, o ml.Options) (ml.Model, error) {
	p := &lightGBM{forest: &forest.Forest{Limit: o.Limits.Nodes}}
	text := string(file)
	if !strings.HasPrefix(text, "tree\n") && !strings.HasPrefix(text, "tree\r\n") {
		return nil, fmt.Errorf("lightgbm: the file does not begin with the line %q", "tree")
	}
	rest, err := lightGBMSections(text, func(s section) error {
		if p.model == nil {
			return p.head(s)
		}
		if err := p.tree(s); err != nil {
			return fmt.Errorf("tree %s: %w", s["Tree"], err)
		}
		return nil
	})
	if err == nil {
		err = p.end(rest, o)
	}
	if err != nil {
		return nil, fmt.Errorf("lightgbm: %w", err)
	}
	return p.model, nil
}

// lightGBM is a model while it is read.
type lightGBM struct {
	model      *model
	forest     *forest.Forest
	iteration  int    // how many trees it has: one for each sum
	average    bool   // of a random forest
	categories []bool // by input: it is one, as the head tells or as a split does
}

// head reads what stands before the first tree.
func (p *lightGBM) head(s section) error {
	last, err := strconv.Atoi(s["max_feature_idx"])
	if strings.Count(s["feature_names"], " ") >= maxInputs {
		return fmt.Errorf("more than %d features", maxInputs)
	}
	names := strings.Fields(s["feature_names"])
	if err != nil || last+1 != len(names) {
		return fmt.Errorf("max_feature_idx %q is not that of the last of %d feature names", s["max_feature_idx"], len(names))
	}
	inputs := make([]ml.Feature, len(names))
	p.categories = make([]bool, len(names))
	for i, name := range names {
		inputs[i] = ml.Feature{Name: name, Missing: true}
	}
	for i, info := range strings.Fields(s["feature_infos"]) {
		if i < len(names) {
			p.categories[i] = info != "none" && !strings.HasPrefix(info, "[")
		}
	}
	p.iteration = 1
	if text, has := s["num_tree_per_iteration"]; has {
		if p.iteration, err = strconv.Atoi(text); err != nil || p.iteration < 1 || p.iteration > maxOutputs {
			return fmt.Errorf("num_tree_per_iteration is %q", text)
		}
	}
	_, p.average = s["average_output"]
	p.model = newModel(inputs)
	p.model.base = make([]float64, p.iteration)
	p.model.signature.Outputs = p.iteration
	return p.objective(s["objective"])
}

// maxInputs is how many features a model may have, and maxOutputs how many numbers its answer.
const (
	maxInputs  = 1 << 20
	maxOutputs = 1 << 16
)

// objective sets what the sums mean.
func (p *lightGBM) objective(text string) error {
	words := append(strings.Fields(text), "")
	s := &p.model.signature
	switch name := words[0]; name {
	case "binary", "multiclassova":
		k := 1.0
		for _, w := range words {
			if value, has := strings.CutPrefix(w, "sigmoid:"); has {
				var err error
				if k, err = strconv.ParseFloat(value, 64); err != nil {
					return fmt.Errorf("objective %q", text)
				}
			}
		}
		p.model.link = sigmoid(k)
		if s.Task = ml.Multiclass; name == "binary" {
			s.Task = ml.Binary
		}
	case "multiclass":
		p.model.link, s.Task = softmax, ml.Multiclass
	case "poisson", "gamma", "tweedie":
		p.model.link = exponential
	case "cross_entropy":
		p.model.link = sigmoid(1)
	case "cross_entropy_lambda":
		p.model.link = each(softplus)
	case "regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg", "custom", "":
		if slices.Contains(words, "sqrt") {
			p.model.link = each(signedSquare)
		}
		if p.iteration > 1 {
			s.Task = ml.Many
		}
	default:
		return fmt.Errorf("objective %q is not supported", name)
	}
	if (s.Task == ml.Binary) && p.iteration != 1 {
		return fmt.Errorf("objective %q with %d sums", words[0], p.iteration)
	}
	s.Classes = numbered(s.Task, p.iteration)
	return nil
}

// numbered are the labels of classes that a file does not name: 0, 1, …
func numbered(task ml.Task, outputs int) []string {
	switch task {
	case ml.Binary:
		return []string{"0", "1"}
	case ml.Multiclass:
		labels := make([]string, outputs)
		for i := range labels {
			labels[i] = strconv.Itoa(i)
		}
		return labels
	}
	return nil
}

// end reads what stands behind the trees and completes the model.
func (p *lightGBM) end(rest string, o ml.Options) error {
	if p.forest.Trees()%p.iteration != 0 || p.forest.Trees() < p.iteration && p.iteration > 1 {
		return fmt.Errorf("%d trees, of which every iteration has %d", p.forest.Trees(), p.iteration)
	}
	if n := p.forest.Trees() / p.iteration; p.average && n > 0 {
		p.model.scale = 1 / float64(n)
	}
	if err := p.pandas(rest); err != nil {
		return err
	}
	p.forest.Ready()
	p.model.trees = p.forest
	return p.model.rename(o)
}

// pandas reads the categories that a data frame had, a list for each input that was of the type
// category, in the order of the inputs.
func (p *lightGBM) pandas(rest string) error {
	_, text, has := strings.Cut(rest, "\npandas_categorical:")
	if !has {
		return nil
	}
	text, _, _ = strings.Cut(text, "\n")
	doc, err := parseJSON([]byte(text), 8*len(text))
	if err != nil {
		return fmt.Errorf("pandas_categorical: %w", err)
	}
	lists, _ := doc.([]any)
	if len(lists) == 0 {
		return nil
	}
	if _, after, has := strings.Cut(rest, "\n[categorical_feature: "); has {
		list, _, _ := strings.Cut(after, "]")
		for at := range strings.SplitSeq(list, ",") {
			if i, err := strconv.Atoi(at); err == nil && i >= 0 && i < len(p.categories) {
				p.categories[i] = true
			}
		}
	}
	next := 0
	for i, is := range p.categories {
		if !is {
			continue
		}
		if next < len(lists) {
			known, err := categories(lists[next])
			if err != nil {
				return fmt.Errorf("pandas_categorical: %w", err)
			}
			p.model.text(i, known)
		}
		next++
	}
	if next != len(lists) {
		return fmt.Errorf("pandas_categorical has %d lists for %d categorical features", len(lists), next)
	}
	return nil
}

// categories are the codes of the members of a list: their places.
func categories(list any) (map[string]int32, error) {
	known := map[string]int32{}
	switch list := list.(type) {
	case []float64:
		for i, v := range list {
			known[strconv.FormatFloat(v, 'f', -1, 64)] = int32(i)
		}
	case []any:
		for i, v := range list {
			switch v := v.(type) {
			case string:
				known[v] = int32(i)
			case bool:
				known[strconv.FormatBool(v)] = int32(i)
			case float64:
				known[strconv.FormatFloat(v, 'f', -1, 64)] = int32(i)
			default:
				return nil, fmt.Errorf("a category that is no text and no number")
			}
		}
	default:
		return nil, fmt.Errorf("categories that are no list")
	}
	return known, nil
}
