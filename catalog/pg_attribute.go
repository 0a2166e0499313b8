package catalog

import "slices"

var _ = pgTable(1249, "pg_attribute", `
	attrelid oid, attname name, atttypid oid, attstattarget int4, attlen int2, attnum int2, attndims int4, attcacheoff int4, atttypmod int4,
	attbyval bool, attalign char, attstorage char, attcompression char, attnotnull bool, atthasdef bool, atthasmissing bool, attidentity char,
	attgenerated char, attisdropped bool, attislocal bool, attinhcount int4, attcollation oid, attacl _aclitem, attoptions _text, attfdwoptions _text,
	attmissingval anyarray`, pgAttribute)

var _ = keyed(PgCatalog, "pg_attribute", "", "attrelid", "")

func pgAttribute(q *Request, w *rows) {
	for r := range q.owners() {
		for i, k := range q.Catalog.shown(r) {
			b := builtinByOID[k.Type.OID]
			if b == nil {
				b = &builtin{length: -1, align: "i", storage: "x"}
			}
			dims := 0
			if b.elem != 0 && b.length < 0 {
				dims = 1
			}
			generated, inKey := "", slices.Contains(r.PrimaryKey, i)
			if k.Generated != "" {
				generated = "s"
			}
			w.add(num(r.OID), str(k.Name), num(k.Type.OID), num(-1), num(b.length), num(k.Attnum), num(dims), num(-1), num(k.Type.Mod),
				flag(b.byValue), str(b.align), str(b.storage), str(""), flag(k.NotNull || inKey), flag(k.Default != "" || k.Generated != ""),
				flag(false), str(k.Identity), str(generated), flag(false), flag(true), num(0), num(b.collation), null, null, null, null)
		}
	}
}
