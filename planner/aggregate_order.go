package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
)

// What aggregates that collect rows have beside their arguments: an order, direct arguments
// over the group's columns, and the type of their result.

func (c AggregateCall) writeOrder(l *line) {
	if len(c.Order) == 0 && len(c.Direct) == 0 && c.Ret.OID == 0 {
		return
	}
	l.word("ordered").typ(c.Type()).order(c.Order).number(int64(len(c.Direct)))
	for _, x := range c.Direct {
		l.expr(x)
	}
}

func (c *AggregateCall) readOrder(r *reader, in []col.Column, group []int) {
	if !strings.HasPrefix(strings.TrimLeft(r.rest, " "), "ordered ") {
		return
	}
	r.word()
	c.Ret, c.Order = r.typ(), r.order(len(in))
	var groups []col.Type
	for _, g := range group {
		groups = append(groups, in[g].Type)
	}
	for range r.count() {
		if x := r.expr(groups); x != nil {
			c.Direct = append(c.Direct, x)
		}
	}
}

// orderText is what stands between the parentheses, and behind them.
func (c AggregateCall) orderText(args string, in []col.Column) string {
	keys := orderText(c.Order, in)
	switch {
	case c.Agg.Collecting != nil && c.Agg.Collecting.WithinGroup:
		var direct []string
		for _, x := range c.Direct {
			direct = append(direct, x.SQL(func(i int) string { return "group " + string(rune('1'+i)) }))
		}
		return strings.Join(direct, ", ") + ") WITHIN GROUP (ORDER BY " + keys
	case keys != "":
		return args + " ORDER BY " + keys
	}
	return args
}

// collects reports whether some aggregate makes its results of rows in order.
func (a *Aggregate) collects() bool {
	return slices.ContainsFunc(a.Calls, func(c AggregateCall) bool { return c.Agg.Collecting != nil })
}

// Arrives reports whether rows are collected in the order in which they come, or taken by it,
// which workers beside each other would not keep.
func Arrives(root Node) bool {
	known := properties(root)
	return slices.ContainsFunc(postorder(root), func(n Node) bool {
		if j, ok := n.(*Join); ok {
			return j.arrives(known[j.Right])
		}
		a, ok := n.(*Aggregate)
		return ok && slices.ContainsFunc(a.Calls, func(c AggregateCall) bool { return c.Arrives() })
	})
}

func (a *Aggregate) exprs() (xs []expr.Expr) {
	for _, c := range a.Calls {
		xs = append(xs, c.Direct...)
	}
	return xs
}

func (a *Aggregate) withExprs(xs []expr.Expr) Node {
	n := *a
	n.Calls = slices.Clone(a.Calls)
	for i := range n.Calls {
		c := &n.Calls[i]
		c.Direct, xs = slices.Clone(xs[:len(c.Direct)]), xs[len(c.Direct):]
	}
	return &n
}
