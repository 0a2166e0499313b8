package planner

import (
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// topRank takes the limit of row_number(), rank() and dense_rank() out of the condition
// above them: only the rows up to it are kept.
func topRank(root Node) Node {
	return rewrite(root, func(n Node) Node {
		f, ok := n.(*Filter)
		if !ok {
			return n
		}
		t, ok := f.Input.(*TopN)
		if !ok || !t.EmitRank || t.Offset != 0 {
			return n
		}
		limited := *t
		var stay []expr.Expr
		for _, p := range f.Preds {
			k, whole, ok := rankLimit(p, len(t.Input.Schema()))
			if ok && (limited.Limit < 0 || k < limited.Limit) {
				limited.Limit = max(k, 0)
			}
			if !ok || !whole {
				stay = append(stay, p)
			}
		}
		return filtered(&limited, stay)
	})
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

// unlimitedRank finds a window function whose rows no limit bounds.
func unlimitedRank(root Node) *TopN {
	for _, n := range postorder(root) {
		if t, ok := n.(*TopN); ok && t.EmitRank && t.Limit < 0 {
			return t
		}
	}
	return nil
}

// rankName is the name of the window function of a TopN.
func rankName(k exec.RankKind) string { return rankWords[k] }
