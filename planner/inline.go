package planner

import "github.com/millracedb/millrace/catalog"

// Inline puts the stored plans of materialized views in place of their scans, for those that
// stand on relations which touched names: a transaction that has written sees its own writes
// through the view (R11). Views that depend on history stay scans; they show committed contents.
func Inline(root Node, c *catalog.Catalog, touched map[catalog.OID]bool) (Node, error) {
	var failed error
	n := rewrite(root, func(n Node) Node {
		s, ok := n.(*Scan)
		if !ok || failed != nil {
			return n
		}
		r := c.Relation(s.Relation)
		if r == nil || r.Kind != catalog.MaterializedView || r.History || !standsOn(c, r, touched) {
			return n
		}
		plan, _, err := Parse(r.Plan)
		if err == nil {
			plan, err = Inline(plan, c, touched)
		}
		if err != nil {
			failed = err
			return n
		}
		p := columnsProject(plan, s.Positions())
		for i, sc := range s.Columns {
			p.Names[i] = sc.Name
		}
		return p
	})
	return n, failed
}

// standsOn reports whether a view reads one of the relations, directly or through others.
func standsOn(c *catalog.Catalog, r *catalog.Relation, touched map[catalog.OID]bool) bool {
	for _, on := range r.DependsOn {
		if touched[on] {
			return true
		}
		if below := c.Relation(on); below != nil && standsOn(c, below, touched) {
			return true
		}
	}
	return false
}
