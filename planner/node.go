package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// Node is a relational operation of a plan. It is immutable.
type Node interface {
	// Schema is the columns of the output.
	Schema() []col.Column
	// Inputs are the nodes below.
	Inputs() []Node
	// WithInputs returns the same operation over other inputs of the same schemas.
	WithInputs(in ...Node) Node
	// Build adds the node's operators above its inputs'.
	Build(b *Builder, in []exec.Ref) exec.Ref
	// String is the node in a stored plan, without its inputs.
	String() string

	traits
}

// traits is what rules, properties and EXPLAIN ask of a node.
type traits interface {
	// derive says what holds of the output, given what holds of the inputs as they are read:
	// placed by what meets asks for.
	derive(in []Properties) Properties
	// meets says which rows must be at one worker so that the node makes at each of several
	// workers, of the rows there, its part of what it would make of all: those of any inputs
	// that are equal on the columns given for each, pairwise; the types are equal, modifier
	// included. No columns: all rows. Nil: the node looks at each row by itself. Where one input
	// has exec.Everywhere, all its rows are at every worker, and those of the others anywhere.
	meets() [][]int
	// estimate is about how many rows come out, and how their values are spread, given that of
	// the inputs' rows. What is not told of columns is not known.
	estimate(x *estimator, in []Estimate) Estimate
	// describe is the node's line of EXPLAIN.
	describe() string
	// keeps says what state the node's operators keep and what bounds it; empty: none.
	keeps(in []Properties) state
	// exprs are the node's expressions; withExprs returns the node with others in their place.
	exprs() []expr.Expr
	withExprs(x []expr.Expr) Node
	// needs says which columns of each input are needed so that the needed ones of the output
	// can be made.
	needs(need []bool) [][]bool
	// pruned returns the node over inputs that have lost columns nobody needs; at is where
	// each input's old columns are now, -1: gone. It returns the same of its own columns. A
	// node may keep more than is needed.
	pruned(need []bool, in []Node, at [][]int) (Node, []int)
}

// wholly is the columns by which all rows of n inputs meet.
func wholly(n int) [][]int {
	out := make([][]int, n)
	for i := range out {
		out[i] = []int{}
	}
	return out
}

// state is what operators remember between steps.
type state struct {
	what  string // "the rows of both inputs by key"
	bound string // what keeps it small; empty: nothing
}

// plain is embedded by nodes without expressions, state of their own or inputs that matter to
// the column order.
type plain struct{}

func (plain) exprs() []expr.Expr       { return nil }
func (plain) keeps([]Properties) state { return state{} }

// postorder lists every node of the graph once, inputs before their readers.
func postorder(root Node) []Node {
	var out []Node
	seen := map[Node]bool{}
	var walk func(Node)
	walk = func(n Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, in := range n.Inputs() {
			walk(in)
		}
		out = append(out, n)
	}
	walk(root)
	return out
}

// EachExpr calls f for every expression of a plan's nodes.
func EachExpr(root Node, f func(expr.Expr)) {
	for _, n := range postorder(root) {
		for _, x := range n.exprs() {
			f(x)
		}
	}
}

// rewrite replaces nodes from the leaves up: f gets each node once, its inputs rewritten
// already.
func rewrite(root Node, f func(Node) Node) Node {
	done := map[Node]Node{}
	for _, n := range postorder(root) {
		done[n] = f(withInputs(n, func(in Node) Node { return done[in] }))
	}
	return done[root]
}

// withInputs replaces a node's inputs, returning the node itself when none changes.
func withInputs(n Node, f func(Node) Node) Node {
	old := n.Inputs()
	in := make([]Node, len(old))
	same := true
	for i, x := range old {
		in[i] = f(x)
		same = same && in[i] == x
	}
	if same {
		return n
	}
	return n.WithInputs(in...)
}

// names lists the names of columns at positions.
func names(schema []col.Column, at []int) []string {
	out := make([]string, len(at))
	for i, a := range at {
		out[i] = schema[a].Name
	}
	return out
}

// types lists the types of columns.
func types(schema []col.Column) []col.Type {
	out := make([]col.Type, len(schema))
	for i, c := range schema {
		out[i] = c.Type
	}
	return out
}

// identity is the mapping of n columns to themselves.
func identity(n int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	return at
}

// all is a set of n columns that are all needed.
func all(n int) []bool {
	need := make([]bool, n)
	for i := range need {
		need[i] = true
	}
	return need
}

// remapped returns at[x] for each x.
func remapped(xs, at []int) []int {
	if xs == nil {
		return nil
	}
	out := make([]int, len(xs))
	for i, x := range xs {
		out[i] = at[x]
	}
	return out
}

// mark adds positions to a set.
func mark(need []bool, at ...int) []bool {
	for _, a := range at {
		need[a] = true
	}
	return need
}
