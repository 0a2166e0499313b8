// The functions and aggregates, from the registries of those who run them.
package catalog

var _ = pgTable(1255, "pg_proc", `
	oid oid, proname name, pronamespace oid, proowner oid, prolang oid, procost float4, prorows float4, provariadic oid, prosupport regproc, prokind char,
	prosecdef bool, proleakproof bool, proisstrict bool, proretset bool, provolatile char, proparallel char, pronargs int2, pronargdefaults int2,
	prorettype oid, proargtypes oidvector, proallargtypes _oid, proargmodes _char, proargnames _text, proargdefaults pg_node_tree, protrftypes _oid,
	prosrc text, probin text, prosqlbody pg_node_tree, proconfig _text, proacl _aclitem`, nil)
