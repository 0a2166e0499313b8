package onnx

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// OneHotEncoder makes of each value a 1 in the place of its category, in a dimension of its own.
var _ = operator("ai.onnx.ml.OneHotEncoder", 1, 1, func(n *node) (function, error) {
	ints, texts := places(n.attr("cats_int64s").ints), places(n.attr("cats_strings").strings)
	width := max(len(n.attr("cats_int64s").ints), len(n.attr("cats_strings").strings))
	zeros := n.int("zeros", 1) != 0
	return func(r *run, in []*tensor) (*tensor, error) {
		x := in[0]
		t, err := r.tensor(single, append(append(make([]int, 0, maxRank+1), x.dims...), width)...)
		if err != nil {
			return nil, err
		}
		if x.kind.float() {
			if x, err = cast(r, x, int64s); err != nil {
				return nil, err
			}
		}
		clear(t.f)
		for i := range x.len() {
			var at int
			var known bool
			if x.kind == text {
				at, known = texts[x.s[i]]
			} else if x.kind.integer() {
				at, known = ints[x.i[i]]
			} else {
				return nil, wrong(x)
			}
			if known {
				t.f[i*width+at] = 1
			} else if !zeros && !r.probe {
				return nil, errors.New("it meets a category that it does not know")
			}
		}
		return t, r.spend(20 * float64(x.len()))
	}, nil
})

// places are where values stand in a list; of equal ones the first.
func places[T comparable](list []T) map[T]int {
	m := make(map[T]int, len(list))
	for i, v := range list {
		if _, twice := m[v]; !twice {
			m[v] = i
		}
	}
	return m
}

// LabelEncoder gives each key its value, and what is no key a value for it.
var _ = operator("ai.onnx.ml.LabelEncoder", 1, 1, func(n *node) (function, error) {
	keys, values, otherwise := listOf(n, "keys"), listOf(n, "values"), listOf(n, "default")
	if classes := n.attr("classes_strings").strings; keys == nil && classes != nil {
		return encodeClasses(classes, n.str("default_string", "_Unused"), n.int("default_int64", -1)), nil
	}
	if keys == nil || values == nil || keys.len() != values.len() {
		return nil, errors.New("its keys and values are not as many")
	}
	if otherwise == nil {
		otherwise = &tensor{kind: values.kind, f: []float32{0}, d: []float64{0}, i: []int64{-1}, b: []bool{false}, s: []string{"_Unused"}}
	}
	if otherwise.kind != values.kind || otherwise.len() != 1 {
		return nil, errors.New("the value of what is no key does not fit the others")
	}
	return encode(keys, values, otherwise, n.opset >= 4)
})

// listOf is keys_…, values_… or default_… of a LabelEncoder, of whatever kind; nil if there is none.
func listOf(n *node, name string) *tensor {
	for _, suffix := range []string{"_float", "_int64", "_string"} {
		a := n.attrs[name+suffix+"s"]
		if name == "default" {
			if a = n.attrs[name+suffix]; a != nil {
				a = &attribute{floats: []float32{a.f}, ints: []int64{a.i}, strings: []string{a.s}}
			}
		}
		if a == nil {
			continue
		}
		switch suffix {
		case "_float":
			return &tensor{kind: single, f: a.floats}
		case "_int64":
			return &tensor{kind: int64s, i: a.ints}
		}
		return &tensor{kind: text, s: a.strings}
	}
	return n.attr(name + "_tensor").t
}

// encode looks up values by key. Since version 4 of the domain NaN can be one.
func encode(keys, values, otherwise *tensor, nan bool) (function, error) {
	var find func(x *tensor, i int) (int, bool)
	switch keys.kind {
	case text:
		at := places(keys.s)
		find = func(x *tensor, i int) (int, bool) { k, ok := at[x.s[i]]; return k, ok }
	case int64s, int32s:
		at := places(keys.i)
		find = func(x *tensor, i int) (int, bool) { k, ok := at[x.i[i]]; return k, ok }
	case single:
		at := places(bitsOf(keys.f))
		find = func(x *tensor, i int) (int, bool) {
			k, ok := at[bits(float64(x.f[i]))]
			return k, ok && (nan || x.f[i] == x.f[i])
		}
	case double:
		at := places(bitsOf(keys.d))
		find = func(x *tensor, i int) (int, bool) {
			k, ok := at[bits(x.d[i])]
			return k, ok && (nan || x.d[i] == x.d[i])
		}
	default:
		return nil, wrong(keys)
	}
	return func(r *run, in []*tensor) (*tensor, error) {
		x := in[0]
		if x.kind != keys.kind {
			return nil, fmt.Errorf("its keys are %v, its input %v", keys.kind, x.kind)
		}
		t, err := r.tensor(values.kind, x.dims...)
		if err != nil {
			return nil, err
		}
		for i := range x.len() {
			if at, known := find(x, i); known {
				move(t, i, values, at, 1)
			} else {
				move(t, i, otherwise, 0, 1)
			}
		}
		return t, r.spend(20 * float64(x.len()))
	}, nil
}

// bits make a key of a float: all NaNs are one, and so are both zeros.
func bits(v float64) uint64 {
	switch {
	case v != v:
		return math.Float64bits(math.NaN())
	case v == 0:
		return 0
	}
	return math.Float64bits(v)
}

func bitsOf[T float32 | float64](list []T) []uint64 {
	keys := make([]uint64, len(list))
	for i, v := range list {
		keys[i] = bits(float64(v))
	}
	return keys
}

// encodeClasses is the first LabelEncoder: texts become their place in a list, and places texts.
func encodeClasses(classes []string, other string, otherInt int64) function {
	at := places(classes)
	return func(r *run, in []*tensor) (*tensor, error) {
		x, to := in[0], text
		if x.kind == text {
			to = int64s
		} else if !x.kind.integer() {
			return nil, wrong(x)
		}
		t, err := r.tensor(to, x.dims...)
		if err != nil {
			return nil, err
		}
		for i, s := range x.s {
			if place, known := at[s]; known {
				t.i[i] = int64(place)
			} else {
				t.i[i] = otherInt
			}
		}
		for i, place := range x.i {
			if t.s[i] = other; place >= 0 && place < int64(len(classes)) {
				t.s[i] = classes[place]
			}
		}
		return t, r.spend(20 * float64(x.len()))
	}
}

// ZipMap names the columns of its input; who opens the model asks it for the names.
var _ = plain("ai.onnx.ml.ZipMap", 1, 1, func(_ *run, in []*tensor) (*tensor, error) { return in[0], nil })

// labels are the classes that a node names, of a classifier or a ZipMap.
func (n *node) labels() []string {
	for _, name := range []string{"classlabels_strings", "classlabels_int64s", "classlabels_ints"} {
		if a := n.attrs[name]; a != nil && len(a.strings)+len(a.ints) > 0 {
			return append(append([]string(nil), a.strings...), decimals(a.ints)...)
		}
	}
	return nil
}

func decimals(ints []int64) []string {
	list := make([]string, len(ints))
	for i, v := range ints {
		list[i] = strconv.FormatInt(v, 10)
	}
	return list
}
