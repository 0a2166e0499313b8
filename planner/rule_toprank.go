package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// topRank takes the limit of row_number(), rank() or dense_rank() out of the condition above
// it: only the rows up to it are kept.
func topRank(root Node) Node {
	return rewrite(root, func(n Node) Node {
		f, ok := n.(*Filter)
		if !ok {
			return n
		}
		limited, ok := ranked(f.Input)
		if !ok {
			return n
		}
		var stay []expr.Expr
		for _, p := range f.Preds {
			k, whole, ok := rankLimit(p, len(limited.Input.Schema()))
			if ok && (limited.Limit < 0 || k < limited.Limit) {
				limited.Limit = max(k, 0)
			}
			if !ok || !whole {
				stay = append(stay, p)
			}
		}
		if limited.Limit < 0 {
			return n
		}
		return filtered(limited, stay)
	})
}

// ranked is a node that gives rows one rank, as a TopN without a limit.
func ranked(n Node) (*TopN, bool) {
	o, ok := n.(*Over)
	if !ok || len(o.Calls) != 1 || o.Calls[0].Func == nil {
		return nil, false
	}
	kind := slices.Index(rankWords, o.Calls[0].Func.Name)
	if kind < 0 {
		return nil, false
	}
	return &TopN{Input: o.Input, Rank: o.Calls[0].Name, TopNSpec: exec.TopNSpec{Limit: -1, Rank: exec.RankKind(kind), EmitRank: true,
		Partition: o.Partition, Order: o.Order}}, true
}

// rankLimit reads the greatest rank that satisfies a condition; whole: that is all the
// condition says of a number from 1 on.
func rankLimit(p expr.Expr, rank int) (k int64, whole, ok bool) {
	c, is := p.(*expr.Call)
	if !is || len(c.Args()) != 2 {
		return 0, false, false
	}
	op, l, r := c.Fn.Name, c.Args()[0], c.Args()[1]
	if flipped := map[string]string{">=": "<=", ">": "<", "=": "="}[op]; flipped != "" && isConst(l) {
		op, l, r = flipped, r, l
	}
	n, number := integer(r)
	if !isColumn(l, rank) || !number {
		return 0, false, false
	}
	switch op {
	case "<=":
		return n, true, true
	case "<":
		return n - 1, true, true
	case "=":
		return n, n == 1, true
	}
	return 0, false, false
}

// integer is the value of a constant integer.
func integer(x expr.Expr) (int64, bool) {
	k, ok := x.(*expr.Const)
	if !ok || k.IsNull() {
		return 0, false
	}
	switch v := k.Value(); {
	case len(v.I64) == 1 && v.Scale == 0:
		return v.I64[0], true
	case len(v.I32) == 1:
		return int64(v.I32[0]), true
	}
	return 0, false
}
