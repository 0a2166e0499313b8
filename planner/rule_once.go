package planner

import (
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// computeOnce computes a costly call once a row, in a projection of its own, that stands several times in a filter, in a
// projection, or in both where one is above the other. It is a call that every row asks for anyway, so that no row is in
// error that was not before (E2).
func computeOnce(root Node) Node {
	readers := map[Node][]Node{}
	for _, n := range postorder(root) {
		for _, in := range n.Inputs() {
			readers[in] = append(readers[in], n)
		}
	}
	return rewrite2(root, func(old, n Node) Node {
		switch n := n.(type) {
		case *Filter:
			if up := readers[old]; len(up) == 1 {
				if _, ok := up[0].(*Project); ok {
					return n // together with the projection
				}
			}
			return n.once()
		case *Project:
			if f, ok := n.Input.(*Filter); ok && len(readers[old.Inputs()[0]]) == 1 {
				n = n.onceWith(f)
			}
			return n.once()
		}
		return n
	})
}

// once is the filter over rows that have its costly calls, and then without them.
func (f *Filter) once() Node {
	calls := repeated(f.Preds[:1], f.Preds)
	if len(calls) == 0 {
		return f
	}
	width := len(f.Schema())
	return columnsProject(&Filter{withCalls(f.Input, calls), replaceCalls(f.Preds, calls, width)}, identity(width))
}

func (p *Project) once() *Project {
	calls := repeated(p.Exprs, p.Exprs)
	if len(calls) == 0 {
		return p
	}
	return &Project{withCalls(p.Input, calls), replaceCalls(p.Exprs, calls, len(p.Input.Schema())), p.Names}
}

// onceWith is once for what stands in the filter below, too: its first condition is the one that every row asks.
func (p *Project) onceWith(f *Filter) *Project {
	all := append(f.Preds[:len(f.Preds):len(f.Preds)], p.Exprs...)
	calls := repeated(f.Preds[:1], all)
	if len(calls) == 0 {
		return p
	}
	width := len(f.Schema())
	below := &Filter{withCalls(f.Input, calls), replaceCalls(f.Preds, calls, width)}
	return &Project{below, replaceCalls(p.Exprs, calls, width), p.Names}
}

// repeated are the costly calls that stand in all several times, and in some of them, sure, where every row asks for them.
func repeated(sure, all []expr.Expr) (calls []expr.Expr) {
	var find func(x expr.Expr)
	find = func(x expr.Expr) {
		if costly(x) && occurrences(all, x) > 1 {
			addExpr(&calls, x)
			return
		}
		for _, a := range expr.Asked(x) {
			find(a)
		}
	}
	for _, x := range sure {
		find(x)
	}
	return calls
}

func costly(x expr.Expr) bool {
	switch x := x.(type) {
	case *expr.Call:
		return x.Fn.Costly && expr.Volatility(x) != fn.Volatile && readsColumns(x)
	case *expr.Score:
		return readsColumns(x)
	}
	return false
}

func occurrences(all []expr.Expr, x expr.Expr) (n int) {
	for _, y := range all {
		expr.Walk(y, func(y expr.Expr) bool {
			if costly(y) && expr.Equal(x, y) {
				n++
			}
			return true
		})
	}
	return n
}

// withCalls adds calls as columns behind those of a node.
func withCalls(n Node, calls []expr.Expr) Node {
	p := columnsProject(n, identity(len(n.Schema())))
	for _, x := range calls {
		name := "value"
		switch x := x.(type) {
		case *expr.Score:
			name = x.What.Function()
		case *expr.Call:
			if !x.Fn.IsOperator() {
				name = x.Fn.Name
			}
		}
		p.Exprs, p.Names = append(p.Exprs, x), append(p.Names, name)
	}
	return p
}

// replaceCalls reads calls from columns, the first of which is at a place.
func replaceCalls(xs, calls []expr.Expr, first int) []expr.Expr {
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		out[i] = expr.Rewrite(x, func(y expr.Expr) expr.Expr {
			if costly(y) {
				if k := indexOf(calls, y); k >= 0 {
					return expr.NewColumn(first+k, y.Type())
				}
			}
			return y
		})
	}
	return out
}
