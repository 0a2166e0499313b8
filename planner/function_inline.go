package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// inline is the value of a called function.
func (b *binder) inline(call *functionCall, x *ast.Call) (expr.Expr, error) {
	if call.value = true; call.Set {
		return b.setOfUser(call, x)
	}
	again := functionUse{oid: call.OID, args: slices.Clone(call.args), guard: b.guard}
	if value := b.found.called(again); value != nil {
		return value, nil
	}
	params := b.parameters(call)
	body, err := b.functionBody(call, params.values)
	if err != nil {
		return nil, err
	}
	n := body.visible()
	if p, ok := n.(*Project); ok && isOneRow(p.Input) {
		return b.inlineExpr(call, params, p, call.given())
	}
	if again.value, err = b.inlineQuery(call, params, n, x); err == nil && !slices.ContainsFunc(again.args, volatile) && !volatileRows(n) {
		b.found.functions = append(b.found.functions, again)
	}
	return again.value, err
}

// functionUse is the call of a function that is a query: the same call again is the same value.
type functionUse struct {
	oid   catalog.OID
	args  []expr.Expr
	guard []expr.Expr
	value expr.Expr
}

// called is the value of a call that stands in the query already; nil: it does not.
func (f *found) called(u functionUse) expr.Expr {
	if f == nil {
		return nil
	}
	for _, o := range f.functions {
		if o.oid == u.oid && equalLists(o.args, u.args) && equalLists(o.guard, u.guard) {
			return o.value
		}
	}
	return nil
}

// inlineQuery is the value of a function whose body is a query: a subquery that reads the
// arguments.
func (b *binder) inlineQuery(call *functionCall, params parameters, n Node, x *ast.Call) (expr.Expr, error) {
	if b.found == nil {
		return nil, pgerr.Unsupported("a function that is a query in %s", b.clause.name)
	}
	if b.scope == nil {
		b.scope = &scope{node: &Values{}}
	}
	if volatileRows(n) && !isOneRow(b.scope.node) {
		return nil, pgerr.Unsupported("a function that is a query with a volatile function, for each of several rows")
	}
	if call.composite() {
		n = b.recordOf(call, n)
	}
	for i, arg := range call.args {
		if !cheap(arg) {
			var err error
			if call.args[i], err = b.once(call, arg); err != nil {
				return nil, err
			}
		}
	}
	strict := call.given()
	use := subqueryUse{node: n, single: !alwaysOneRow(n), values: columnValues(n), pos: x.Pos}
	for _, o := range outerColumns(n, params.frame) {
		use.frame = params.frame
		use.reads, use.args = append(use.reads, o.Index), append(use.args, call.args[o.Index])
	}
	value := b.guarded(strict...).subquery(use)[0]
	if strict != nil {
		value = strictly(strict, value)
	}
	return value, nil
}

// volatileRows reports whether a plan computes something volatile.
func volatileRows(root Node) bool {
	return slices.ContainsFunc(postorder(root), func(n Node) bool { return slices.ContainsFunc(n.exprs(), volatile) })
}

// takesValues reports whether a plan moves what others see, as nextval does, even if nobody reads its rows.
func takesValues(root Node) bool {
	return slices.ContainsFunc(postorder(root), func(n Node) bool { return slices.ContainsFunc(n.exprs(), expr.Counts) })
}

// isOneRow reports whether a node is the one row of nothing that a SELECT without FROM has.
func isOneRow(n Node) bool {
	v, ok := n.(*Values)
	return ok && len(v.Columns) == 0 && len(v.Rows) <= 1
}

// recordOf makes one row value of the columns of a call's body.
func (e *env) recordOf(call *functionCall, n Node) Node {
	p := columnsProject(n, identity(len(n.Schema())))
	return &Project{Input: n, Exprs: []expr.Expr{e.resultRow(call, p.Names, p.Exprs)}, Names: []string{"row"}}
}

// parameters are a function's parameters as its body reads them: constants and what is
// constant for a row of the query are put in, others are columns of a row that frame names, the
// arguments of the call.
type parameters struct {
	frame  int
	values []expr.Expr
}

// parameters makes the parameters of a call. A row that is made for the call comes apart: its fields
// are arguments of their own.
func (e *env) parameters(call *functionCall) parameters {
	*e.frames++
	p := parameters{frame: *e.frames}
	given := call.args
	call.args, call.fields = nil, nil
	argument := func(x expr.Expr, field bool) expr.Expr {
		call.args, call.fields = append(call.args, x), append(call.fields, field)
		switch x.(type) {
		case *expr.Const, *expr.Param, *expr.Outer:
			return x
		}
		return expr.NewOuter(p.frame, len(call.args)-1, x.Type())
	}
	for _, x := range given {
		row, first := rowMade(x)
		if row == nil {
			p.values = append(p.values, argument(x, false))
			continue
		}
		parts := slices.Clone(row.Args())
		for k := first; k < len(parts); k++ {
			parts[k] = argument(parts[k], true)
		}
		p.values = append(p.values, row.With(parts))
	}
	return p
}

// rowMade is the call that makes a row, and the place of the first field among its arguments; nil: it
// is no such call.
func rowMade(x expr.Expr) (row *expr.Call, first int) {
	if c, ok := x.(*expr.Call); ok {
		switch c.Fn.ID() {
		case "row_of(variadic any)":
			return c, 0
		case namedRow:
			return c, 1
		}
	}
	return nil, 0
}

// given are the conditions under which a strict function is called; nil: always.
func (call *functionCall) given() (conds []expr.Expr) {
	if !call.Strict {
		return nil
	}
	for i, x := range call.args {
		if k, ok := x.(*expr.Const); !call.fields[i] && (!ok || k.IsNull()) {
			conds = append(conds, expr.NewIs(x, expr.IsNotNull))
		}
	}
	return conds
}

// strictly is a value where conditions are true, else NULL.
func strictly(conds []expr.Expr, x expr.Expr) expr.Expr {
	return expr.NewCase(x.Type(), expr.NewAnd(conds...), x, expr.NewNull(x.Type()))
}

// inlineExpr puts a call's arguments into a body that is an expression. What must not be computed
// twice, or takes long, is computed once a row.
func (b *binder) inlineExpr(call *functionCall, params parameters, body *Project, strict []expr.Expr) (expr.Expr, error) {
	var x expr.Expr
	if call.composite() {
		x = b.resultRow(call, body.Names, body.Exprs)
	} else {
		x = body.Exprs[0]
	}
	if strict != nil && strictIn(x, params) {
		strict = nil
	}
	uses := make([]int, len(call.args))
	size := countOuter(x, params.frame, uses)
	for i, arg := range call.args {
		if strict != nil {
			uses[i]++
		}
		if uses[i] > 1 {
			var err error
			if call.args[i], err = b.once(call, arg); err != nil {
				return nil, err
			}
		}
		size += uses[i] * sizeOf(call.args[i])
	}
	if size > mostInlined {
		return nil, pgerr.New(pgerr.StatementTooComplex, "function %s is too large where its arguments are put in", call.Name)
	}
	x = expr.ReplaceOuter(x, params.frame, func(o *expr.Outer) expr.Expr { return call.args[o.Index] })
	if strict != nil {
		x = strictly(call.given(), x)
	}
	return x, nil
}

// once has an argument that is read several times computed once a row, if it is volatile or
// takes longer than reading a column: as a column of the rows of the query.
func (b *binder) once(call *functionCall, arg expr.Expr) (expr.Expr, error) {
	switch {
	case cheap(arg):
		return arg, nil
	case b.found != nil:
		if b.scope == nil {
			b.scope = &scope{node: &Values{}}
		}
		if len(b.guard) > 0 && expr.Fallible(arg) {
			arg = strictly(b.guard, arg)
		}
		column := subqueryValue{arg.Type(), func(columns []expr.Expr) (expr.Expr, error) { return columns[0], nil }}
		return b.subquery(subqueryUse{args: []expr.Expr{arg}, values: []subqueryValue{column}})[0], nil
	case volatile(arg):
		return nil, pgerr.Unsupported("a volatile argument that function %s reads several times in %s", call.Name, b.clause.name)
	}
	return arg, nil
}

// withArguments is withColumns for arguments. Their names do not say how they are computed: that would
// double with each function that reads one twice.
func withArguments(n Node, args []expr.Expr) (Node, []int) {
	p := columnsProject(n, identity(len(n.Schema())))
	at := make([]int, len(args))
	for i, x := range args {
		at[i] = addExpr(&p.Exprs, x)
		for len(p.Names) < len(p.Exprs) {
			p.Names = append(p.Names, "argument")
		}
	}
	return p, at
}

// cheap reports whether an argument may as well be computed several times.
func cheap(x expr.Expr) bool {
	costs := volatile(x)
	expr.Walk(x, func(x expr.Expr) bool {
		c, ok := x.(*expr.Call)
		_, asks := x.(*expr.Score)
		costs = costs || asks || ok && c.Fn.Costly
		return true
	})
	return !costs && sizeOf(x) <= 10
}

func sizeOf(x expr.Expr) (n int) {
	expr.Walk(x, func(expr.Expr) bool { n++; return true })
	return n
}

// countOuter counts how often an expression reads the columns of the row that frame names, and
// returns the size of the rest of it.
func countOuter(x expr.Expr, frame int, uses []int) (size int) {
	expr.Walk(x, func(x expr.Expr) bool {
		if o, ok := x.(*expr.Outer); ok && o.Frame == frame {
			uses[o.Index]++
		} else {
			size++
		}
		return true
	})
	return size
}

// strictIn reports whether an expression is NULL where a parameter is, whatever the others are.
func strictIn(x expr.Expr, params parameters) bool {
	strict := true
	seen := map[int]bool{}
	expr.Walk(x, func(x expr.Expr) bool {
		switch x := x.(type) {
		case *expr.Call:
			strict = strict && !x.Fn.NonStrict
		case *expr.Outer:
			if x.Frame == params.frame {
				seen[x.Index] = true
			}
		case *expr.Const:
		default:
			strict = false
		}
		return true
	})
	for _, v := range params.values {
		switch v := v.(type) {
		case *expr.Const:
			strict = strict && !v.IsNull()
		case *expr.Outer:
			strict = strict && v.Frame == params.frame && seen[v.Index]
		default:
			strict = false
		}
	}
	return strict
}
