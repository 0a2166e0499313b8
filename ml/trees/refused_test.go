package trees_test

import (
	"strings"
	"testing"

	"github.com/millracedb/millrace/ml"
)

// What cannot be read is refused with what it is, and what a file claims is not believed.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ format, file, old, new, want string }{
		{"lightgbm", tinyLightGBM, "tree\n", "forest\n", `does not begin with the line "tree"`},
		{"lightgbm", tinyLightGBM, "binary", "custom_loss", `objective "custom_loss" is not supported`},
		{"lightgbm", tinyLightGBM, "num_leaves=3", "num_leaves=3\nis_linear=1", "linear_tree"},
		{"lightgbm", tinyLightGBM, "num_leaves=3", "num_leaves=3000000000", "3 values for 3000000000 leaves"},
		{"lightgbm", tinyLightGBM, "left_child=1 -1", "left_child=1 1", "child of two"},
		{"lightgbm", tinyLightGBM, "left_child=1 -1", "left_child=0 -1", "child of two"},
		{"lightgbm", tinyLightGBM, "left_child=1 -1", "left_child=9 -1", "child 9"},
		{"lightgbm", tinyLightGBM, "split_feature=0 1", "split_feature=0 7", "none of 2"},
		{"lightgbm", tinyLightGBM, "threshold=0.5 0", "threshold=0.5 4", "set 4 of 1"},
		{"lightgbm", tinyLightGBM, "num_tree_per_iteration=1", "num_tree_per_iteration=999999999", "num_tree_per_iteration"},
		{"lightgbm", tinyLightGBM, "num_tree_per_iteration=1\nmax_feature_idx=1\nobjective=binary", "num_tree_per_iteration=60000\nmax_feature_idx=1\nobjective=multiclass", "1 trees, of which every iteration has 60000"},
		{"lightgbm", tinyLightGBM, "feature_names=a c", "feature_names=" + strings.Repeat("a ", 1<<20), "more than 1048576 features"},
		{"xgboost", strings.Replace(tinyXGBoost, "binary:logistic", "multi:softprob", 1), `"num_class":"0"`, `"num_class":"60000"`, "1 trees for 60000 sums"},
		{"lightgbm", tinyLightGBM, `["x", "red", 1]`, `["x"], ["y"]`, "2 lists for 1 categorical features"},
		{"lightgbm", tinyLightGBM, "end of trees", "", "ends before its trees do"},
		{"xgboost", tinyXGBoost, "gbtree", "gblinear", `booster "gblinear" is not supported`},
		{"xgboost", tinyXGBoost, `"left_children"`, `"tree_param":{"size_leaf_vector":"3"},"left_children"`, "multi_output_tree"},
		{"xgboost", tinyXGBoost, "binary:logistic", "reg:own", `objective "reg:own" is not supported`},
		{"xgboost", tinyXGBoost, `"left_children":[1,`, `"left_children":[0,`, "child of two"},
		{"xgboost", tinyXGBoost, `"categories":[0,2]`, `"categories":[0,99999999]`, "category 9.9999999e+07"},
		{"xgboost", tinyXGBoost, `"num_feature":"2"`, `"num_feature":"2000000000"`, "num_feature"},
		{"xgboost", tinyUBJSON, "[$l#i\x01", "[$l#l\x7f\xff\xff\xff", "ends too early"},
		{"xgboost", "{" + strings.Repeat(`"a":{`, 1000), "", "", "nested deeper than 256"},
		{"xgboost", `{"a":[` + strings.Repeat("{},", 1<<20) + "{}]}", "", "", "more memory than its length allows"},
		{"catboost", tinyCatBoost, `"cat_features_hash":[{"hash":7,"value":"red"}],`, "", "save the model with pool="},
		{"catboost", tinyCatBoost, `"float_features"`, `"text_features":[{}],"float_features"`, "text_features are not supported"},
		{"catboost", tinyCatBoost, `"flat_feature_index":1`, `"flat_feature_index":0`, "that of two"},
		{"catboost", tinyCatBoost, "Logloss", "MyLoss", `loss function "MyLoss" is not supported`},
		{"catboost", tinyCatBoost, "[1,2,3,4]", "[1,2,3]", "3 values for 4 leaves"},
		{"catboost", tinyCTR, `"Borders"`, `"Medians"`, `kind "Medians"`},
	} {
		file := strings.Replace(c.file, c.old, c.new, 1)
		if c.old != "" && file == c.file {
			t.Errorf("%s: nothing replaced for %q", c.format, c.want)
		}
		_, err := ml.Open(c.format, []byte(file), ml.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, wanted %q", c.format, err, c.want)
		}
	}
}

// Limits bound the nodes of all trees.
func TestLimits(t *testing.T) {
	for format, file := range map[string]string{"lightgbm": tinyLightGBM, "xgboost": tinyXGBoost, "catboost": tinyCatBoost} {
		if _, err := ml.Open(format, []byte(file), ml.Options{Limits: ml.Limits{Bytes: 1 << 20, Nodes: 4}}); err == nil {
			t.Errorf("%s: a tree of more than four nodes", format)
		}
		if _, err := ml.Open(format, []byte(file), ml.Options{Limits: ml.Limits{Bytes: 10, Nodes: 100}}); err == nil {
			t.Errorf("%s: more than ten bytes", format)
		}
	}
}

// A missing or unknown category leaves a row without an answer where the library has none.
func TestFaults(t *testing.T) {
	m, err := ml.Open("xgboost", []byte(tinyXGBoost), ml.Options{Inputs: []string{"size", "color"}})
	if err != nil {
		t.Fatal(err)
	}
	in := ml.Batch{Rows: 3, Columns: []ml.Column{
		{Numbers: []float64{0, 0, 0}},
		{Texts: []string{"x", "unknown", ""}, Null: []bool{false, false, true}},
	}}
	var s ml.Scratch
	var bad ml.Faults
	out := make([]float64, 3)
	m.Predict(&s, &in, out, &bad)
	if len(bad.Rows) != 1 || bad.Rows[0] != 1 || !strings.Contains(bad.Errs[0].Error(), `"color"`) || out[0] != out[0] || out[1] == out[1] || out[2] != out[2] {
		t.Error(bad, out)
	}
}

// Nothing is allocated for a row: a batch of a model without texts and faults needs only its scratch.
func TestNoAllocations(t *testing.T) {
	file := strings.Replace(strings.Replace(tinyLightGBM, "pandas_categorical", "no_pandas", 1), "binary", "poisson", 1)
	m, err := ml.Open("lightgbm", []byte(file), ml.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := ml.Batch{Rows: 1000, Columns: []ml.Column{{Numbers: make([]float64, 1000)}, {Numbers: make([]float64, 1000)}}}
	var s ml.Scratch
	var bad ml.Faults
	out, parts := make([]float64, 1000), make([]float64, 3000)
	n := testing.AllocsPerRun(10, func() {
		m.Predict(&s, &in, out, &bad)
		m.(ml.Explainer).Explain(&s, &in, parts, &bad)
	})
	if n > 0 {
		t.Error(n, "allocations")
	}
}
