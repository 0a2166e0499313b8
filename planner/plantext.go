package planner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
)

// A stored plan is text: a head line with the format and the versions of the rules that may
// have shaped it (X17), then a line for each node in the order of their numbers, inputs before
// their readers; the last is the root:
//
//	millrace plan 1 fold=1 pushdown=1 …
//	1 scan 16384 "bid" …
//	2 filter 1 "…" <- 1
//
// Text and Parse are each other's inverse. Functions and types stand in it with what says
// which of their versions is meant; a plan of versions this release has not is refused.
const (
	planHead   = "millrace plan 1"
	inputsMark = " <- "
	maxPlan    = 64 << 20
	maxNodes   = 100_000
)

// nodeParser reads one kind of node; inputs is how many it has, -1: one or more.
type nodeParser struct {
	inputs int
	parse  func(*reader) Node
}

var nodeParsers = map[string]nodeParser{}

// nodeText registers how a node is read back, on the line above its String.
func nodeText(keyword string, inputs int, parse func(*reader) Node) bool {
	if nodeParsers[keyword].parse != nil {
		panic("planner: node " + keyword + " registered twice")
	}
	nodeParsers[keyword] = nodeParser{inputs, parse}
	return true
}

// Text prints a plan in its stored form.
func Text(root Node) string {
	var b strings.Builder
	b.WriteString(planHead)
	for _, r := range rules {
		if r.apply != nil {
			fmt.Fprintf(&b, " %s=%d", r.name, r.version)
		}
	}
	b.WriteByte('\n')
	numbers := map[Node]int{}
	for i, n := range postorder(root) {
		numbers[n] = i + 1
		fmt.Fprintf(&b, "%d %s", i+1, n)
		for k, in := range n.Inputs() {
			b.WriteString([]string{inputsMark, " "}[min(k, 1)])
			b.WriteString(strconv.Itoa(numbers[in]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Parse reads a stored plan back. stale lists the functions, aggregates and rules whose
// answers have changed since the plan was stored: the view is to be built anew (V2, X17). Text
// that no release has written is XX001.
func Parse(text string) (root Node, stale []string, err error) {
	head, rest, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(head, planHead) || len(text) > maxPlan {
		return nil, nil, pgerr.New(pgerr.DataCorrupted, "stored plan is damaged: no head line")
	}
	stale = staleRules(head)
	var nodes []Node
	for l := range strings.Lines(rest) {
		if len(nodes) == maxNodes {
			return nil, nil, pgerr.New(pgerr.DataCorrupted, "stored plan is damaged: too many nodes")
		}
		r := &reader{}
		n, err := r.node(strings.TrimSuffix(l, "\n"), nodes)
		if err != nil {
			return nil, nil, err
		}
		nodes, stale = append(nodes, n), append(stale, r.stale...)
	}
	if len(nodes) == 0 {
		return nil, nil, pgerr.New(pgerr.DataCorrupted, "stored plan is damaged: no nodes")
	}
	return nodes[len(nodes)-1], stale, nil
}

// node reads one line; known are the nodes of the lines before it.
func (r *reader) node(text string, known []Node) (Node, error) {
	number, rest, _ := strings.Cut(text, " ")
	if number != strconv.Itoa(len(known)+1) {
		r.fail("node %d is numbered %q", len(known)+1, number)
	}
	body := rest
	if i := strings.LastIndex(rest, inputsMark); i >= 0 && !strings.Contains(rest[i:], `"`) {
		body = rest[:i]
		for w := range strings.FieldsSeq(rest[i+len(inputsMark):]) {
			k, err := strconv.Atoi(w)
			if err != nil || k < 1 || k > len(known) {
				r.fail("input %q", w)
				return nil, r.err
			}
			r.inputs = append(r.inputs, known[k-1])
		}
	}
	keyword, rest, _ := strings.Cut(body, " ")
	p := nodeParsers[keyword]
	switch {
	case p.parse == nil:
		r.fail("node %q", keyword)
	case p.inputs >= 0 && len(r.inputs) != p.inputs || p.inputs < 0 && len(r.inputs) == 0:
		r.fail("a %s with %d inputs", keyword, len(r.inputs))
	}
	if r.err != nil {
		return nil, r.err
	}
	r.rest = rest
	n := p.parse(r)
	if r.err == nil && strings.TrimSpace(r.rest) != "" {
		r.fail("more than a %s has", keyword)
	}
	if r.err != nil {
		return nil, r.err
	}
	return n, nil
}

// staleRules lists the rules that shaped a stored plan in a version whose answers were wrong.
func staleRules(head string) (stale []string) {
	for w := range strings.FieldsSeq(strings.TrimPrefix(head, planHead)) {
		name, v, _ := strings.Cut(w, "=")
		for _, r := range rules {
			if r.name == name && strconv.Itoa(r.version) != v {
				stale = append(stale, "rule "+name)
			}
		}
	}
	return stale
}

// share makes equal parts of a plan one node, so that they are computed once and share their
// state.
func share(root Node) Node {
	known := map[string]Node{}
	number := map[Node]int{}
	return rewrite(root, func(n Node) Node {
		key := n.String()
		for _, in := range n.Inputs() {
			key += "<" + strconv.Itoa(number[in])
		}
		if s, ok := n.(*Scan); ok && (s.Access.IsPoint() || s.Access.Bounds != nil) || slices.ContainsFunc(n.exprs(), volatile) {
			key += "#" + strconv.Itoa(len(known)) // how rows are found is no part of the text, nor what is drawn
		}
		if old := known[key]; old != nil {
			return old
		}
		known[key] = n
		number[n] = len(number) + 1
		return n
	})
}
