package catalog

var _ = pgTable(1213, "pg_tablespace", `
	oid oid, spcname name, spcowner oid, spcacl _aclitem, spcoptions _text`, pgTablespace)

func pgTablespace(_ *Request, w *rows) {
	w.literal("1663\tpg_default\t10\n1664\tpg_global\t10\n")
}
