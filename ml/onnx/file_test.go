package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message writes protocol buffers, for graphs that tests make.
type message []byte

func (m message) bytes(number protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, number, protowire.BytesType), b)
}

func (m message) text(number protowire.Number, s string) message { return m.bytes(number, []byte(s)) }

func (m message) integer(number protowire.Number, v int64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, number, protowire.VarintType), uint64(v))
}

func (m message) float(number protowire.Number, v float32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, number, protowire.Fixed32Type), math.Float32bits(v))
}

// info is a ValueInfoProto.
func info(name string, code int64, dims ...int64) message {
	var shape message
	for _, d := range dims {
		var dim message
		if d >= 0 {
			dim = dim.integer(1, d)
		}
		shape = shape.bytes(1, dim)
	}
	return message{}.text(1, name).bytes(2, message{}.bytes(1, message{}.integer(1, code).bytes(2, shape)))
}

// constant is a TensorProto of numbers or, without any, of texts.
func constant(name string, code int64, dims []int64, values []float64, texts ...string) message {
	m := message{}.integer(2, code).text(8, name)
	for _, d := range dims {
		m = m.integer(1, d)
	}
	for _, v := range values {
		switch code {
		case 1:
			m = m.float(4, float32(v))
		case 11:
			m = protowire.AppendFixed64(protowire.AppendTag(m, 10, protowire.Fixed64Type), math.Float64bits(v))
		case 7:
			m = m.integer(7, int64(v))
		default:
			m = m.integer(5, int64(v))
		}
	}
	for _, s := range texts {
		m = m.text(6, s)
	}
	return m
}

// ints, floats, strs and tensorOf are AttributeProtos.
func ints(name string, list ...int64) message {
	m := message{}.text(1, name).integer(20, 7)
	for _, v := range list {
		m = m.integer(8, v).integer(3, v)
	}
	return m
}

func floats(name string, list ...float32) message {
	m := message{}.text(1, name).integer(20, 6)
	for _, v := range list {
		m = m.float(7, v).float(2, v)
	}
	return m
}

func strs(name string, list ...string) message {
	m := message{}.text(1, name).integer(20, 8)
	for _, v := range list {
		m = m.text(9, v).text(4, v)
	}
	return m
}

// nodeOf is a NodeProto.
func nodeOf(op, domain string, inputs, outputs []string, attrs ...message) message {
	m := message{}.text(4, op).text(7, domain)
	for _, s := range inputs {
		m = m.text(1, s)
	}
	for _, s := range outputs {
		m = m.text(2, s)
	}
	for _, a := range attrs {
		m = m.bytes(5, a)
	}
	return m
}

// parts are the fields of a graph.
type parts struct{ nodes, consts, inputs, outputs []message }

// file is a ModelProto.
func (p parts) file() []byte {
	g := message{}.text(2, "g")
	for number, list := range map[protowire.Number][]message{1: p.nodes, 5: p.consts, 11: p.inputs, 12: p.outputs} {
		for _, m := range list {
			g = g.bytes(number, m)
		}
	}
	ops := message{}.integer(1, 8).bytes(8, message{}.integer(2, 17))
	return ops.bytes(8, message{}.text(1, "ai.onnx.ml").integer(2, 3)).bytes(7, g)
}
