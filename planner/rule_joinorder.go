package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// orderJoins chooses the order of inner joins, and which side of each is kept, by how many
// rows are expected. It is greedy: of all parts that a condition ties together, those are
// joined next of which the fewest rows come (Fegaras, "A New Heuristic for Optimizing Large
// Queries", 1998). The side with fewer rows stands on the right, where a dataflow that runs
// once keeps it. Equal figures leave what was written.
func orderJoins(x *estimator, root Node) Node {
	o := &orderer{x: x, readers: map[Node]int{}, done: map[Node]Node{}}
	for _, n := range postorder(root) {
		for _, in := range n.Inputs() {
			o.readers[in]++
		}
	}
	return o.order(root)
}

type orderer struct {
	x       *estimator
	readers map[Node]int
	done    map[Node]Node
}

func (o *orderer) order(n Node) Node {
	if o.done[n] == nil {
		if movable(n) {
			o.done[n] = o.region(n)
		} else {
			o.done[n] = withInputs(n, o.order)
		}
	}
	return o.done[n]
}

// movable reports whether a node is a join that may change its place: all rows meet all, and
// its conditions are true or not whoever asks.
func movable(n Node) bool {
	j, ok := n.(*Join)
	if !ok || j.Kind != exec.Inner || j.timed() || j.Ordered || j.NullsEqual || j.Out != nil {
		return false
	}
	return !slices.ContainsFunc(j.Residual, func(p expr.Expr) bool { return fallible(p) || volatile(p) })
}

// joinGraph is inner joins that stood one above the other, without their order: what they
// join, and by which conditions. Columns are numbered through all parts.
type joinGraph struct {
	x     *estimator
	parts []*joinPart
	width int
	equal [][2]int    // pairs of columns, of two parts each
	conds []expr.Expr // over all columns
}

// joinPart is something that is joined, a part as it was written or a join of several.
type joinPart struct {
	node    Node
	columns []int // where each of its columns is among all
	first   int   // place of its first part as it was written
}

// region orders the joins from a movable one down.
func (o *orderer) region(top Node) Node {
	g := &joinGraph{x: o.x}
	at := g.collect(o, top, true)
	if !g.counted() {
		return withInputs(top, o.order)
	}
	g.settle()
	tried := map[[2]*joinPart]*joinPart{}
	for len(g.parts) > 1 {
		best, a, b := g.next(tried)
		g.place(best, a, b)
	}
	return g.restored(g.parts[0], at, top.Schema())
}

// collect adds what a node joins, or the node itself, and returns where its columns are among
// all. A node that others read too stays whole.
func (g *joinGraph) collect(o *orderer, n Node, top bool) []int {
	if j, ok := n.(*Join); ok && movable(n) && (top || o.readers[n] == 1) {
		l, r := g.collect(o, j.Left, false), g.collect(o, j.Right, false)
		for i, k := range j.LeftKeys {
			g.equal = append(g.equal, [2]int{l[k], r[j.RightKeys[i]]})
		}
		all := slices.Concat(l, r)
		g.conds = append(g.conds, moveAll(j.Residual, all)...)
		return all
	}
	if p, ok := n.(*Project); ok && o.passes(p) {
		at := g.collect(o, p.Input, false)
		out := make([]int, len(p.Exprs))
		for i, x := range p.Exprs {
			out[i] = at[x.(*expr.Column).Index]
		}
		return out
	}
	part := &joinPart{node: o.order(n), first: len(g.parts)}
	for range n.Schema() {
		part.columns = append(part.columns, g.width)
		g.width++
	}
	g.parts = append(g.parts, part)
	return part.columns
}

// passes reports whether a projection only picks columns of a join that may be ordered with
// what stands above it.
func (o *orderer) passes(p *Project) bool {
	if o.readers[p] != 1 || o.readers[p.Input] != 1 || slices.ContainsFunc(p.Exprs, func(x expr.Expr) bool { _, ok := x.(*expr.Column); return !ok }) {
		return false
	}
	below, ok := p.Input.(*Project)
	return movable(p.Input) || ok && o.passes(below)
}

// next chooses two parts to be joined.
func (g *joinGraph) next(tried map[[2]*joinPart]*joinPart) (best, a, b *joinPart) {
	least, tied := 0.0, false
	for i, l := range g.parts {
		for _, r := range g.parts[i+1:] {
			pair := [2]*joinPart{l, r}
			if tried[pair] == nil {
				tried[pair] = g.joined(l, r)
			}
			j := tried[pair]
			ties := g.ties(j)
			rows := g.x.of(j.node).Rows
			if best == nil || ties && !tied || ties == tied && rows < least {
				best, a, b, least, tied = j, l, r, rows, ties
			}
		}
	}
	return best, a, b
}

// ties reports whether a condition ties the sides of a join together.
func (g *joinGraph) ties(p *joinPart) bool {
	j := p.node.(*Join)
	return len(j.LeftKeys)+len(j.Residual) > 0
}

// joined is the join of two parts by all conditions that it can see and neither of them could.
func (g *joinGraph) joined(l, r *joinPart) *joinPart {
	first := min(l.first, r.first)
	if ls, rs := max(1, g.x.of(l.node).Rows), max(1, g.x.of(r.node).Rows); rs > ls || rs == ls && r.first < l.first {
		l, r = r, l
	}
	j := &Join{Left: l.node, Right: r.node}
	for _, e := range g.equal {
		for _, pair := range [2][2]int{e, {e[1], e[0]}} {
			a, b := slices.Index(l.columns, pair[0]), slices.Index(r.columns, pair[1])
			if a >= 0 && b >= 0 {
				j.LeftKeys, j.RightKeys = addKeys(j.LeftKeys, j.RightKeys, []int{a}, []int{b})
			}
		}
	}
	p := &joinPart{node: j, columns: slices.Concat(l.columns, r.columns), first: first}
	for _, c := range g.conds {
		if p.sees(c) && !l.sees(c) && !r.sees(c) {
			j.Residual = append(j.Residual, p.moved(c))
		}
	}
	return p
}

func (p *joinPart) sees(c expr.Expr) bool {
	return within(c, func(at int) bool { return slices.Contains(p.columns, at) })
}

// moved is a condition over all columns as one over the part's.
func (p *joinPart) moved(c expr.Expr) expr.Expr {
	return expr.Remap(c, func(at int) int { return slices.Index(p.columns, at) })
}

// place puts a join in the place of what it joins.
func (g *joinGraph) place(j, a, b *joinPart) {
	g.parts[slices.Index(g.parts, a)] = j
	g.parts = slices.DeleteFunc(g.parts, func(p *joinPart) bool { return p == b })
}

// counted reports whether anything is known of the rows of some part: guesses alone change no
// order.
func (g *joinGraph) counted() bool {
	for _, p := range g.parts {
		g.x.of(p.node)
	}
	return len(g.x.e.counted) > 0
}

// settle asks the conditions that one part alone sees, or none, of the first such part.
func (g *joinGraph) settle() {
	g.conds = slices.DeleteFunc(g.conds, func(c expr.Expr) bool {
		i := slices.IndexFunc(g.parts, func(p *joinPart) bool { return p.sees(c) })
		if i >= 0 {
			g.parts[i].node = filtered(g.parts[i].node, []expr.Expr{g.parts[i].moved(c)})
		}
		return i >= 0
	})
}

// restored gives the columns that were there before, in their order and under their names.
func (g *joinGraph) restored(all *joinPart, at []int, schema []col.Column) Node {
	p := columnsProject(all.node, remapped(at, inverse(all.columns, g.width)))
	for i := range p.Names {
		p.Names[i] = schema[i].Name
	}
	if p.isIdentity() {
		return all.node
	}
	return p
}

// inverse is where in a list each of n numbers stands.
func inverse(list []int, n int) []int {
	at := make([]int, n)
	for i, x := range list {
		at[x] = i
	}
	return at
}
