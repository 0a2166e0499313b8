package tidbcore

import (
	"fmt"
	"strconv"

	"github.com/pingcap/tidb/pkg/parser"
	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/opcode"

	"github.com/millracedb/millrace/sql/ast"
)

// decoder builds our tree from TiDB's.
type decoder struct {
	*encoder
	starts []int32        // where the tokens of the skeleton start
	parser *parser.Parser // made the tree
	root   tast.StmtNode
}

// hole splits the name of a hole into its letter and its number.
func hole(name string) (letter byte, number int) {
	if len(name) < 2 {
		return 0, 0
	}
	n, err := strconv.Atoi(name[1:])
	if err != nil {
		return 0, 0
	}
	return name[0], n
}

func unexpected(n any) string { return fmt.Sprintf("unexpected %T in a skeleton", n) }

// query builds the query that is the whole skeleton.
func (d *decoder) query() *ast.Query { return d.queryOf(d.root) }

// change builds the INSERT, UPDATE or DELETE that is the whole skeleton.
func (d *decoder) change() ast.Stmt {
	var source *ast.Query
	var marker tast.ExprNode
	switch x := d.root.(type) {
	case *tast.InsertStmt:
		source, marker = d.queryOf(x.Select), x.OnDuplicate[0].Expr
	case *tast.UpdateStmt:
		marker = x.List[0].Expr
	case *tast.DeleteStmt:
		marker = x.Where
	default:
		panic(unexpected(d.root))
	}
	call := marker.(*tast.FuncCallExpr)
	_, n := hole(call.FnName.O)
	return d.effects[n](source, d.feed(call))
}

// queryOf builds a query.
func (d *decoder) queryOf(n tast.Node) *ast.Query {
	q := &ast.Query{}
	switch x := n.(type) {
	case *tast.SelectStmt:
		q.Body = d.selectOf(x)
		d.tailOf(q, x.OrderBy)
		d.withOf(q, x.With)
	case *tast.SetOprStmt:
		q.Body = d.setOf(x.SelectList.Selects)
		d.tailOf(q, x.OrderBy)
		d.withOf(q, x.With)
	case *tast.SetOprSelectList:
		if s, ok := x.Selects[0].(*tast.SelectStmt); ok && len(x.Selects) == 1 && x.OrderBy == nil {
			return d.queryOf(s)
		}
		q.Body = d.setOf(x.Selects)
		d.tailOf(q, x.OrderBy)
		d.withOf(q, x.With)
	default:
		panic(unexpected(n))
	}
	return q
}

func (d *decoder) withOf(q *ast.Query, w *tast.WithClause) {
	q.Pos = q.Body.Position()
	if w == nil {
		return
	}
	q.With = &ast.With{Recursive: w.IsRecursive}
	for _, c := range w.CTEs {
		_, n := hole(c.Name.O)
		cte := d.ctes[n]
		if cte.Change == nil {
			cte.Query = d.queryOf(c.Query.Query)
		}
		q.With.CTEs = append(q.With.CTEs, cte)
	}
	q.With.Pos = q.With.CTEs[0].Pos
	q.Pos = q.With.Pos
}

// tailOf fills in ORDER BY and what stands behind it.
func (d *decoder) tailOf(q *ast.Query, o *tast.OrderByClause) {
	if o == nil {
		return
	}
	last := len(o.Items) - 1
	call := o.Items[last].Expr.(*tast.FuncCallExpr)
	_, n := hole(call.FnName.O)
	shape := d.tails[n]
	t := shape.query
	for i, it := range o.Items[:last] {
		t.OrderBy[i].Expr = d.expr(it.Expr)
	}
	f := d.feed(call)
	for _, x := range shape.fill {
		*x = f.next()
	}
	q.OrderBy, q.Limit, q.Offset = t.OrderBy, t.Limit, t.Offset
	q.WithTies, q.Locking = t.WithTies, t.Locking
}

var setKinds = map[tast.SetOprType]struct {
	op  ast.SetOpKind
	all bool
}{
	tast.Union: {ast.Union, false}, tast.UnionAll: {ast.Union, true},
	tast.Except: {ast.Except, false}, tast.ExceptAll: {ast.Except, true},
	tast.Intersect: {ast.Intersect, false}, tast.IntersectAll: {ast.Intersect, true},
}

// setOf builds the tree of a chain of set operations. TiDB's grammar leaves it flat;
// INTERSECT binds tighter than the others, and all are left-associative.
func (d *decoder) setOf(list []tast.Node) ast.QueryBody {
	var left ast.QueryBody
	var loose *ast.SetOp // the last UNION or EXCEPT, whose right side may still grow
	for _, n := range list {
		body, op := d.setOperand(n)
		if left == nil {
			left = body
			continue
		}
		s := &ast.SetOp{Pos: left.Position(), Op: setKinds[*op].op, All: setKinds[*op].all, Right: body}
		if s.Op == ast.Intersect && loose != nil {
			s.Left, loose.Right = loose.Right, s
			s.Pos = s.Left.Position()
			continue
		}
		s.Left, left = left, s
		if s.Op != ast.Intersect {
			loose = s
		}
	}
	return left
}

// setOperand builds one operand: a query in parentheses that has nothing but a body is
// that body.
func (d *decoder) setOperand(n tast.Node) (ast.QueryBody, *tast.SetOprType) {
	var op *tast.SetOprType
	switch x := n.(type) {
	case *tast.SelectStmt:
		op = x.AfterSetOperator
	case *tast.SetOprSelectList:
		op = x.AfterSetOperator
	}
	q := d.queryOf(n)
	if bare(q) {
		return q.Body, op
	}
	return q, op
}

func bare(q *ast.Query) bool {
	return q.With == nil && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && len(q.Locking) == 0
}

// selectOf builds SELECT or VALUES.
func (d *decoder) selectOf(x *tast.SelectStmt) ast.QueryBody {
	if x.Having == nil { // a part of the skeleton's own, which no user's SELECT stands for
		s := &ast.Select{}
		for _, f := range x.Fields.Fields {
			s.Targets = append(s.Targets, &ast.Target{Expr: d.expr(f.Expr)})
		}
		if x.From != nil {
			s.From = d.fromOf(x.From.TableRefs)
		}
		return s
	}
	call := x.Having.Expr.(*tast.FuncCallExpr)
	_, n := hole(call.FnName.O)
	shape := d.selects[n]
	if shape.fill != nil {
		shape.fill(d.feed(call))
	}
	if shape.values != nil {
		return shape.values
	}
	s := shape.body
	for i, t := range s.Targets {
		t.Expr = d.expr(x.Fields.Fields[i].Expr)
	}
	s.From = d.fromOf(x.From.TableRefs)
	if x.Where != nil {
		s.Where = d.expr(x.Where)
	}
	return s
}

// fromOf builds a FROM list: a join without a condition is a comma.
func (d *decoder) fromOf(n tast.ResultSetNode) []ast.TableExpr {
	switch x := n.(type) {
	case *tast.Join:
		switch {
		case x.Right == nil:
			return d.fromOf(x.Left)
		case x.On == nil:
			return append(d.fromOf(x.Left), d.fromOf(x.Right)...)
		}
		return []ast.TableExpr{d.joinOf(x)}
	case *tast.TableSource:
		return d.sourceOf(x)
	}
	panic(unexpected(n))
}

func (d *decoder) joinOf(x *tast.Join) *ast.Join {
	call := x.On.Expr.(*tast.FuncCallExpr)
	_, n := hole(call.FnName.O)
	j := d.joins[n]
	j.Left, j.Right = d.fromOf(x.Left)[0], d.fromOf(x.Right)[0]
	if len(call.Args) > 0 {
		j.On = d.expr(call.Args[0])
	}
	return j
}

// sourceOf builds one item of FROM, none for the table of a SELECT without FROM.
func (d *decoder) sourceOf(x *tast.TableSource) []ast.TableExpr {
	if t, ok := x.Source.(*tast.TableName); ok {
		if t.Name.O == "_" {
			return nil
		}
		_, n := hole(t.Name.O)
		return []ast.TableExpr{d.sources[n].leaf}
	}
	_, n := hole(x.AsName.O)
	return []ast.TableExpr{d.sources[n].build(d.queryOf(x.Source))}
}

// feed builds the arguments of a marker.
func (d *decoder) feed(call *tast.FuncCallExpr) *feed {
	f := &feed{args: make([]ast.Expr, len(call.Args))}
	for i, a := range call.Args {
		f.args[i] = d.expr(a)
	}
	return f
}

// expr builds an expression.
func (d *decoder) expr(n tast.ExprNode) ast.Expr {
	switch x := n.(type) {
	case *tast.ColumnNameExpr:
		_, i := hole(x.Name.Name.O)
		return d.markers[i].leaf
	case *tast.FuncCallExpr:
		_, i := hole(x.FnName.O)
		return d.markers[i].build(d.feed(x))
	case *tast.ParenthesesExpr:
		return d.expr(x.Expr)
	case *tast.SubqueryExpr:
		q := d.queryOf(x.Query)
		return &ast.Subquery{Pos: int(d.Tokens[d.out[d.tokenAt(x.OriginTextPosition())].src].Pos), Query: q}
	case *tast.BinaryOperationExpr:
		return d.binaryOf(x)
	case *tast.UnaryOperationExpr: // NOT is the only one
		t := d.out[d.tokenAt(x.OriginTextPosition())]
		return &ast.Not{Pos: int(d.Tokens[t.src].Pos), Expr: d.expr(x.V)}
	case *tast.BetweenExpr:
		o := d.operatorBefore(x.Left)
		return &ast.Between{Pos: o.Pos, Expr: d.expr(x.Expr), Not: x.Not, Symmetric: o.symmetric,
			Low: d.expr(x.Left), High: d.expr(x.Right)}
	case *tast.PatternInExpr:
		return d.inOf(x)
	case *literal:
		return nil
	}
	panic(unexpected(n))
}

func (d *decoder) inOf(x *tast.PatternInExpr) ast.Expr {
	if x.Sel != nil {
		o := d.operatorBefore(x.Sel)
		return &ast.InQuery{Pos: o.Pos, Expr: d.expr(x.Expr), Not: x.Not, Query: d.expr(x.Sel).(*ast.Subquery).Query}
	}
	in := &ast.InList{Pos: d.operatorBefore(x.List[0]).Pos, Expr: d.expr(x.Expr), Not: x.Not}
	for _, e := range x.List {
		in.List = append(in.List, d.expr(e))
	}
	return in
}

// operatorBefore returns the operator whose right operand x is.
func (d *decoder) operatorBefore(x tast.ExprNode) operator {
	t := d.out[d.tokenAt(x.OriginTextPosition())]
	return d.operators[t.op-1]
}

func (d *decoder) binaryOf(x *tast.BinaryOperationExpr) ast.Expr {
	o := d.operatorBefore(x.R)
	left, right := d.expr(x.L), d.expr(x.R)
	switch x.Op {
	case opcode.LogicAnd:
		if a, ok := left.(*ast.And); ok {
			a.Args = append(a.Args, right)
			return a
		}
		return &ast.And{Pos: o.Pos, Args: []ast.Expr{left, right}}
	case opcode.LogicOr:
		if a, ok := left.(*ast.Or); ok {
			a.Args = append(a.Args, right)
			return a
		}
		return &ast.Or{Pos: o.Pos, Args: []ast.Expr{left, right}}
	case opcode.Or: // LIKE and its like, and ESCAPE
		if l, ok := left.(*ast.Like); ok && o.Name == "ESCAPE" {
			l.Escape = right
			return l
		}
		return &ast.Like{Pos: o.Pos, Op: o.Name, Not: o.not, Expr: left, Pattern: right}
	}
	return &ast.Binary{Pos: o.Pos, Op: o.Operator, Left: left, Right: right}
}
