package planner

import (
	"reflect"
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// selfReads is where a query of WITH RECURSIVE reads itself, in its text: PostgreSQL allows it once,
// in the recursive term, and not everywhere there. What reads a WITH query inside of the term that
// reads it may do so twice.
type selfReads struct {
	name   string
	where  string // of what is being looked at: why it must not be read there; empty: it may
	hidden int    // names of inner WITH queries that hide it
	reads  int
	err    *pgerr.Error
	pos    int
}

// findSelfReads refuses what PostgreSQL refuses of a query that may read itself, and tells how often
// it does.
func findSelfReads(c *ast.CTE, body *ast.SetOp) (reads, pos int, err error) {
	r := &selfReads{name: c.Name, where: "within its non-recursive term"}
	r.look(body.Left)
	r.where = "within a subquery"
	r.look(c.Query.With)
	r.where = ""
	r.look(body.Right)
	if r.err != nil {
		return 0, r.pos, r.err
	}
	tail := &selfReads{name: c.Name}
	for _, o := range c.Query.OrderBy {
		tail.look(o)
	}
	tail.look(c.Query.Limit)
	tail.look(c.Query.Offset)
	return r.reads + tail.reads, 0, nil
}

func (r *selfReads) look(n ast.Node) {
	if r.err != nil || n == nil || reflect.ValueOf(n).IsNil() {
		return
	}
	if f := selfReaders[reflect.TypeOf(n)]; f != nil {
		f(r, n)
		return
	}
	r.within(n)
}

func (r *selfReads) within(n ast.Node) {
	n.Children(func(c ast.Node) bool {
		r.look(c)
		return r.err == nil
	})
}

// under looks at a part where it must not be read.
func (r *selfReads) under(where string, n ast.Node) {
	before := r.where
	if before == "" {
		r.where = where
	}
	r.look(n)
	r.where = before
}

// selfReaders are the nodes that are more than their children.
var selfReaders = map[reflect.Type]func(*selfReads, ast.Node){}

func looksAt[N ast.Node](f func(r *selfReads, n N)) bool {
	selfReaders[reflect.TypeFor[N]()] = func(r *selfReads, n ast.Node) { f(r, n.(N)) }
	return true
}

var (
	_ = looksAt(func(r *selfReads, t *ast.Table) {
		if t.Name.Schema != "" || t.Name.Name != r.name || r.hidden > 0 {
			return
		}
		if r.reads++; r.where == "" && r.reads > 1 {
			r.where = "more than once"
		}
		if r.where != "" {
			r.err, r.pos = errRecursion("recursive reference to query %q must not appear %s", r.name, r.where), t.Name.Pos
		}
	})
	_ = looksAt(func(r *selfReads, q *ast.Query) {
		hides := q.With != nil && slices.ContainsFunc(q.With.CTEs, func(c *ast.CTE) bool { return c.Name == r.name })
		if hides && !q.With.Recursive {
			r.look(q.With) // each of its queries sees those before it alone: the name is the outer one in them
		}
		if hides {
			r.hidden++
			defer func() { r.hidden-- }()
		} else {
			r.look(q.With)
		}
		q.Children(func(c ast.Node) bool {
			if _, with := c.(*ast.With); !with {
				r.look(c)
			}
			return r.err == nil
		})
	})
	_ = looksAt(func(r *selfReads, s *ast.SetOp) {
		switch {
		case s.Op == ast.Intersect && s.All:
			r.under("within INTERSECT", s.Left)
			r.under("within INTERSECT", s.Right)
		case s.Op == ast.Except:
			if s.All {
				r.under("within EXCEPT", s.Left)
			} else {
				r.look(s.Left)
			}
			r.under("within EXCEPT", s.Right)
		default:
			r.within(s)
		}
	})
	_ = looksAt(func(r *selfReads, j *ast.Join) {
		left, right := "", ""
		if j.Kind == ast.LeftJoin || j.Kind == ast.FullJoin {
			right = "within an outer join"
		}
		if j.Kind == ast.RightJoin || j.Kind == ast.FullJoin {
			left = "within an outer join"
		}
		r.under(left, j.Left)
		r.under(right, j.Right)
		r.look(j.On)
	})
	_ = looksAt(func(r *selfReads, x *ast.Subquery) { r.under("within a subquery", x.Query) })
	_ = looksAt(func(r *selfReads, x *ast.Exists) { r.under("within a subquery", x.Query) })
	_ = looksAt(func(r *selfReads, x *ast.ArrayQuery) { r.under("within a subquery", x.Query) })
	_ = looksAt(func(r *selfReads, x *ast.InQuery) {
		r.look(x.Expr)
		r.under("within a subquery", x.Query)
	})
	_ = looksAt(func(r *selfReads, x *ast.Quantified) {
		r.look(x.Expr)
		r.under("within a subquery", x.Query)
		r.look(x.Array)
	})
)
