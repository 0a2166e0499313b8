package catalog

var _ = pgTable(1255, "pg_proc", `
	oid oid, proname name, pronamespace oid, proowner oid, prolang oid, procost float4, prorows float4, provariadic oid, prosupport regproc, prokind char,
	prosecdef bool, proleakproof bool, proisstrict bool, proretset bool, provolatile char, proparallel char, pronargs int2, pronargdefaults int2,
	prorettype oid, proargtypes oidvector, proallargtypes _oid, proargmodes _char, proargnames _text, proargdefaults pg_node_tree, protrftypes _oid,
	prosrc text, probin text, prosqlbody pg_node_tree, proconfig _text, proacl _aclitem`, pgProc)

var _ = keyed(PgCatalog, "pg_proc", "oid", "", "proname")

// pgProc has the input and output functions of the types, and the functions and aggregates
// that can be called, from the registries of those who run them.
func pgProc(q *Request, w *rows) {
	w.literal(frozenProcs)
	w.out()
	if g := q.Live["pg_catalog.pg_proc"]; g != nil && w.err == nil {
		w.err = g(w.ctx, q, w.emit)
	}
}
