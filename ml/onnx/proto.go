package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The messages of a file (onnx.proto of the ONNX standard), as far as a graph without inner graphs
// needs them. Numbers of fields are the standard's.

// graphProto is what is read of ModelProto and its GraphProto.
type graphProto struct {
	opsets  map[string]int64 // version by domain; "" is ai.onnx
	nodes   []*node
	consts  map[string]*tensor
	inputs  []valueInfo
	outputs []valueInfo
	outline bool // what is lacking here does not matter, since a runtime evaluates the graph
}

// unless is an error that matters.
func (g *graphProto) unless(err error) error {
	if g.outline && errors.As(err, new(lacking)) {
		return nil
	}
	return err
}

// node is a NodeProto.
type node struct {
	name, op, domain string
	inputs, outputs  []string
	attrs            map[string]*attribute
	opset            int64 // the version of its domain that the file has
}

// attribute is an AttributeProto.
type attribute struct {
	f       float32
	i       int64
	s       string
	t       *tensor
	floats  []float32
	ints    []int64
	strings []string
}

// valueInfo is a ValueInfoProto. Of a value that is no tensor, kind is 0.
type valueInfo struct {
	name string
	kind kind
	dims []int // -1: any; nil: even the rank may be any
}

// Counts beyond those of any graph over a table.
const (
	maxNodes = 1 << 16
	maxRank  = 8
)

// readModel reads a ModelProto; outline: what is lacking here is left out.
func readModel(file []byte, outline bool) (*graphProto, error) {
	g := &graphProto{outline: outline, opsets: map[string]int64{}, consts: map[string]*tensor{}}
	graphs := 0
	err := fields(file, func(f field) error {
		switch f.number {
		case 7:
			graphs++
			return g.read(f.bytes)
		case 8:
			return g.readOpset(f.bytes)
		}
		return nil
	})
	if err == nil && graphs != 1 {
		err = errCut
	}
	return g, err
}

func (g *graphProto) readOpset(message []byte) error {
	domain, version := "", int64(0)
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			domain = f.text()
		case 2:
			version = f.integer()
		}
		return nil
	})
	if domain == "ai.onnx" {
		domain = ""
	}
	g.opsets[domain] = version
	return err
}

// read reads a GraphProto.
func (g *graphProto) read(message []byte) error {
	return fields(message, func(f field) error {
		switch f.number {
		case 1:
			n, err := readNode(f.bytes)
			err = g.unless(err)
			if g.nodes = append(g.nodes, n); err == nil && len(g.nodes) > maxNodes {
				err = fmt.Errorf("the graph has more than %d nodes", maxNodes)
			}
			return err
		case 5:
			t, name, err := readTensor(f.bytes, false)
			if _, twice := g.consts[name]; err == nil && (twice || name == "") {
				err = errors.New("it is there twice, or has no name")
			}
			g.consts[name] = t
			return g.unless(within(err, "initializer %q", name))
		case 11, 12:
			v, err := readValueInfo(f.bytes)
			if f.number == 11 {
				g.inputs = append(g.inputs, v)
			} else {
				g.outputs = append(g.outputs, v)
			}
			return err
		case 15:
			return g.unless(lack("sparse initializers are not supported"))
		}
		return nil
	})
}

func readNode(message []byte) (*node, error) {
	n := &node{}
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			n.inputs = append(n.inputs, f.text())
		case 2:
			n.outputs = append(n.outputs, f.text())
		case 3:
			n.name = f.text()
		case 4:
			n.op = f.text()
		case 5:
			a, name, err := readAttribute(f.bytes)
			if _, twice := n.attrs[name]; err == nil && (twice || name == "") {
				err = errors.New("it is there twice, or has no name")
			}
			if n.attrs == nil {
				n.attrs = map[string]*attribute{}
			}
			n.attrs[name] = a
			return within(err, "attribute %q of node %q", name, n.name)
		case 7:
			if n.domain = f.text(); n.domain == "ai.onnx" {
				n.domain = ""
			}
		}
		return nil
	})
	if err == nil && (n.op == "" || len(n.outputs) == 0) {
		err = fmt.Errorf("node %q has no operator or no output", n.name)
	}
	return n, err
}

func readAttribute(message []byte) (a *attribute, name string, err error) {
	a = &attribute{}
	err = fields(message, func(f field) error {
		var err error
		switch f.number {
		case 1:
			name = f.text()
		case 2:
			a.f = f.float()
		case 3:
			a.i = f.integer()
		case 4:
			a.s = f.text()
		case 5:
			a.t, _, err = readTensor(f.bytes, true)
		case 7:
			a.floats, err = f.floats(a.floats)
		case 8:
			a.ints, err = f.integers(a.ints)
		case 9:
			a.strings = append(a.strings, f.text())
		}
		return err
	})
	return a, name, err
}

// readTensor reads a TensorProto, whose numbers must be as many as its dimensions say. Where
// bytesToo says so, those of 8 bits become int32.
func readTensor(message []byte, bytesToo bool) (*tensor, string, error) {
	var (
		name    string
		code    int64
		dims    []int64
		raw     []byte
		ints    []int64
		singles []float32
		doubles []float64
		texts   []string
	)
	err := fields(message, func(f field) error {
		var err error
		switch f.number {
		case 1:
			dims, err = f.integers(dims)
		case 2:
			code = f.integer()
		case 4:
			singles, err = f.floats(singles)
		case 5, 7:
			ints, err = f.integers(ints)
		case 6:
			texts = append(texts, f.text())
		case 8:
			name = f.text()
		case 9:
			raw = f.bytes
		case 10:
			doubles, err = f.doubles(doubles)
		case 13:
			err = errors.New("its data is in another file")
		}
		return err
	})
	if err != nil {
		return nil, name, err
	}
	t := &tensor{kind: kindOf(code)}
	if bytesToo && (code == 2 || code == 3) {
		t.kind = int32s
		for _, b := range raw {
			ints = append(ints, int64(b))
		}
		raw = nil
	}
	if t.kind == 0 {
		return nil, name, lack("tensors of %s are not supported", kindName(code))
	}
	n, err := t.shape(dims)
	if err != nil {
		return nil, name, err
	}
	have := 0
	switch {
	case raw != nil:
		have = t.fromRaw(raw)
	case t.kind == single:
		t.f, have = singles, len(singles)
	case t.kind == double:
		t.d, have = doubles, len(doubles)
	case t.kind == text:
		t.s, have = texts, len(texts)
	case t.kind == boolean:
		for _, v := range ints {
			t.b = append(t.b, v != 0)
		}
		have = len(t.b)
	default:
		for _, v := range ints {
			t.i = append(t.i, t.kind.wrap(v))
		}
		have = len(t.i)
	}
	if have != n {
		return nil, name, fmt.Errorf("a tensor of shape %v has %d values", t.dims, have)
	}
	return t, name, nil
}

// shape sets the dimensions and gives how many values they make.
func (t *tensor) shape(dims []int64) (int, error) {
	if len(dims) > maxRank {
		return 0, fmt.Errorf("a tensor of %d dimensions", len(dims))
	}
	n := 1
	t.dims = make([]int, len(dims))
	for i, d := range dims {
		if d < 0 || d > math.MaxInt32 || n > math.MaxInt32 {
			return 0, fmt.Errorf("a tensor of shape %v", dims)
		}
		t.dims[i] = int(d)
		n *= int(d)
	}
	return n, nil
}

// fromRaw takes the values from raw_data, little-endian, and gives how many there are: -1 if it
// is not whole.
func (t *tensor) fromRaw(raw []byte) int {
	size := t.kind.size()
	if size == 0 || len(raw)%size != 0 {
		return -1
	}
	for ; len(raw) > 0; raw = raw[size:] {
		switch t.kind {
		case single:
			t.f = append(t.f, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		case double:
			t.d = append(t.d, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		case int64s:
			t.i = append(t.i, int64(binary.LittleEndian.Uint64(raw)))
		case int32s:
			t.i = append(t.i, int64(int32(binary.LittleEndian.Uint32(raw))))
		case boolean:
			t.b = append(t.b, raw[0] != 0)
		}
	}
	return t.len()
}

// readValueInfo reads a ValueInfoProto and, of its TypeProto, what a tensor's says.
func readValueInfo(message []byte) (v valueInfo, err error) {
	err = fields(message, func(f field) error {
		switch f.number {
		case 1:
			v.name = f.text()
		case 2:
			return fields(f.bytes, func(f field) error {
				if f.number != 1 {
					return nil
				}
				return v.readTensorType(f.bytes)
			})
		}
		return nil
	})
	return v, err
}

func (v *valueInfo) readTensorType(message []byte) error {
	return fields(message, func(f field) error {
		switch f.number {
		case 1:
			if v.kind = kindOf(f.integer()); v.kind == 0 {
				return fmt.Errorf("%q: tensors of %s are not supported", v.name, kindName(f.integer()))
			}
		case 2:
			v.dims = []int{}
			return fields(f.bytes, func(f field) error {
				if f.number != 1 {
					return nil
				}
				d := int64(-1)
				err := fields(f.bytes, func(f field) error {
					if f.number == 1 {
						d = f.integer()
					}
					return nil
				})
				if v.dims = append(v.dims, int(d)); len(v.dims) > maxRank {
					err = fmt.Errorf("%q has too many dimensions", v.name)
				}
				return err
			})
		}
		return nil
	})
}
