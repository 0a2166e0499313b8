package modelbench

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// lightGBM is trees as LightGBM's text, a regression.
func lightGBM(trees [][]node) []byte {
	var b strings.Builder
	names := make([]string, treeFeatures)
	for i := range names {
		names[i] = "f" + strconv.Itoa(i)
	}
	fmt.Fprintf(&b, "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=%d\nobjective=regression\nfeature_names=%s\n",
		treeFeatures-1, strings.Join(names, " "))
	for i, t := range trees {
		fmt.Fprintf(&b, "\nTree=%d\n", i)
		lightGBMTree(&b, t)
	}
	b.WriteString("\nend of trees\n")
	return []byte(b.String())
}

// lightGBMTree writes a tree, of which splits and leaves are numbered apart, the leaf n as ^n.
func lightGBMTree(b *strings.Builder, t []node) {
	number := make([]int, len(t))
	splits, leaves := 0, 0
	for i, n := range t {
		if n.left < 0 {
			leaves++
			number[i] = -leaves
		} else {
			number[i] = splits
			splits++
		}
	}
	columns := map[string][]string{}
	add := func(key string, value any) { columns[key] = append(columns[key], fmt.Sprint(value)) }
	for _, n := range t {
		if n.left < 0 {
			add("leaf_value", n.value)
			continue
		}
		add("split_feature", n.feature)
		add("threshold", n.threshold)
		add("decision_type", 2)
		add("left_child", number[n.left])
		add("right_child", number[n.right])
	}
	fmt.Fprintf(b, "num_leaves=%d\n", leaves)
	for _, key := range []string{"split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value"} {
		fmt.Fprintf(b, "%s=%s\n", key, strings.Join(columns[key], " "))
	}
}

// logistic is a model in the format linear.
func logistic(r *rand.Rand, features int) []byte {
	terms := make([]map[string]float64, features)
	for i := range terms {
		terms[i] = map[string]float64{"weight": r.NormFloat64(), "mean": r.NormFloat64(), "scale": 1 + r.Float64()}
	}
	b, err := json.Marshal(map[string]any{"format": "millrace-linear-1", "link": "logistic", "intercept": 0.5, "features": terms})
	if err != nil {
		panic(err) // all of it was made here
	}
	return b
}

// message is a message of ONNX while it is written: fields by their numbers.
type message []byte

func (m message) number(field protowire.Number, v int64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(v))
}

func (m message) bytes(field protowire.Number, v []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), v)
}

func (m message) text(field protowire.Number, v ...string) message {
	for _, s := range v {
		m = m.bytes(field, []byte(s))
	}
	return m
}

// attribute is one of a list of integers, floats or texts.
func attribute[T int64 | float32 | string](name string, list []T) message {
	m := message{}.text(1, name)
	switch list := any(list).(type) {
	case []int64:
		for _, v := range list {
			m = m.number(8, v)
		}
		return m.number(20, 7)
	case []float32:
		for _, v := range list {
			m = protowire.AppendFixed32(protowire.AppendTag(m, 7, protowire.Fixed32Type), math.Float32bits(v))
		}
		return m.number(20, 6)
	case []string:
		return m.text(9, list...).number(20, 8)
	}
	return m
}

// operation is a node of a graph.
func operation(domain, op string, inputs, outputs []string, attributes ...message) message {
	m := message{}.text(1, inputs...).text(2, outputs...).text(4, op).text(7, domain)
	for _, a := range attributes {
		m = m.bytes(5, a)
	}
	return m
}

// constant is a tensor of floats.
func constant(name string, values []float32, dims ...int64) message {
	m := message{}
	for _, d := range dims {
		m = m.number(1, d)
	}
	var raw []byte
	for _, v := range values {
		raw = protowire.AppendFixed32(raw, math.Float32bits(v))
	}
	return m.number(2, 1).text(8, name).bytes(9, raw)
}

// table is what an input or output of a graph is: float, rows by columns.
func table(name string, columns int64) message {
	rows := message{}.text(2, "N")
	shape := message{}.bytes(1, rows).bytes(1, message{}.number(1, columns))
	return message{}.text(1, name).bytes(2, message{}.bytes(1, message{}.number(1, 1).bytes(2, shape)))
}

// file is an ONNX file of a graph from x to y.
func file(columns, outputs int64, constants []message, operations ...message) []byte {
	graph := message{}
	for _, n := range operations {
		graph = graph.bytes(1, n)
	}
	graph = graph.text(2, "g")
	for _, c := range constants {
		graph = graph.bytes(5, c)
	}
	graph = graph.bytes(11, table("x", columns)).bytes(12, table("y", outputs))
	return message{}.number(1, 8).bytes(7, graph).bytes(8, message{}.text(1, "").number(2, 15)).bytes(8, message{}.text(1, "ai.onnx.ml").number(2, 3))
}

// treesONNX is trees as a graph of one operator.
func treesONNX(trees [][]node) []byte {
	ints, floats, modes := map[string][]int64{}, map[string][]float32{}, []string(nil)
	for tree, t := range trees {
		for id, n := range t {
			mode := "BRANCH_LEQ"
			if n.left < 0 {
				mode, n.left = "LEAF", 0
				ints["target_treeids"], ints["target_nodeids"] = append(ints["target_treeids"], int64(tree)), append(ints["target_nodeids"], int64(id))
				ints["target_ids"], floats["target_weights"] = append(ints["target_ids"], 0), append(floats["target_weights"], float32(n.value))
			}
			modes = append(modes, mode)
			floats["nodes_values"] = append(floats["nodes_values"], float32(n.threshold))
			for name, v := range map[string]int{"treeids": tree, "nodeids": id, "featureids": n.feature, "truenodeids": n.left, "falsenodeids": n.right} {
				ints["nodes_"+name] = append(ints["nodes_"+name], int64(v))
			}
		}
	}
	attributes := []message{attribute("nodes_modes", modes), message{}.text(1, "n_targets").number(3, 1).number(20, 2)}
	for name, list := range ints {
		attributes = append(attributes, attribute(name, list))
	}
	for name, list := range floats {
		attributes = append(attributes, attribute(name, list))
	}
	return file(treeFeatures, 1, nil, operation("ai.onnx.ml", "TreeEnsembleRegressor", []string{"x"}, []string{"y"}, attributes...))
}

// layersONNX is layers of these widths, with Relu between them.
func layersONNX(r *rand.Rand, widths ...int) []byte {
	var constants, operations []message
	from := "x"
	for i := range len(widths) - 1 {
		in, out, last := widths[i], widths[i+1], i == len(widths)-2
		weights, bias := make([]float32, in*out), make([]float32, out)
		for k := range weights {
			weights[k] = float32(r.NormFloat64() / math.Sqrt(float64(in)))
		}
		w, b, sum, to := fmt.Sprint("w", i), fmt.Sprint("b", i), fmt.Sprint("s", i), fmt.Sprint("r", i)
		constants = append(constants, constant(w, weights, int64(in), int64(out)), constant(b, bias, int64(out)))
		if last {
			sum = "y"
		}
		operations = append(operations, operation("", "Gemm", []string{from, w, b}, []string{sum}))
		if !last {
			operations = append(operations, operation("", "Relu", []string{sum}, []string{to}))
		}
		from = to
	}
	return file(int64(widths[0]), int64(widths[len(widths)-1]), constants, operations...)
}
