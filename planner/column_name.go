package planner

import "github.com/millracedb/millrace/sql/ast"

// columnName is the name that PostgreSQL gives the column of an expression.
func columnName(x ast.Expr) string {
	if n, s := figureName(x); s > nameless {
		return n
	}
	return "?column?"
}

// A name is weak that a type or CASE gives: an outer cast gives a better one.
type strength uint8

const (
	nameless strength = iota
	weak
	strong
)

// figureName is PostgreSQL's FigureColname; empty: it suggests nothing.
func figureName(x ast.Expr) (string, strength) {
	switch x := x.(type) {
	case *ast.ColumnRef:
		return x.Parts[len(x.Parts)-1], strong
	case *ast.Call:
		return x.Name.Name, strong
	case *ast.ValueFunc:
		return x.Name, strong
	case *ast.Cast:
		return strongOr(x.Expr, x.Type.Name)
	case *ast.TypedLiteral:
		return x.Type.Name, weak
	case *ast.Case:
		return strongOr(x.Else, "case")
	case *ast.Subquery:
		return queryName(x.Query), strong
	case *ast.Collate:
		return figureName(x.Expr)
	case *ast.Subscript:
		return figureName(x.Expr)
	}
	if n := nodeName(x); n != "" {
		return n, strong
	}
	return "", nameless
}

// strongOr is the strong name of x, or else a weak one.
func strongOr(x ast.Expr, other string) (string, strength) {
	if n, s := figureName(x); s == strong {
		return n, s
	}
	return other, weak
}

func nodeName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Coalesce:
		return "coalesce"
	case *ast.NullIf:
		return "nullif"
	case *ast.Extremum:
		if x.Least {
			return "least"
		}
		return "greatest"
	case *ast.Exists:
		return "exists"
	case *ast.Field:
		return x.Name
	case *ast.Array, *ast.ArrayQuery:
		return "array"
	case *ast.Row:
		return "row"
	case *ast.Grouping:
		return "grouping"
	}
	return ""
}

// queryName is the name of a query's first column.
func queryName(q *ast.Query) string {
	body := q.Body
	for {
		switch b := body.(type) {
		case *ast.Query:
			body = b.Body
			continue
		case *ast.SetOp:
			body = b.Left
			continue
		case *ast.Select:
			if len(b.Targets) > 0 && b.Targets[0].Alias != "" {
				return b.Targets[0].Alias
			}
			if len(b.Targets) > 0 {
				return columnName(b.Targets[0].Expr)
			}
		case *ast.Values:
			return "column1"
		}
		return columnName(nil)
	}
}
