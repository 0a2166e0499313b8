package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// setOfUser binds a call in the select list of a user's function that returns a set.
func (b *binder) setOfUser(call *functionCall, x *ast.Call) (expr.Expr, error) {
	if err := b.takesSets(); err != nil {
		return nil, b.env.at(x.Pos, err)
	}
	columns, err := b.resultColumns(call)
	if err != nil {
		return nil, err
	}
	u := setUse{call: exec.RowsCall{Args: call.args, Columns: columns}, user: call, at: x, whole: call.composite()}
	at := setColumn + len(b.found.sets)
	b.found.sets = append(b.found.sets, u)
	return expr.NewColumn(at, u.value(b, at).Type()), nil
}

// withRows gives every row of n the rows of functions, side by side, and with ordered their number behind them.
func (s *selection) withRows(n Node, uses []setUse, ordered bool) (Node, error) {
	if !slices.ContainsFunc(uses, func(u setUse) bool { return u.user != nil || u.whole }) {
		f := &RowsFrom{Input: n}
		f.Ordinality = ordered
		for _, u := range uses {
			f.Calls = append(f.Calls, u.call)
		}
		return f, nil
	}
	frame := s.frameOf(&scope{})
	var all Node
	for _, u := range uses {
		rows, err := s.rowsOfUse(u, frame)
		switch {
		case err != nil:
			return nil, err
		case u.user != nil && volatileRows(rows) && !isOneRow(n):
			return nil, s.at(u.at.Pos, pgerr.Unsupported("a function that is a query with a volatile function, for each of several rows"))
		case all == nil:
			all = rows
		default:
			all = beside(all, rows)
		}
	}
	if !ordered {
		all = columnsProject(all, identity(len(all.Schema())-1))
	}
	if !dependsOn(all, frame) {
		return &Join{Left: n, Right: all, Kind: exec.Inner}, nil
	}
	return &DependentJoin{Left: n, Right: all, Kind: exec.Inner, Frame: frame, pos: -1}, nil
}

// rowsOfUse is the rows that a function has for the row which frame names, and their number.
func (s *selection) rowsOfUse(u setUse, frame int) (Node, error) {
	u.call.Args = eachExpr(u.call.Args, func(x expr.Expr) expr.Expr {
		return expr.Rewrite(x, func(x expr.Expr) expr.Expr {
			if c, ok := x.(*expr.Column); ok {
				return expr.NewOuter(frame, c.Index, c.Type())
			}
			return x
		})
	})
	b := &binder{env: s.env, scope: &scope{node: &Values{Rows: [][]expr.Expr{{}}}}, ctes: s.in.ctes, found: &found{}}
	var n Node = &RowsFrom{Input: b.scope.node, RowsFromSpec: exec.RowsFromSpec{Calls: []exec.RowsCall{u.call}, Ordinality: true}}
	row := func(names []string, fields []expr.Expr) expr.Expr {
		return b.rowCall(&rowValue{names: names, fields: fields})
	}
	if u.user != nil {
		call := *u.user
		call.args = u.call.Args
		r, err := b.functionRowsOf(&call, u.at)
		if err != nil {
			return nil, s.at(u.at.Pos, err)
		}
		n = r.numbered()
		row = func(names []string, fields []expr.Expr) expr.Expr { return b.resultRow(&call, names, fields) }
	}
	if !u.whole {
		return n, nil
	}
	p := columnsProject(n, identity(len(n.Schema())))
	last := len(p.Exprs) - 1
	value := row(p.Names[:last], p.Exprs[:last])
	return &Project{Input: n, Exprs: []expr.Expr{value, p.Exprs[last]}, Names: []string{"row", ordinality}}, nil
}
