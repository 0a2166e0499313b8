package planner

import (
	"slices"

	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// rowMark is the name, which nobody can write, of a hidden column of a FROM item that is true: behind an outer join it
// tells a row of NULLs from none.
const rowMark = ""

// naming is in for the FROM of a query or a change, whose expressions may name whole rows.
func (in *binding) naming(query ast.Node, order ...*ast.SortItem) *binding {
	inner := *in
	inner.named = map[string]bool{}
	note := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ColumnRef:
			inner.named[n.Parts[0]] = inner.named[n.Parts[0]] || len(n.Parts) == 1
		case *ast.Star:
			if len(n.Table) > 0 {
				inner.named[n.Table[len(n.Table)-1]] = true
			}
		}
		return true
	}
	ast.Walk(query, note)
	for _, o := range order {
		ast.Walk(o.Expr, note)
	}
	return &inner
}

// markRows marks the rows of the FROM items of a scope that an outer join may leave out, where the query may ask for them
// whole and no column of theirs tells that they are there.
func (in *binding) markRows(s *scope, nullable bool) {
	if !nullable {
		return
	}
	for _, src := range s.sources {
		if src.nullable || src.row || !in.named[src.alias] || len(src.key) > 0 || slices.ContainsFunc(src.fields, field.tells) {
			continue
		}
		at := len(s.node.Schema())
		p := columnsProject(s.node, identity(at))
		p.Exprs, p.Names = append(p.Exprs, expr.NewBool(true)), append(p.Names, "there")
		s.node, src.fields = p, append(slices.Clone(src.fields), field{name: rowMark, at: at, hidden: true, of: src})
	}
}

// tells reports whether the field is NULL only where the row is not there.
func (f field) tells() bool { return f.hidden && (f.name == catalog.RowID || f.name == rowMark) }
