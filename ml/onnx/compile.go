package onnx

import (
	"fmt"
)

// program is a graph made ready: steps in an order in which each finds its inputs.
type program struct {
	slots  []*tensor // the constants; nil where a step or an input sets the value
	inputs []int     // slots of the graph's inputs
	steps  []step
	output int
	limits bounds
}

// step is a node that is evaluated for each block of rows.
type step struct {
	name    string
	kernel  kernel
	in, out []int // slots; an input of -1 is left out
}

// bounds are what evaluations may take.
type bounds struct {
	bytes        int     // of a run's values
	work, perRow float64 // in nanoseconds by estimate: of any run, and for each row more
}

// newRun is a run for some rows.
func (p *program) newRun() *run {
	r := &run{program: p, values: make([]*tensor, len(p.slots)), mayBytes: p.limits.bytes}
	copy(r.values, p.slots)
	return r
}

// compiler makes a program of a graph.
type compiler struct {
	g     *graphProto
	p     *program
	made  map[string]*node // by output
	slots map[string]int
	busy  map[*node]bool // true: its inputs are being compiled; false: it is
	folds *run           // evaluates what is constant
}

// newCompiler looks through the graph's names.
func newCompiler(g *graphProto, limits bounds) (*compiler, error) {
	c := &compiler{g: g, p: &program{limits: limits}, made: map[string]*node{}, slots: map[string]int{}, busy: map[*node]bool{}}
	c.folds = &run{mayBytes: limits.bytes, mayWork: limits.work}
	for _, n := range g.nodes {
		for _, name := range n.outputs {
			if name == "" {
				continue
			}
			if c.made[name] != nil || g.consts[name] != nil {
				return nil, fmt.Errorf("the value %q is made twice", name)
			}
			c.made[name] = n
		}
	}
	for _, in := range g.inputs {
		if c.made[in.name] != nil {
			return nil, fmt.Errorf("the value %q is made twice", in.name)
		}
	}
	return c, nil
}

// compile makes the program that evaluates an output.
func (c *compiler) compile(output string, inputs []valueInfo) (*program, error) {
	for _, in := range inputs {
		if _, twice := c.slots[in.name]; twice {
			return nil, fmt.Errorf("two inputs are named %q", in.name)
		}
		c.p.inputs = append(c.p.inputs, c.slot(in.name, nil))
	}
	var err error
	c.p.output, err = c.value(output)
	return c.p, err
}

// slot gives a value its place.
func (c *compiler) slot(name string, constant *tensor) int {
	c.slots[name] = len(c.p.slots)
	c.p.slots = append(c.p.slots, constant)
	return c.slots[name]
}

// value is the slot of a value, after the steps that make it.
func (c *compiler) value(name string) (int, error) {
	if slot, ok := c.slots[name]; ok {
		return slot, nil
	}
	if t := c.g.consts[name]; t != nil {
		return c.slot(name, t), nil
	}
	n := c.made[name]
	if n == nil {
		return 0, fmt.Errorf("nothing makes the value %q", name)
	}
	if c.busy[n] {
		return 0, fmt.Errorf("%v depends on itself", n)
	}
	c.busy[n] = true
	err := c.node(n)
	c.busy[n] = false
	return c.slots[name], err
}

// node compiles a node and what it depends on.
func (c *compiler) node(n *node) error {
	s, known := operators[n.title()]
	if !known {
		return lack("operator %s is not supported (node %q)", n.title(), n.name)
	}
	if len(n.inputs) < s.least || len(n.inputs) > s.most || len(n.outputs) > s.outputs {
		return fmt.Errorf("%v has %d inputs and %d outputs", n, len(n.inputs), len(n.outputs))
	}
	st := step{name: n.String()}
	constant := true
	for i, name := range n.inputs {
		slot := -1
		if name != "" {
			var err error
			if slot, err = c.value(name); err != nil {
				return err
			}
			constant = constant && c.p.slots[slot] != nil
		} else if i < s.least || s.most == many {
			return fmt.Errorf("%v lacks its input %d", n, i)
		}
		st.in = append(st.in, slot)
	}
	n.opset = c.g.opsets[n.domain]
	var err error
	if st.kernel, err = s.build(n); err != nil {
		return fmt.Errorf("%v: %w", n, err)
	}
	for _, name := range n.outputs {
		st.out = append(st.out, c.slot(name, nil))
	}
	if constant {
		return c.fold(&st)
	}
	c.p.steps = append(c.p.steps, st)
	return nil
}

// fold evaluates a step whose inputs are constants.
func (c *compiler) fold(st *step) error {
	c.folds.values = c.p.slots
	return c.folds.step(st)
}
