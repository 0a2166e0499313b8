package trees_test

import (
	"math"
	"testing"

	"github.com/millracedb/millrace/ml"
)

// tinyLightGBM has a split of a number and one of categories.
const tinyLightGBM = "tree\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=binary sigmoid:1\nfeature_names=a c\n\n" +
	"Tree=0\nnum_leaves=3\nsplit_feature=0 1\nthreshold=0.5 0\ndecision_type=10 1\nleft_child=1 -1\nright_child=-2 -3\n" +
	"leaf_value=1 2 3\nleaf_count=4 5 6\ninternal_count=15 10\ncat_boundaries=0 1\ncat_threshold=6\n\n" +
	"end of trees\n\n[categorical_feature: 1]\npandas_categorical:[[\"x\", \"red\", 1]]\n"

func FuzzLightGBM(f *testing.F) { fuzz(f, "lightgbm", tinyLightGBM) }

// tinyXGBoost has a split of a number and one of categories, of which there are three.
const tinyXGBoost = `{"learner":{"feature_names":["a","c"],"learner_model_param":{"base_score":"[5E-1]","num_class":"0",` +
	`"num_feature":"2","num_target":"1"},"objective":{"name":"binary:logistic"},"gradient_booster":{"name":"gbtree","model":{` +
	`"cats":{"enc":[{"offsets":[],"values":[]},{"offsets":[0,1,2,3],"values":[120,121,122]}]},"tree_info":[0],"trees":[{` +
	`"left_children":[1,3,-1,-1,-1],"right_children":[2,4,-1,-1,-1],"split_indices":[0,1,0,0,0],"split_conditions":[0.5,0,1,2,3],` +
	`"default_left":[1,0,0,0,0],"sum_hessian":[9,6,3,4,2],"categories":[0,2],"categories_nodes":[1],"categories_segments":[0],"categories_sizes":[2]}]}}}}`

// tinyUBJSON has of UBJSON what XGBoost writes: objects and arrays with their lengths or without,
// arrays of one type.
const tinyUBJSON = "{L\x00\x00\x00\x00\x00\x00\x00\x07learner{i\x13learner_model_param{i\x0abase_scoreSi\x030.5i\x0bnum_featureSi\x011}" +
	"i\x09objective{i\x04nameSi\x10reg:squarederror}i\x10gradient_booster{i\x04nameSi\x06gbtreei\x05model{i\x05trees[#i\x01{" +
	"i\x0dleft_children[$l#i\x01\xff\xff\xff\xffi\x0eright_children[$l#i\x01\xff\xff\xff\xff" +
	"i\x0dsplit_indices[$l#i\x01\x00\x00\x00\x00i\x10split_conditions[$d#i\x01\x3f\x80\x00\x00}}}}}"

func FuzzXGBoost(f *testing.F) { fuzz(f, "xgboost", tinyXGBoost, tinyUBJSON) }

// tinyCatBoost has an oblivious tree with a split of a number and one of a category.
const tinyCatBoost = `{"features_info":{"cat_features_hash":[{"hash":7,"value":"red"}],"categorical_features":[{"flat_feature_index":1}],` +
	`"float_features":[{"flat_feature_index":0,"nan_value_treatment":"AsTrue","feature_id":"a"}]},"scale_and_bias":[1,[0.5]],` +
	`"model_info":{"params":{"loss_function":{"type":"Logloss"}},"class_params":{"class_names":["no","yes"]}},` +
	`"oblivious_trees":[{"leaf_values":[1,2,3,4],"leaf_weights":[4,3,2,1],"splits":[{"split_type":"FloatFeature","float_feature_index":0,"border":0.5},` +
	`{"split_type":"OneHotFeature","cat_feature_index":0,"value":7}]}]}`

// tinyGrown has a tree of another form.
const tinyGrown = `{"features_info":{"float_features":[{"flat_feature_index":0}]},"scale_and_bias":[2,[0,1]],` +
	`"model_info":{"params":{"loss_function":{"type":"MultiClass"}}},"trees":[{"split":{"split_type":"FloatFeature","float_feature_index":0,` +
	`"border":-1},"left":{"value":[1,2],"weight":3},"right":{"value":[3,4],"weight":5}}]}`

// tinyCTR has a statistic of a category and a number.
const tinyCTR = `{"features_info":{"cat_features_hash":[{"hash":7,"value":"red"}],"categorical_features":[{"flat_feature_index":1}],` +
	`"float_features":[{"flat_feature_index":0}],"ctrs":[{"borders":[2.5],"ctr_type":"Borders","identifier":"i","prior_denomerator":1,` +
	`"prior_numerator":0.5,"scale":15,"shift":0,"target_border_idx":0,"elements":[{"cat_feature_index":0,"combination_element":"cat_feature_value"},` +
	`{"float_feature_index":0,"border":1,"combination_element":"float_feature"}]}]},"ctr_data":{"i":{"counter_denominator":0,"hash_stride":3,` +
	`"hash_map":["12",3,4,"5",6,7]}},"scale_and_bias":[1,[0]],"model_info":{"params":{"loss_function":{"type":"RMSE"}}},` +
	`"oblivious_trees":[{"leaf_values":[1,2],"leaf_weights":[4,3],"splits":[{"split_type":"OnlineCtr","split_index":0,"border":2.5}]}]}`

func FuzzCatBoost(f *testing.F) { fuzz(f, "catboost", tinyCatBoost, tinyGrown, tinyCTR) }

// fuzz opens what comes and, where it is a model, asks it. Seeds are small, because fuzzing
// takes long to make large inputs smaller.
func fuzz(f *testing.F, format string, seeds ...string) {
	for _, seed := range seeds {
		if _, err := ml.Open(format, []byte(seed), ml.Options{}); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := ml.Open(format, file, ml.Options{Limits: ml.Limits{Bytes: 1 << 20, Nodes: 1 << 12}})
		if err == nil {
			ask(t, m)
		}
	})
}

// ask asks for answers to rows of extremes, which are as many as the signature says.
func ask(t *testing.T, m ml.Model) {
	sig := m.Signature()
	if len(sig.Inputs) > 1000 || sig.Outputs > 1000 {
		return
	}
	if want := map[ml.Task]int{ml.Binary: 2, ml.Multiclass: sig.Outputs}[sig.Task]; len(sig.Classes) != want {
		t.Fatalf("%d classes of %d outputs", len(sig.Classes), sig.Outputs)
	}
	values := []float64{math.NaN(), 0, math.Inf(1), math.Inf(-1), 1e-40, 3, -7}
	in := ml.Batch{Rows: len(values)}
	for _, f := range sig.Inputs {
		c := ml.Column{Numbers: values}
		if f.Kind == ml.Category {
			c = ml.Column{Texts: []string{"", "red", "x", "1", "", "green", "blue"}, Null: []bool{true, false, false, false, false, false, false}}
		}
		in.Columns = append(in.Columns, c)
	}
	var s ml.Scratch
	var bad ml.Faults
	m.Predict(&s, &in, make([]float64, in.Rows*sig.Outputs), &bad)
	if e, is := m.(ml.Explainer); is {
		e.Explain(&s, &in, make([]float64, in.Rows*sig.Outputs*(len(sig.Inputs)+1)), &bad)
	}
	if !(m.Cost() >= 0) {
		t.Fatal("a cost of", m.Cost())
	}
}
