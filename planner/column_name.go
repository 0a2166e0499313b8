package planner

import (
	"strings"

	"github.com/millracedb/millrace/sql/ast"
)

// columnName is the name that PostgreSQL gives the column of an expression.
func columnName(x ast.Expr) string {
	if n := figureName(x); n != "" {
		return n
	}
	return "?column?"
}

// figureName is PostgreSQL's FigureColname; empty: it suggests nothing.
func figureName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.ColumnRef:
		return x.Parts[len(x.Parts)-1]
	case *ast.Call:
		return x.Name.Name
	case *ast.ValueFunc:
		return x.Name
	case *ast.Cast:
		if n := figureName(x.Expr); n != "" {
			return n
		}
		return x.Type.Name
	case *ast.TypedLiteral:
		return x.Type.Name
	case *ast.Bool:
		return "bool"
	case *ast.Case:
		if x.Else != nil {
			if n := figureName(x.Else); n != "" && !isCase(x.Else) {
				return n
			}
		}
		return "case"
	case *ast.Subquery:
		return queryName(x.Query)
	}
	return nodeName(x)
}

func isCase(x ast.Expr) bool { _, ok := x.(*ast.Case); return ok }

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
	case *ast.Collate:
		return figureName(x.Expr)
	case *ast.Subscript:
		return figureName(x.Expr)
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
			if len(b.Targets) == 0 {
				return ""
			}
			if b.Targets[0].Alias != "" {
				return b.Targets[0].Alias
			}
			return strings.TrimSpace(figureName(b.Targets[0].Expr))
		case *ast.Values:
			return "column1"
		}
		return ""
	}
}
