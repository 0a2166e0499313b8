package catalog

var _ = pgTable(2618, "pg_rewrite", `
	oid oid, rulename name, ev_class oid, ev_type char, ev_enabled char, is_instead bool, ev_qual pg_node_tree, ev_action pg_node_tree`, pgRewrite)

var _ = keyed(PgCatalog, "pg_rewrite", "", "ev_class", "")

// pgRewrite has the rule that makes a view a view; its action is the view's query.
func pgRewrite(q *Request, w *rows) {
	for r := range q.userOwners() {
		if r.Kind == View || r.Kind == MaterializedView {
			w.add(num(partOID(r, 0)), str("_RETURN"), num(r.OID), str("1"), str("O"), flag(true), str("<>"), str(r.Query))
		}
	}
}
