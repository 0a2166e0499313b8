package catalog

var _ = pgTable(3456, "pg_collation", `
	oid oid, collname name, collnamespace oid, collowner oid, collprovider char, collisdeterministic bool, collencoding int4, collcollate text,
	collctype text, colliculocale text, collversion text`, pgCollation)

// Text is compared by its bytes, whatever the collation (T4).
func pgCollation(_ *Request, w *rows) {
	w.literal("100\tdefault\t11\t10\td\tt\t-1\n950\tC\t11\t10\tc\tt\t-1\tC\tC\n951\tPOSIX\t11\t10\tc\tt\t-1\tPOSIX\tPOSIX\n")
}
