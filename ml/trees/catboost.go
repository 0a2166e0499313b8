package trees

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/millracedb/millrace/ml"
	"github.com/millracedb/millrace/ml/forest"
)

func init() { ml.Register("catboost", openCatBoost) }

// openCatBoost reads what CatBoost's save_model writes with format="json".
func openCatBoost(file []byte, o ml.Options) (ml.Model, error) {
	doc, err := parseJSON(file, 8*len(file))
	if err != nil {
		return nil, fmt.Errorf("catboost: %w", err)
	}
	p := &catboost{forest: &forest.Forest{Limit: o.Limits.Nodes}, codes: map[uint32]int64{}}
	if err := p.read(doc); err != nil {
		return nil, fmt.Errorf("catboost: %w", err)
	}
	if err := p.model.rename(o); err != nil {
		return nil, fmt.Errorf("catboost: %w", err)
	}
	return p.model, nil
}

// catboost is a model while it is read.
type catboost struct {
	model      *model
	forest     *forest.Forest
	floats     []float
	categories []int            // the inputs that are categories
	hashed     []uint32         // by code
	codes      map[uint32]int64 // of the hashes by which splits know categories
	known      map[string]int32 // the same of their texts
	before     int              // how many splits are numbered before those of statistics
	ofSplit    []int            // of these by their number: which statistic
}

// float is a feature that is a number, and whether it counts as great where it is missing.
type float struct {
	input int
	right bool
}

func (p *catboost) read(doc any) error {
	info, err := field[map[string]any](doc, "features_info")
	if err != nil {
		return err
	}
	for _, kind := range []string{"text_features", "embedding_features"} {
		if len(listOf(info, kind)) > 0 {
			return fmt.Errorf("%s are not supported", kind)
		}
	}
	if err := p.inputs(info); err != nil {
		return err
	}
	if err := p.start(doc); err != nil {
		return err
	}
	if err := p.objective(memberOf(doc, "model_info")); err != nil {
		return err
	}
	if err := p.statistics(doc); err != nil {
		return err
	}
	if trees := listOf(doc, "trees"); trees != nil {
		err = p.grown(trees)
	} else {
		err = p.oblivious(listOf(doc, "oblivious_trees"))
	}
	p.forest.Ready()
	p.model.trees = p.forest
	return err
}

// inputs reads the features, which stand by kind and are numbered over all.
func (p *catboost) inputs(info map[string]any) error {
	numbers, categories := listOf(info, "float_features"), listOf(info, "categorical_features")
	count, seen := 0, map[float64]bool{}
	for _, f := range slices.Concat(numbers, categories) {
		at, err := field[float64](f, "flat_feature_index")
		if err != nil || !(at >= 0 && at < maxOutputs) || at != math.Trunc(at) || seen[at] {
			return fmt.Errorf("flat_feature_index of a feature is %v, or that of two", at)
		}
		count, seen[at] = max(count, int(at)+1), true
	}
	inputs := make([]ml.Feature, count)
	for i := range inputs {
		inputs[i] = ml.Feature{Name: "f" + strconv.Itoa(i), Missing: true}
	}
	p.model = newModel(inputs)
	p.model.single = true
	for _, f := range numbers {
		at := named(inputs, f)
		p.floats = append(p.floats, float{input: at, right: textOf(f, "nan_value_treatment") == "AsTrue"})
	}
	if len(categories) > 0 {
		if err := p.hashes(listOf(info, "cat_features_hash")); err != nil {
			return err
		}
	}
	p.model.hashes = p.hashed
	for _, f := range categories {
		at := named(inputs, f)
		inputs[at].Missing = false
		p.model.text(at, p.known)
		p.categories = append(p.categories, at)
	}
	return nil
}

// named gives an input its name, and says which it is.
func named(inputs []ml.Feature, f any) int {
	at, _ := field[float64](f, "flat_feature_index")
	for _, key := range []string{"feature_id", "feature_name"} {
		if name := textOf(f, key); name != "" {
			inputs[int(at)].Name = name
		}
	}
	return int(at)
}

// hashes reads which texts the hashes stand for.
func (p *catboost) hashes(list []any) error {
	if list == nil {
		return fmt.Errorf("the file has no cat_features_hash: save the model with pool=")
	}
	p.known = map[string]int32{}
	for _, of := range list {
		hash, err := field[float64](of, "hash")
		if err != nil || !(hash >= 0 && hash <= math.MaxUint32) {
			return fmt.Errorf("cat_features_hash: hash %v", hash)
		}
		code, has := p.codes[uint32(hash)]
		if !has {
			code = int64(len(p.codes))
			p.codes[uint32(hash)] = code
			p.hashed = append(p.hashed, uint32(hash))
		}
		p.known[textOf(of, "value")] = int32(code)
	}
	return nil
}

// start reads what all sums are multiplied by and begin with.
func (p *catboost) start(doc any) error {
	both := listOf(doc, "scale_and_bias")
	if len(both) != 2 {
		return fmt.Errorf("scale_and_bias of %d parts", len(both))
	}
	scale, is := both[0].(float64)
	if !is || scale == 0 {
		return fmt.Errorf("scale_and_bias whose first part is %v", both[0])
	}
	bias, _ := both[1].([]float64)
	if len(bias) == 0 || len(bias) > maxOutputs {
		return fmt.Errorf("scale_and_bias whose second part are %d numbers", len(bias))
	}
	p.model.scale, p.model.base = scale, make([]float64, len(bias))
	for i, b := range bias {
		p.model.base[i] = b / scale
	}
	p.model.signature.Outputs = len(bias)
	return nil
}

// objective sets what the sums mean, by the loss that was trained for.
func (p *catboost) objective(info any) error {
	m, outs := p.model, len(p.model.base)
	s := &m.signature
	switch loss := textOf(memberOf(info, "params", "loss_function"), "type"); loss {
	case "Logloss", "CrossEntropy", "Focal":
		m.link, s.Task = sigmoid(1), ml.Binary
	case "MultiClass":
		m.link, s.Task = softmax, ml.Multiclass
	case "MultiClassOneVsAll":
		m.link, s.Task = sigmoid(1), ml.Multiclass
	case "MultiLogloss", "MultiCrossEntropy":
		m.link, s.Task = sigmoid(1), ml.Many
	case "Poisson", "Tweedie":
		m.link = exponential
	case "RMSEWithUncertainty":
		m.link, s.Task = uncertainty, ml.Many
	case "RMSE", "MAE", "Quantile", "MAPE", "Lq", "Huber", "Expectile", "LogLinQuantile", "LogCosh", "Cox", "SurvivalAft",
		"YetiRank", "YetiRankPairwise", "PairLogit", "PairLogitPairwise", "QueryRMSE", "QuerySoftMax", "QueryCrossEntropy",
		"StochasticFilter", "StochasticRank", "LambdaMart", "MultiRMSE", "MultiRMSEWithMissingValues", "MultiQuantile":
		if outs > 1 {
			s.Task = ml.Many
		}
	default:
		return fmt.Errorf("the loss function %q is not supported", loss)
	}
	if (s.Task == ml.Binary || s.Task == ml.Regression) && outs != 1 {
		return fmt.Errorf("%d sums where one is expected", outs)
	}
	s.Classes = labels(memberOf(info, "class_params"), numbered(s.Task, outs))
	return nil
}

// uncertainty makes of a mean and the logarithm of a deviation the mean and the variance.
func uncertainty(sums []float64, _ bool) {
	for i := 1; i < len(sums); i += 2 {
		sums[i] = math.Exp(2 * sums[i])
	}
}

// labels are the names of classes that a file has, which are as many as those that it is without.
func labels(params any, without []string) []string {
	var have []string
	for _, v := range numbersOf(params, "class_names") {
		have = append(have, strconv.FormatFloat(v, 'f', -1, 64))
	}
	for _, v := range listOf(params, "class_names") {
		switch v := v.(type) {
		case string:
			have = append(have, v)
		case bool:
			have = append(have, strconv.FormatBool(v))
		}
	}
	if len(have) != len(without) {
		return without
	}
	return have
}
