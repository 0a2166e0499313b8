package planner

import (
	"reflect"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// with binds the queries of a WITH clause; each is in sight of those behind it, and with
// RECURSIVE of those before it too, as long as none needs itself by way of another.
func (e *env) with(w *ast.With, in *binding) (*binding, error) {
	if w == nil {
		return in, nil
	}
	out := *in
	seen := map[string]bool{}
	for _, c := range w.CTEs {
		if seen[c.Name] {
			return nil, e.at(c.Pos, pgerr.New(pgerr.DuplicateAlias, "WITH query name %q specified more than once", c.Name))
		}
		seen[c.Name] = true
	}
	order := w.CTEs
	if w.Recursive {
		var err error
		if order, err = e.withOrder(w); err != nil {
			return nil, err
		}
	}
	for i, c := range order {
		around := out
		if !w.Recursive {
			for _, x := range order[i:] {
				around.ctes = &cte{name: x.Name, later: true, next: around.ctes}
			}
		}
		next, err := e.withQuery(w, c, &around)
		if err != nil {
			return nil, err
		}
		next.outer, next.next = in.outer, out.ctes
		out.ctes = next
	}
	return &out, nil
}

// notYet explains that a relation which is missing is a query of a WITH clause that comes later.
func notYet(err error, name string) error {
	if pgerr.CodeOf(err) != pgerr.UndefinedTable {
		return err
	}
	out := *pgerr.From(err)
	return out.WithDetail("There is a WITH item named %q, but it cannot be referenced from this part of the query.", name).
		WithHint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.")
}

// withQuery binds one query of a WITH clause.
func (e *env) withQuery(w *ast.With, c *ast.CTE, in *binding) (*cte, error) {
	var r *relation
	var err error
	switch {
	case c.Change != nil:
		r, err = e.withChange(w, c, in)
	case c.Search != nil || c.Cycle != nil:
		r, c, err = e.traversal(w, c, in)
	case w.Recursive:
		r, err = e.recursive(c, 0, in)
	default:
		r, err = e.query(c.Query, &binding{outer: in.outer, ctes: in.ctes})
	}
	if err != nil {
		return nil, err
	}
	if r == nil {
		return &cte{name: c.Name, refused: pgerr.New(pgerr.FeatureNotSupported, "WITH query %q does not have a RETURNING clause", c.Name)}, nil
	}
	n := r.visible()
	if len(c.Columns) > r.width {
		return nil, e.at(c.Pos, pgerr.New(pgerr.InvalidColumnReference, "WITH query %q has %d columns available but %d columns specified", c.Name, r.width, len(c.Columns)))
	}
	if len(c.Columns) > 0 {
		p := columnsProject(n, identity(r.width))
		for i, id := range c.Columns {
			p.Names[i] = id.Name
		}
		n = p
	}
	return &cte{name: c.Name, relation: &relation{node: n, width: r.width}}, nil
}

// withOrder puts each query of WITH RECURSIVE behind those that it reads.
func (e *env) withOrder(w *ast.With) (out []*ast.CTE, err error) {
	byName := map[string]*ast.CTE{}
	for _, c := range w.CTEs {
		byName[c.Name] = c
	}
	const begun, done = 1, 2
	state := map[*ast.CTE]int{}
	var place func(c *ast.CTE) error
	place = func(c *ast.CTE) error {
		state[c] = begun
		for _, name := range tablesIn(c) {
			d := byName[name]
			switch {
			case d == nil || d == c || state[d] == done:
			case state[d] == begun:
				return e.at(d.Pos, pgerr.New(pgerr.FeatureNotSupported, "mutual recursion between WITH items is not implemented"))
			default:
				if err := place(d); err != nil {
					return err
				}
			}
		}
		state[c] = done
		out = append(out, c)
		return nil
	}
	for _, c := range w.CTEs {
		if state[c] == 0 {
			if err := place(c); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// tablesIn lists the names without a schema that a part of a statement reads in FROM, but for
// those of its own WITH queries.
func tablesIn(n ast.Node) (names []string) {
	own := map[string]bool{}
	var walk func(n ast.Node)
	walk = func(n ast.Node) {
		if n == nil || reflect.ValueOf(n).IsNil() {
			return
		}
		switch n := n.(type) {
		case *ast.With:
			for _, c := range n.CTEs {
				own[c.Name] = true
			}
		case *ast.Table:
			if n.Name.Schema == "" && !own[n.Name.Name] {
				names = append(names, n.Name.Name)
			}
		}
		n.Children(func(c ast.Node) bool {
			walk(c)
			return true
		})
	}
	walk(n)
	return names
}
