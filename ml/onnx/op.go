package onnx

import "fmt"

// kernel evaluates a node: it reads in, where an optional input that is left out is nil, and sets
// all of out. It may be called by several goroutines at once, each with a run of its own.
type kernel func(r *run, in, out []*tensor) error

// schema is an operator as the standard has it.
type schema struct {
	least, most int // inputs; the first least must be there
	outputs     int // at most
	build       func(n *node) (kernel, error)
}

// many is a number of inputs or outputs without a bound.
const many = 1 << 30

var operators = map[string]schema{}

// operator registers an operator of one output.
func operator(name string, least, most int, build func(n *node) (function, error)) bool {
	return register(name, schema{least, most, 1, func(n *node) (kernel, error) {
		k, err := build(n)
		return func(r *run, in, out []*tensor) (err error) {
			out[0], err = k(r, in)
			return err
		}, err
	}})
}

// function is a kernel of one output.
type function = func(r *run, in []*tensor) (*tensor, error)

// plain registers an operator of one output without attributes.
func plain(name string, least, most int, k function) bool {
	return operator(name, least, most, func(*node) (function, error) { return k, nil })
}

func register(name string, s schema) bool {
	if _, twice := operators[name]; twice {
		panic("onnx: two operators named " + name)
	}
	operators[name] = s
	return true
}

// title names a node's operator, with its domain.
func (n *node) title() string {
	if n.domain == "" {
		return n.op
	}
	return n.domain + "." + n.op
}

// String names a node for messages.
func (n *node) String() string {
	if n.name == "" {
		return n.title()
	}
	return fmt.Sprintf("%s %q", n.title(), n.name)
}

// has says whether there is an attribute.
func (n *node) has(name string) bool { return n.attrs[name] != nil }

// attr is an attribute, empty if there is none.
func (n *node) attr(name string) *attribute {
	if a := n.attrs[name]; a != nil {
		return a
	}
	return &attribute{}
}

// int is an attribute, or what it is without one.
func (n *node) int(name string, otherwise int64) int64 {
	if a := n.attrs[name]; a != nil {
		return a.i
	}
	return otherwise
}

// float is an attribute, or what it is without one.
func (n *node) float(name string, otherwise float32) float32 {
	if a := n.attrs[name]; a != nil {
		return a.f
	}
	return otherwise
}

// str is an attribute, or what it is without one.
func (n *node) str(name, otherwise string) string {
	if a := n.attrs[name]; a != nil {
		return a.s
	}
	return otherwise
}

// wrong is the error of a kernel that has no answer for an input's kind.
func wrong(t *tensor) error { return fmt.Errorf("it does not take %v", t.kind) }

// same is the error of inputs whose kinds differ.
func same(in []*tensor) error {
	for _, t := range in[1:] {
		if t.kind != in[0].kind {
			return fmt.Errorf("its inputs are %v and %v", in[0].kind, t.kind)
		}
	}
	return nil
}
