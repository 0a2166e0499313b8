package planner

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// Columns of other places than the node's inputs stand in an expression while it is bound,
// and are gone from what binding returns.
const (
	groupBase     = 1 << 19 // + number of an expression of GROUP BY that a result column is
	aggregateBase = 1 << 20 // + number of an aggregate of the query
	overBase      = 1 << 21 // + number of a window function of the query
	setColumn     = 3 << 20 // + number of a function of the query that returns rows
	subqueryBase  = 1 << 23 // + number of a subquery of the query
)

func column(i int, c col.Column) expr.Expr { return expr.NewColumn(i, c.Type) }

// isColumn reports whether x is column i as it is.
func isColumn(x expr.Expr, i int) bool {
	c, ok := x.(*expr.Column)
	return ok && c.Index == i
}

func columnsOf(x expr.Expr) []int { return expr.Columns(x) }

func fallible(x expr.Expr) bool { return expr.Fallible(x) }

func volatile(x expr.Expr) bool { return expr.Volatility(x) == fn.Volatile }

// readsColumns reports whether x depends on a row.
func readsColumns(x expr.Expr) bool { return len(expr.Columns(x)) > 0 }

// move gives the columns of x their new places.
func move(x expr.Expr, at []int) expr.Expr {
	return expr.Remap(x, func(i int) int { return at[i] })
}

func moveAll(xs []expr.Expr, at []int) []expr.Expr {
	out := make([]expr.Expr, len(xs))
	for i, x := range xs {
		out[i] = move(x, at)
	}
	return out
}

// eachExpr is f of each expression; nil stays nil.
func eachExpr(xs []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := slices.Clone(xs)
	for i, x := range out {
		out[i] = f(x)
	}
	return out
}

func shiftBy(x expr.Expr, n int) expr.Expr {
	return expr.Remap(x, func(i int) int { return i + n })
}

// substitute puts expressions in place of columns.
func substitute(x expr.Expr, by []expr.Expr) expr.Expr {
	return expr.Rewrite(x, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Column); ok {
			return by[c.Index]
		}
		return x
	})
}

// and joins conditions; none is true.
func and(preds []expr.Expr) expr.Expr { return expr.NewAnd(preds...) }

// equality takes an equality of two expressions apart.
func equality(x expr.Expr) (left, right expr.Expr, ok bool) {
	c, is := x.(*expr.Call)
	if !is || c.Fn.Name != "=" || len(c.Args()) != 2 {
		return nil, nil, false
	}
	return c.Args()[0], c.Args()[1], true
}

func printExpr(x expr.Expr) string { return string(x.Append(nil)) }

// parseExpr reads a stored expression whose columns must be of the types. stale lists the
// functions that have another version now.
func parseExpr(text string, types []col.Type) (x expr.Expr, stale []string, err error) {
	x, rest, stale, err := expr.ParsePrefix(text)
	if err == nil && rest != "" {
		err = errors.New("text behind its end")
	}
	if err != nil {
		return nil, nil, err
	}
	expr.Walk(x, func(y expr.Expr) bool {
		if c, ok := y.(*expr.Column); ok && (c.Index >= len(types) || !types[c.Index].Is(c.Type())) {
			err = fmt.Errorf("column %d is not there", c.Index)
		}
		return err == nil
	})
	return x, stale, err
}

// displayExpr is an expression for people.
func displayExpr(x expr.Expr, schema []col.Column) string {
	return x.SQL(func(i int) string {
		if i < len(schema) {
			return schema[i].Name
		}
		return "$" + strconv.Itoa(i)
	})
}

func exprList(xs []expr.Expr, schema []col.Column) string {
	parts := make([]string, len(xs))
	for i, x := range xs {
		parts[i] = displayExpr(x, schema)
	}
	return strings.Join(parts, ", ")
}

func conjunction(preds []expr.Expr, schema []col.Column) string {
	parts := make([]string, len(preds))
	for i, x := range preds {
		parts[i] = displayExpr(x, schema)
	}
	return strings.Join(parts, " AND ")
}

// indexOf finds an equal expression; -1: there is none.
func indexOf(xs []expr.Expr, x expr.Expr) int {
	return slices.IndexFunc(xs, func(y expr.Expr) bool { return expr.Equal(x, y) })
}

// add appends x unless an equal one is there, and returns its place.
func addExpr(xs *[]expr.Expr, x expr.Expr) int {
	if i := indexOf(*xs, x); i >= 0 && !volatile(x) {
		return i
	}
	*xs = append(*xs, x)
	return len(*xs) - 1
}

// evaluateOnce computes an expression without columns: a vector of one value that is the
// caller's. The error is that of the evaluation.
func evaluateOnce(c *fn.Ctx, x expr.Expr) (*col.Vector, error) {
	before := len(c.Marks())
	v := x.Eval(c, &col.Batch{N: 1}, nil)
	if err := c.CutMarks(before); err != nil {
		return nil, err
	}
	out := &col.Vector{}
	out.ResetKind(x.Type(), v.Kind, v.Scale)
	out.AppendFrom(v, 0)
	return out, nil
}
