package planner

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// computedLast computes what is volatile and not sorted by for the sorted rows, and for those alone that
// LIMIT and OFFSET pass, as PostgreSQL does: nextval counts in the order in which the rows come out, and no
// further. OFFSET's rows are computed, and then left out.
func computedLast(s *Sort) Node {
	p, ok := s.Input.(*Project)
	if !ok {
		return s
	}
	sorted := func(i int) bool { return slices.ContainsFunc(s.Order, func(o exec.OrderBy) bool { return o.Col == i }) }
	below, above := &Project{Input: p.Input}, &Project{Names: p.Names, Exprs: make([]expr.Expr, len(p.Exprs))}
	at := map[int]int{} // places in below, by those in p
	pass := func(x expr.Expr, name string) expr.Expr {
		below.Exprs, below.Names = append(below.Exprs, x), append(below.Names, name)
		return expr.NewColumn(len(below.Exprs)-1, x.Type())
	}
	var late []int
	for i, x := range p.Exprs {
		if volatile(x) && !sorted(i) {
			late = append(late, i)
			continue
		}
		at[i] = len(below.Exprs)
		above.Exprs[i] = pass(x, p.Names[i])
	}
	if late == nil {
		return s
	}
	in, read := p.Input.Schema(), map[int]expr.Expr{}
	for _, i := range late {
		for _, c := range columnsOf(p.Exprs[i]) {
			if read[c] == nil {
				read[c] = pass(expr.NewColumn(c, in[c].Type), in[c].Name)
			}
		}
		above.Exprs[i] = replaceColumns(p.Exprs[i], read)
	}
	first := &Sort{Input: below, Limit: firstRows(s.Limit, s.Offset)}
	for _, o := range s.Order {
		o.Col = at[o.Col]
		first.Order = append(first.Order, o)
	}
	if above.Input = first; s.Offset == nil {
		return above
	}
	return &Sort{Input: above, Limit: s.Limit, Offset: s.Offset}
}

// firstRows is how many rows a limit and an offset need together; nil: all.
func firstRows(limit, offset expr.Expr) expr.Expr {
	if limit == nil || offset == nil {
		return limit
	}
	if l, o := constInt(limit, 0), constInt(offset, 0); isConst(limit) && isConst(offset) && l > math.MaxInt64-max(o, 0) {
		return nil
	}
	return callOperator("+", limit, expr.NewCoalesce(col.Int8, offset, expr.NewInt8(0)))
}
