package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/sql/ast"
)

// overUse is a call with OVER of the query being bound. Its expressions are over the rows of
// FROM, and after grouping over the groups.
type overUse struct {
	call   over.Call   // its Args are places in args, -1 for its number
	args   []expr.Expr // those that are no number of the call
	filter expr.Expr   // nil: none
	window *window
	frame  frame
}

// window is the partitions and the order that calls look at.
type window struct {
	partition []expr.Expr
	order     []sortKey
}

// exprs are the expressions of a window.
func (w *window) exprs() (xs []*expr.Expr) {
	for i := range w.partition {
		xs = append(xs, &w.partition[i])
	}
	for i := range w.order {
		xs = append(xs, &w.order[i].x)
	}
	return xs
}

// exprs are the expressions of a use, those of its window aside.
func (u *overUse) exprs() (xs []*expr.Expr) {
	for i := range u.args {
		xs = append(xs, &u.args[i])
	}
	if u.filter != nil {
		xs = append(xs, &u.filter)
	}
	return append(xs, u.frame.exprs()...)
}

// overExprs are the expressions of all window functions, each once.
func (f *found) overExprs() (xs []*expr.Expr) {
	var seen []*window
	for i := range f.overs {
		u := &f.overs[i]
		if !slices.Contains(seen, u.window) {
			seen, xs = append(seen, u.window), append(xs, u.window.exprs()...)
		}
		xs = append(xs, u.exprs()...)
	}
	return xs
}

func (b *binder) windowFunction(x *ast.Call) (expr.Expr, error) {
	switch {
	case b.inside:
		return nil, pgerr.New(pgerr.GroupingError, "aggregate function calls cannot contain window function calls")
	case b.windowed:
		return nil, pgerr.New(pgerr.WindowingError, "window function calls cannot be nested")
	case b.found == nil || !b.clause.windows:
		return nil, pgerr.New(pgerr.WindowingError, "window functions are not allowed in %s", b.clause.forbidden())
	}
	inner := *b
	inner.windowed, inner.clause.sets = true, false
	x, err := b.sketchCall(x)
	if err != nil {
		return nil, err
	}
	args, names, err := inner.arguments(x)
	if err != nil {
		return nil, err
	}
	if names != nil {
		return nil, pgerr.Unsupported("a window function with named arguments")
	}
	use := overUse{args: args, call: over.Call{Filter: -1}}
	if err := b.resolveOver(x, &use); err != nil {
		return nil, err
	}
	if x.Filter != nil {
		inner.clause = clause{name: "FILTER"}
		if use.filter, err = inner.condition(x.Filter); err != nil {
			return nil, err
		}
		for i, a := range use.args {
			use.args[i] = letPass(use.filter, a)
		}
	}
	d, err := b.overWindow(x.Over)
	if err != nil {
		return nil, err
	}
	use.window = d.window
	if use.call.Framed() {
		use.frame = d.frame
	}
	if err := b.moves(x, &use); err != nil {
		return nil, err
	}
	b.found.overs = append(b.found.overs, use)
	return expr.NewColumn(overBase+len(b.found.overs)-1, use.call.Ret), nil
}

// resolveOver finds the window function or the aggregate, and casts the arguments.
func (b *binder) resolveOver(x *ast.Call, use *overUse) error {
	name := x.Name.Name
	switch {
	case over.Exists(name):
		return b.resolveWindowFunction(x, use)
	case agg.Exists(name), len(b.userAggregates(x)) > 0:
		return b.resolveWindowAggregate(x, use)
	case fn.Named(name) != nil || fn.ReturnsRows(name):
		return pgerr.New(pgerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	case slices.Contains(laterAggregates, name):
		return pgerr.Unsupported("the aggregate %s()", name)
	}
	_, err := fn.Resolve(name, exprTypes(use.args), nil)
	return err
}

// refuseOver refuses what a call with OVER may not have.
func refuseOver(x *ast.Call, name string) error {
	switch {
	case x.Filter != nil && over.Exists(name):
		return pgerr.New(pgerr.FeatureNotSupported, "FILTER is not implemented for non-aggregate window functions")
	case len(x.WithinGroup) > 0 || agg.OrderedSet(name) && !over.Exists(name):
		return pgerr.New(pgerr.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name)
	case x.Distinct:
		return pgerr.New(pgerr.FeatureNotSupported, "DISTINCT is not implemented for window functions")
	case len(x.OrderBy) > 0:
		return pgerr.New(pgerr.FeatureNotSupported, "aggregate ORDER BY is not implemented for window functions")
	}
	return nil
}

func (b *binder) resolveWindowAggregate(x *ast.Call, use *overUse) error {
	if err := refuseOver(x, x.Name.Name); err != nil {
		return err
	}
	a, err := b.resolveAggregate(x, use.args)
	if err != nil {
		return err
	}
	if err := b.checkSteady(x, &aggregateUse{agg: a, args: use.args}); err != nil {
		return err
	}
	use.call.Agg, use.call.Ret = a, a.Type(exprTypes(use.args))
	use.call.Args = identity(len(use.args))
	return nil
}

func (b *binder) resolveWindowFunction(x *ast.Call, use *overUse) error {
	name := x.Name.Name
	if err := refuseOver(x, name); err != nil {
		return err
	}
	if err := b.oneOrTheOther(name, use.args); err != nil {
		return err
	}
	f, want, err := over.Resolve(name, exprTypes(use.args))
	if err != nil {
		return err
	}
	for i, t := range want {
		if t == fn.Any {
			if t = use.args[i].Type(); t.Is(col.Unknown) {
				t = col.Text
			}
		}
		if use.args[i], err = b.coerce(use.args[i], t, fn.Implicit); err != nil {
			return b.env.at(leftmost(x.Args[i]), err)
		}
	}
	use.call.Func, use.call.Ret, use.call.Args = f, f.Ret, identity(len(want))
	if f.Ret == fn.Any {
		use.call.Ret = use.args[0].Type()
	}
	b.numberOf(f, use)
	return nil
}

// oneOrTheOther gives the first and the third argument, of which lag and lead give one, their
// common type.
func (b *binder) oneOrTheOther(name string, args []expr.Expr) error {
	if len(args) != 3 {
		return nil
	}
	both, t, err := b.common(name, []expr.Expr{args[0], args[2]}, nil)
	if err != nil {
		return pgerr.New(pgerr.UndefinedFunction, "function %s(%s) does not exist", name, typeList(args)).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	if t.Is(col.Unknown) {
		t = col.Text
	}
	for k, i := range []int{0, 2} {
		if args[i], err = b.coerce(both[k], t, fn.Implicit); err != nil {
			return err
		}
	}
	return nil
}

// numberOf takes a constant number out of the arguments: a call that has the same one for all
// rows reaches no farther.
func (b *binder) numberOf(f *over.Function, use *overUse) {
	for i := range f.Args {
		if !f.CountsBy(i) {
			continue
		}
		k, ok := expr.Fold(b.ctx, use.args[i], false)
		if c, is := k.(*expr.Const); ok && is && !c.IsNull() {
			use.call.N, use.call.Args[i] = int64(c.Value().I32[0]), -1
			use.args = slices.Delete(slices.Clone(use.args), i, i+1)
			for at := i + 1; at < len(use.call.Args); at++ {
				use.call.Args[at]--
			}
		}
		return
	}
}

// overNodes adds the window functions over the rows of n, those of one window together, and
// gives them their columns.
func (s *selection) overNodes(b *binder, n Node) (Node, error) {
	values := map[int]expr.Expr{}
	done := make([]bool, len(s.found.overs))
	for i := range s.found.overs {
		if done[i] {
			continue
		}
		var same []int
		for k := i; k < len(done); k++ {
			if !done[k] && sameWindow(s.found.overs[i].window, s.found.overs[k].window) {
				done[k], same = true, append(same, k)
			}
		}
		var err error
		if n, err = s.overNode(b, n, same, values); err != nil {
			return nil, err
		}
	}
	if len(values) > 0 {
		for _, x := range s.results() {
			*x = replaceColumns(*x, values)
		}
	}
	return n, nil
}

// orderWindows lets calls over a window without an order see the rows in the order in which FROM gives them, where one is
// written down: calls for which no two rows are peers.
func (s *selection) orderWindows() {
	keys := s.scope.rowOrder()
	for i := range s.found.overs {
		u := &s.found.overs[i]
		if len(keys) > 0 && len(u.window.order) == 0 && u.byRows() {
			u.window = &window{u.window.partition, keys}
		}
	}
}

// byRows reports whether peers mean nothing to the call.
func (u *overUse) byRows() bool {
	if u.call.Framed() {
		return u.frame.Mode == over.ByRow && u.frame.Exclude != over.ExcludeGroup && u.frame.Exclude != over.ExcludeTies
	}
	return u.call.Func != nil && slices.Contains([]string{"row_number", "ntile", "lag", "lead"}, u.call.Func.Name)
}

func sameWindow(a, b *window) bool {
	return equalLists(a.partition, b.partition) && slices.EqualFunc(a.order, b.order, func(x, y sortKey) bool {
		return x.Order == y.Order && expr.Equal(x.x, y.x)
	})
}

// windowInput is what functions over a window read: the node below with the columns computed, and which of them are
// the window's; take gives the places of the next k columns of the functions.
type windowInput struct {
	below     Node
	partition []int
	order     []exec.OrderBy
	places    []int
}

func (in *windowInput) take(k int) (head []int) {
	head, in.places = in.places[:k:k], in.places[k:]
	return head
}

// besideWindow computes the columns of a window, and after them what the functions over it take, beside those of n.
func (b *binder) besideWindow(n Node, w *window, args []*expr.Expr) (*windowInput, error) {
	at := append(w.exprs(), args...)
	n, err := b.attach(n, at...)
	if err != nil {
		return nil, err
	}
	xs := make([]expr.Expr, len(at))
	for i, x := range at {
		xs[i] = *x
	}
	in := new(windowInput)
	in.below, in.places = withColumns(n, xs)
	in.partition = in.take(len(w.partition))
	for i, c := range in.take(len(w.order)) {
		in.order = append(in.order, exec.OrderBy{Col: c, Order: w.order[i].Order})
	}
	return in, nil
}

// overNode adds the window functions of one window.
func (s *selection) overNode(b *binder, n Node, uses []int, values map[int]expr.Expr) (Node, error) {
	w := s.found.overs[uses[0]].window
	var args []*expr.Expr
	for _, k := range uses {
		args = append(args, s.found.overs[k].exprs()...)
	}
	in, err := b.besideWindow(n, w, args)
	if err != nil {
		return nil, err
	}
	o, counted := &Over{Input: in.below, Partition: in.partition, Order: in.order}, numberedFrames{}
	for _, k := range uses {
		u := &s.found.overs[k]
		call := u.placed(in.take)
		if u.frame.countsComputed() {
			counted.calls, counted.uses = append(counted.calls, call), append(counted.uses, k)
			continue
		}
		o.Calls = append(o.Calls, call)
		values[overBase+k] = expr.NewColumn(len(o.Schema())-1, call.Ret)
	}
	if len(counted.uses) > 0 {
		return counted.over(b, o, values)
	}
	return o, nil
}

// placed is the call over columns: take hands out those of the next expressions.
func (u *overUse) placed(take func(k int) []int) OverCall {
	c := OverCall{Call: u.call, Name: u.call.Name(), Start: u.frame.startOffset, End: u.frame.endOffset}
	args := take(len(u.args))
	c.Args = slices.Clone(u.call.Args)
	for i, a := range c.Args {
		if a >= 0 {
			c.Args[i] = args[a]
		}
	}
	if u.filter != nil {
		c.Filter = take(1)[0]
	}
	c.Frame = u.frame.Frame
	u.frame.place(&c.Frame, take(len(u.frame.exprs())))
	return c
}
