package planner

import (
	"errors"
	"fmt"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// Grouping sets. A GROUP BY stands for a list of sets, each of them some of the expressions
// that are grouped by; one without GROUPING SETS, ROLLUP or CUBE for one set of them all. The
// rows are grouped once for each set, by its own columns alone, and the groups of all sets
// are brought together, with NULL for the columns that a set does not have: an empty set has
// its one row so whether there are rows or not.

const (
	maxGroupingSets = 4096
	maxCube         = 12
	maxGrouping     = 31 // arguments of GROUPING
)

// bindGroup finds the expressions that are grouped by, and the sets of their numbers.
func (s *selection) bindGroup() error {
	s.sets = [][]int{{}}
	for _, item := range s.sel.GroupBy {
		sets, err := s.groupSets(item)
		if err != nil {
			return err
		}
		if len(s.sets)*len(sets) > maxGroupingSets {
			return s.env.at(item.Pos, pgerr.New(pgerr.StatementTooComplex, "too many grouping sets present (maximum %d)", maxGroupingSets))
		}
		var all [][]int
		for _, a := range s.sets {
			for _, b := range sets {
				all = append(all, union(a, b))
			}
		}
		s.sets = all
	}
	if s.sel.GroupDist {
		var different [][]int
		for _, x := range s.sets {
			if !slices.ContainsFunc(different, func(y []int) bool { return slices.Equal(x, y) }) {
				different = append(different, x)
			}
		}
		s.sets = different
	}
	s.markGrouped()
	return nil
}

// union is the numbers of both lists, in order.
func union(a, b []int) []int {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// groupSets is the sets that an item stands for.
func (s *selection) groupSets(item *ast.GroupItem) ([][]int, error) {
	switch item.Kind {
	case ast.GroupEmpty:
		return [][]int{{}}, nil
	case ast.GroupExpr:
		set, err := s.groupSet(item, item.Exprs[0])
		return [][]int{set}, err
	case ast.GroupSets:
		var all [][]int
		for _, x := range item.Sets {
			sets, err := s.groupSets(x)
			if err != nil {
				return nil, err
			}
			all = append(all, sets...)
		}
		return all, nil
	}
	if item.Kind == ast.GroupCube && len(item.Exprs) > maxCube {
		return nil, s.env.at(item.Pos, pgerr.New(pgerr.TooManyColumns, "CUBE is limited to %d elements", maxCube))
	}
	members := make([][]int, len(item.Exprs))
	for i, x := range item.Exprs {
		var err error
		if members[i], err = s.groupSet(item, x); err != nil {
			return nil, err
		}
	}
	var all [][]int
	if item.Kind == ast.GroupRollup {
		for n := len(members); n >= 0; n-- {
			all = append(all, union(nil, slices.Concat(members[:n]...)))
		}
		return all, nil
	}
	for chosen := 1<<len(members) - 1; chosen >= 0; chosen-- {
		var set []int
		for i, m := range members {
			if chosen&(1<<(len(members)-1-i)) != 0 {
				set = append(set, m...)
			}
		}
		all = append(all, union(nil, set))
	}
	return all, nil
}

// groupSet is the set of one expression, or of a list of them in parentheses.
func (s *selection) groupSet(item *ast.GroupItem, x ast.Expr) (set []int, err error) {
	xs := []ast.Expr{x}
	if row, ok := x.(*ast.Row); ok {
		xs = row.Elems
	}
	b := s.binder(clause{name: "GROUP BY", sets: true})
	for _, x := range xs {
		if bounds, ok := s.window.exprs(s.scope, x); ok {
			for _, c := range bounds {
				set = append(set, addExpr(&s.group, c))
			}
			continue
		}
		no, err := s.addGroup(b, item, x)
		if err != nil {
			return nil, err
		}
		set = append(set, no)
	}
	return union(nil, set), nil
}

// inAllSets reports whether every set has an expression.
func (s *selection) inAllSets(no int) bool {
	return !slices.ContainsFunc(s.sets, func(set []int) bool { return !slices.Contains(set, no) })
}

// GROUPING() is noted like an aggregate: the groups of each set have its value beside those of
// the aggregates.
var _ = binds(func(b *binder, x *ast.Grouping) (expr.Expr, error) {
	if len(x.Args) > maxGrouping {
		return nil, pgerr.New(pgerr.TooManyArguments, "GROUPING must have fewer than 32 arguments")
	}
	inner := *b
	inner.inside, inner.clause.sets = true, false
	use := aggregateUse{name: "grouping", ret: col.Int4, pos: x.Pos}
	for _, a := range x.Args {
		e, err := inner.value(a)
		if err != nil {
			return nil, err
		}
		use.grouping, use.groupingAt = append(use.grouping, e), append(use.groupingAt, leftmost(a))
	}
	if around := b.aggregateLevel(&use); around != nil {
		return b.outerAggregate(around, use)
	}
	switch {
	case b.found == nil || !b.clause.aggregates:
		return nil, errGrouping(&b.clause)
	case b.inside:
		return nil, pgerr.New(pgerr.GroupingError, "aggregate function calls cannot be nested")
	}
	return expr.NewColumn(aggregateBase+b.found.aggregate(use), col.Int4), nil
})

func errGrouping(c *clause) error {
	return pgerr.New(pgerr.GroupingError, "grouping operations are not allowed in %s", c.forbidden())
}

// checkGroupings wants the arguments of GROUPING() to be what is grouped by.
func (g *grouping) checkGroupings() error {
	for _, u := range g.found.aggregates {
		for i, x := range u.grouping {
			if indexOf(g.written, x) < 0 {
				return g.env.at(u.groupingAt[i], pgerr.New(pgerr.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level"))
			}
		}
	}
	return nil
}

// groupingOf is the value of GROUPING() for the groups of a set: a bit for each argument,
// the last one lowest, set where the set does not have it.
func (g *grouping) groupingOf(u aggregateUse, set []int) int32 {
	v := int32(0)
	for _, x := range u.grouping {
		v <<= 1
		if !slices.Contains(set, indexOf(g.written, x)) {
			v |= 1
		}
	}
	return v
}

// plain reports whether there is but one set, that of all expressions, and no GROUPING().
func (g *grouping) plain() bool {
	return len(g.sets) == 1 && len(g.sets[0]) == len(g.written) &&
		!slices.ContainsFunc(g.found.aggregates, func(u aggregateUse) bool { return u.grouping != nil })
}

// setsOf brings the groups of all sets together. all is their grouping by all expressions.
func (g *grouping) setsOf(all *Aggregate) Node {
	u := &Union{}
	for _, set := range g.sets {
		for i := len(g.written); i < len(g.exprs); i++ {
			set = append(set[:len(set):len(set)], i) // it follows from what all sets have
		}
		u.In = append(u.In, g.setOf(all, set))
	}
	if len(u.In) == 1 {
		return u.In[0]
	}
	return u
}

// setOf is the groups of one set, in the columns of all.
func (g *grouping) setOf(all *Aggregate, set []int) Node {
	a := &Aggregate{Input: all.Input, Group: set}
	p := &Project{Input: a, Names: slices.Clone(g.names)}
	values := map[int]expr.Expr{}
	for i, x := range g.exprs {
		at := slices.Index(set, i)
		values[i] = expr.NewNull(x.Type())
		if at >= 0 {
			values[i] = expr.NewColumn(at, x.Type())
		}
		p.Exprs = append(p.Exprs, values[i])
	}
	calls := all.Calls
	for _, u := range g.found.aggregates {
		p.Names = append(p.Names, u.name)
		if u.grouping != nil {
			p.Exprs = append(p.Exprs, expr.NewInt4(g.groupingOf(u, set)))
			continue
		}
		c := calls[0]
		calls = calls[1:]
		c.Direct = slices.Clone(c.Direct)
		for i, x := range c.Direct {
			c.Direct[i] = replaceColumns(x, values)
		}
		p.Exprs = append(p.Exprs, expr.NewColumn(len(set)+len(a.Calls), u.ret))
		a.Calls = append(a.Calls, c)
	}
	return p
}

// aboveDirect rewrites the direct arguments of ordered-set aggregates, which are of a group.
func (g *grouping) aboveDirect() (err error) {
	for _, u := range g.found.aggregates {
		for i, x := range u.direct {
			if u.direct[i], err = g.above(x); err != nil {
				var e *pgerr.Error
				if errors.As(err, &e) {
					return e.WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
				}
				return fmt.Errorf("direct argument: %w", err)
			}
		}
	}
	return nil
}
