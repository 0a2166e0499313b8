package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// outerOn is LEFT JOIN … ON as LEFT JOIN LATERAL (… WHERE) ON true, and RIGHT JOIN as that
// with its sides exchanged.
func (b *binder) outerOn(s *scope, plain, later []expr.Expr, kind exec.JoinKind, width, pos int) error {
	j, err := b.narrowed(s, plain, later, kind, width, pos)
	if err != nil {
		return err
	}
	total := len(s.node.Schema())
	s.node = j
	if kind == exec.Right {
		s.node = columnsProject(j, slices.Concat(shifted(identity(width), total-width), identity(total-width)))
	}
	return nil
}

// fullOn is FULL JOIN … ON as the LEFT JOIN, and below it the right rows that no left row meets. As in a plain full join
// an equality between the sides must be among the conditions.
func (b *binder) fullOn(s *scope, plain, later []expr.Expr, width, pos int) error {
	if !slices.ContainsFunc(slices.Concat(plain, later), func(p expr.Expr) bool { return b.meetsBySides(p, width) }) {
		return errFullJoin
	}
	left, err := b.narrowed(s, plain, later, exec.Left, width, pos)
	if err != nil {
		return err
	}
	alone, err := b.narrowed(s, plain, later, exec.Right, width, pos)
	if err != nil {
		return err
	}
	alone.Kind = exec.Anti
	unmatched := &Project{Input: alone}
	for i, c := range s.node.Schema() {
		x := expr.Expr(expr.NewNull(c.Type))
		if i >= width {
			x = expr.NewColumn(i-width, c.Type)
		}
		unmatched.Exprs, unmatched.Names = append(unmatched.Exprs, x), append(unmatched.Names, c.Name)
	}
	s.node = &Union{In: []Node{left, unmatched}}
	return nil
}

// meetsBySides reports whether a condition is an equality of what one side of a join says with what the other does,
// each by its columns or by subqueries that read them.
func (b *binder) meetsBySides(p expr.Expr, width int) bool {
	l, r, ok := equality(p)
	if !ok || volatile(l) || volatile(r) || !l.Type().Is(r.Type()) {
		return false
	}
	onLeft := func(c int) bool { return c < width }
	of := func(columns []int) (left, right bool) {
		return slices.ContainsFunc(columns, onLeft), slices.ContainsFunc(columns, func(c int) bool { return !onLeft(c) })
	}
	ll, lr := of(b.readsOf(l))
	rl, rr := of(b.readsOf(r))
	return ll != lr && rl != rr && ll == rr
}

// readsOf lists the columns of the scope's node that an expression reads, in its subqueries too.
func (b *binder) readsOf(x expr.Expr) (columns []int) {
	for _, c := range columnsOf(x) {
		if c < subqueryBase {
			columns = append(columns, c)
			continue
		}
		for _, arg := range b.found.subqueries[(c-subqueryBase)/mostValues].exprs() {
			columns = append(columns, b.readsOf(*arg)...)
		}
	}
	return columns
}

// narrowed joins each row of the side that an outer join keeps, the left one but of a RIGHT JOIN, with the rows of the
// other side that meet all conditions.
func (b *binder) narrowed(s *scope, plain, later []expr.Expr, kind exec.JoinKind, width, pos int) (*DependentJoin, error) {
	keep, narrow := s.node.Inputs()[0], s.node.Inputs()[1]
	kept := func(c int) bool { return c < width }
	first := width // of the columns of the side that is narrowed
	if kind == exec.Right {
		keep, narrow, first = narrow, keep, 0
		kept = func(c int) bool { return c >= width }
	}
	frame := 0
	if d, ok := s.node.(*DependentJoin); ok {
		frame = d.Frame
	} else {
		frame = b.frameOf(&scope{})
	}
	own := func(x expr.Expr) expr.Expr {
		return expr.Rewrite(x, func(x expr.Expr) expr.Expr {
			c, ok := x.(*expr.Column)
			switch {
			case !ok || c.Index >= aggregateBase:
				return x
			case kept(c.Index):
				return expr.NewOuter(frame, c.Index-(width-first), c.Type())
			}
			return expr.NewColumn(c.Index-first, c.Type())
		})
	}
	n := filtered(narrow, eachExpr(plain, own))
	inner := b.withSubqueries(own)
	for _, p := range eachExpr(later, own) {
		var err error
		if n, err = inner.attach(n, &p); err != nil {
			return nil, err
		}
		n = filtered(n, []expr.Expr{p})
	}
	return &DependentJoin{Left: keep, Right: columnsProject(n, identity(len(narrow.Schema()))), Kind: exec.Left, Frame: frame, pos: pos}, nil
}

// withSubqueries is b with what its subqueries read changed.
func (b *binder) withSubqueries(change func(expr.Expr) expr.Expr) *binder {
	inner := *b
	inner.found = &found{subqueries: slices.Clone(b.found.subqueries)}
	for i := range inner.found.subqueries {
		u := &inner.found.subqueries[i]
		u.args, u.guard, u.keys = eachExpr(u.args, change), eachExpr(u.guard, change), eachExpr(u.keys, change)
	}
	return &inner
}
