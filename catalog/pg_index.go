package catalog

import (
	"strconv"
	"strings"
)

var _ = pgTable(2610, "pg_index", `
	indexrelid oid, indrelid oid, indnatts int2, indnkeyatts int2, indisunique bool, indnullsnotdistinct bool, indisprimary bool, indisexclusion bool,
	indimmediate bool, indisclustered bool, indisvalid bool, indcheckxmin bool, indisready bool, indislive bool, indisreplident bool, indkey int2vector,
	indcollation oidvector, indclass oidvector, indoption int2vector, indexprs pg_node_tree, indpred pg_node_tree`, pgIndex)

var _ = keyed(PgCatalog, "pg_index", "indexrelid", "indrelid", "")

func pgIndex(q *Request, w *rows) {
	for ix := range q.userRelations() {
		if ix.Kind != Index || q.Of != 0 && ix.Index.Table != q.Of {
			continue
		}
		t := q.Catalog.made(ix.Index.Table)
		var key, collation, class, option []string
		for i, p := range ix.Index.Columns {
			k, o := t.Columns[p], 0
			if i < len(ix.Index.Desc) && ix.Index.Desc[i] {
				o = 3 // DESC NULLS FIRST
			}
			key = append(key, strconv.Itoa(int(k.Attnum)))
			option = append(option, strconv.Itoa(o))
			collation = append(collation, strconv.FormatUint(uint64(collationOf(k.Type.OID)), 10))
			class = append(class, strconv.FormatUint(uint64(opclassOf(k.Type.OID)), 10))
		}
		for _, p := range ix.Index.Included {
			key = append(key, strconv.Itoa(int(t.Columns[p].Attnum)))
		}
		w.add(num(ix.OID), num(t.OID), num(len(key)), num(len(ix.Index.Columns)), flag(ix.Index.Unique), flag(false), flag(ix.Index.Primary), flag(false),
			flag(true), flag(false), flag(true), flag(false), flag(true), flag(true), flag(false), vector(key),
			vector(collation), vector(class), vector(option), null, null)
	}
}

// vector is an int2vector or oidvector.
func vector(elems []string) value { return str(strings.Join(elems, " ")) }

func collationOf(t OID) OID {
	if b := builtinByOID[t]; b != nil {
		return b.collation
	}
	return 0
}
