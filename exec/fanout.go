package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// ConstKey says that a port's consumer is concerned by the rows alone whose column Col equals
// one constant; Hash is that of the constant's canonical key. A port may bring more rows: the
// consumer compares for itself.
type ConstKey struct {
	Col  int
	Hash uint64
}

// leastFanOut is the number of consumers by constants of one column from which it pays to
// look every row's consumers up, instead of showing every batch to each of them.
const leastFanOut = 16

// fanOut is a node's ports sorted by whom a row concerns. It is made anew when the ports have
// changed.
type fanOut struct {
	every []int // ports that get every batch
	by    []columnFan
}

// columnFan is the ports whose consumers want rows by a column's value.
type columnFan struct {
	col   int
	ports map[uint64][]int
	hash  []uint64
	rows  map[int][]uint32 // of the batch at hand: a port's rows
	order []int            // the ports of rows, as they came
}

// route lets the ports of a complete dataflow's filters carry the constants that they compare
// a column with, through projections that only pass columns on to them.
func (b *Builder) route() {
	for _, r := range b.flow.nodes {
		n := b.g.nodes[r]
		f, ok := n.op.(*Filter)
		if !ok {
			continue
		}
		key := b.constKey(f.pred)
		if key == nil {
			continue
		}
		from := b.g.nodes[n.inputs[0]]
		if p, ok := from.op.(*Project); ok && !p.computed && len(from.ports) == 1 {
			key.Col = p.exprs[key.Col].(*expr.Column).Index
			n, from = from, b.g.nodes[from.inputs[0]]
		}
		for i := range from.ports {
			if p := &from.ports[i]; p.To == n.id && p.When == Plain {
				p.Only = key
				from.fan = nil
			}
		}
	}
}

// constKey finds the constant that a column must equal for a predicate to be true or in error;
// nil if there is none.
func (b *Builder) constKey(pred expr.Expr) *ConstKey {
	conds := []expr.Expr{pred}
	if and, ok := pred.(*expr.And); ok {
		conds = and.Args()
	}
	for _, c := range conds {
		if expr.Fallible(c) {
			return nil // a row that differs may be in error before it is compared
		}
		x, ok := c.(*expr.Call)
		if !ok || x.Fn.Name != "=" {
			continue
		}
		column, value := operands(x.Args())
		if column == nil {
			continue
		}
		hash := make([]uint64, 1)
		b.g.Seed.Keys(hash, []*col.Vector{col.CanonicalOf(value.Value())})
		return &ConstKey{column.Index, hash[0]}
	}
	return nil
}

// operands takes a comparison of a column, as it is or as text, with a constant apart; nil: it
// is none.
func operands(args []expr.Expr) (*expr.Column, *expr.Const) {
	for i, x := range args[:2] {
		value, ok := args[1-i].(*expr.Const)
		if !ok || !sameKeys(x.Type(), value.Type()) {
			continue
		}
		if cast, ok := x.(*expr.Call); ok && cast.Fn.Relabel && cast.Type().Is(col.Text) {
			x = cast.Args()[0]
		}
		if column, ok := x.(*expr.Column); ok {
			return column, value
		}
	}
	return nil, nil
}

// sameKeys reports whether equal values of two types have one key: not so numerics, which
// have several forms.
func sameKeys(a, b col.Type) bool {
	integer := func(t col.Type) bool { return t.Is(col.Int2) || t.Is(col.Int4) || t.Is(col.Int8) }
	return a.OID == b.OID && !a.Is(col.Numeric) || integer(a) && integer(b)
}

// sortPorts makes the fan-out of a node's ports.
func sortPorts(ports []Port) *fanOut {
	f, count := &fanOut{}, map[int]int{}
	for _, p := range ports {
		if p.Only != nil {
			count[p.Only.Col]++
		}
	}
	at := map[int]int{}
	for i, p := range ports {
		if p.Only == nil || count[p.Only.Col] < leastFanOut {
			f.every = append(f.every, i)
			continue
		}
		c, known := at[p.Only.Col]
		if !known {
			c = len(f.by)
			at[p.Only.Col] = c
			f.by = append(f.by, columnFan{col: p.Only.Col, ports: map[uint64][]int{}, rows: map[int][]uint32{}})
		}
		f.by[c].ports[p.Only.Hash] = append(f.by[c].ports[p.Only.Hash], i)
	}
	return f
}

// hand hands a batch to the consumers that it concerns.
func (g *Graph) hand(n *node, b *col.Batch) {
	if len(n.ports) < leastFanOut {
		for i := range n.ports {
			g.deliver(n, &n.ports[i], b, false)
		}
		return
	}
	if n.fan == nil {
		n.fan = sortPorts(n.ports)
	}
	for _, i := range n.fan.every {
		g.deliver(n, &n.ports[i], b, false)
	}
	for i := range n.fan.by {
		n.fan.by[i].hand(g, n, b)
	}
}

func (f *columnFan) hand(g *Graph, n *node, b *col.Batch) {
	f.hash = slices.Grow(f.hash[:0], b.N)[:b.N]
	g.Seed.Keys(f.hash, canonicalKeys(b, []int{f.col}))
	f.order = f.order[:0]
	for i := range b.Len() {
		row := b.Row(i)
		for _, p := range f.ports[f.hash[row]] {
			rows := f.rows[p]
			if len(rows) == 0 {
				f.order = append(f.order, p)
			}
			f.rows[p] = append(rows, uint32(row))
		}
	}
	for _, p := range f.order {
		part := *b
		part.Sel = f.rows[p]
		g.deliver(n, &n.ports[p], &part, false)
		delete(f.rows, p)
	}
}
