package catalog

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

var _ = infoView(13295, "columns", `
	table_catalog name, table_schema name, table_name name, column_name name, ordinal_position int4, column_default varchar, is_nullable varchar(3),
	data_type varchar, character_maximum_length int4, character_octet_length int4, numeric_precision int4, numeric_precision_radix int4,
	numeric_scale int4, datetime_precision int4, interval_type varchar, interval_precision int4, character_set_catalog name, character_set_schema name,
	character_set_name name, collation_catalog name, collation_schema name, collation_name name, domain_catalog name, domain_schema name,
	domain_name name, udt_catalog name, udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name name, maximum_cardinality int4,
	dtd_identifier name, is_self_referencing varchar(3), is_identity varchar(3), identity_generation varchar, identity_start varchar,
	identity_increment varchar, identity_maximum varchar, identity_minimum varchar, identity_cycle varchar(3), is_generated varchar,
	generation_expression varchar, is_updatable varchar(3)`, informationSchemaColumns)

var _ = keyed(InformationSchema, "columns", "", "", "table_name")

func informationSchemaColumns(q *Request, w *rows) {
	for r := range q.owners() {
		if kind := relkind(r); kind != "r" && kind != "v" {
			continue
		}
		for i, k := range q.Catalog.shown(r) {
			addColumn(q, w, r, k, k.NotNull || slices.Contains(r.PrimaryKey, i))
		}
	}
}

func addColumn(q *Request, w *rows, r *Relation, k Column, required bool) {
	db, no := str(q.Database), yesNo(false)
	generated, expr := "NEVER", null
	if k.Generated != "" {
		generated, expr = "ALWAYS", str(k.Generated)
	}
	collation := nulls(3)
	if collationOf(k.Type.OID) == nameCollation {
		collation = []value{db, str("pg_catalog"), str("C")}
	}
	w.add(join(
		[]value{db, str(q.schema(r)), str(r.Name), str(k.Name), num(k.Attnum), strOrNull(q.Catalog.DefaultText(q.Path, k)), yesNo(!required), str(standardName(q.Catalog, k.Type))},
		lengths(k.Type), precisions(k.Type), nulls(3), collation, nulls(3),
		[]value{db, str("pg_catalog"), str(typeName(k.Type.OID))}, nulls(4),
		[]value{num(k.Attnum), no}, identityColumns(q.Catalog, k),
		[]value{str(generated), expr, yesNo(r.Kind == Table && r.writable())})...)
}

// identityColumns are is_identity to identity_cycle.
func identityColumns(c *Catalog, k Column) []value {
	out := append([]value{yesNo(k.Identity != "")}, nulls(6)...)
	out[6] = yesNo(false)
	if k.Identity == "" {
		return out
	}
	s := c.made(k.Sequences[0]).Sequence
	out[1] = str(map[string]string{IdentityAlways: "ALWAYS", IdentityByDefault: "BY DEFAULT"}[k.Identity])
	out[2], out[3], out[4], out[5], out[6] = decimal(s.Start), decimal(s.Increment), decimal(s.Max), decimal(s.Min), yesNo(s.Cycle)
	return out
}

func typeName(t OID) string {
	if b := builtinByOID[t]; b != nil {
		return b.name
	}
	return ""
}

// standardName is data_type: the type without its modifier.
func standardName(c *Catalog, t col.Type) string {
	if b := builtinByOID[t.OID]; b != nil && b.elem != 0 && b.length < 0 {
		return "ARRAY"
	}
	return c.FormatType(nil, col.Type{OID: t.OID, Mod: -1})
}

const (
	maxOctets     = 1 << 30 // octets of a string without a limit
	octetsPerChar = 4
	timePrecision = 6
	mod16         = 0xffff
)

// lengths are character_maximum_length and character_octet_length.
func lengths(t col.Type) []value {
	switch n := t.Length(); {
	case n >= 0:
		return []value{num(n), num(n * octetsPerChar)}
	case t.Is(col.Text) || t.Is(col.Varchar) || t.Is(col.Bpchar):
		return []value{null, num(maxOctets)}
	}
	return nulls(2)
}

var binaryPrecision = map[OID]int{col.OIDInt2: 16, col.OIDInt4: 32, col.OIDInt8: 64, col.OIDFloat4: 24, col.OIDFloat8: 53}

// precisions are numeric_precision to interval_precision.
func precisions(t col.Type) []value {
	out := nulls(6)
	if p, ok := binaryPrecision[t.OID]; ok {
		out[0], out[1] = num(p), num(2)
		if !t.Is(col.Float4) && !t.Is(col.Float8) {
			out[2] = num(0)
		}
		return out
	}
	switch t.OID {
	case col.OIDNumeric:
		out[1] = num(10)
		if p, s, ok := t.PrecisionScale(); ok {
			out[0], out[2] = num(p), num(s)
		}
	case col.OIDDate:
		out[3] = num(0)
	case col.OIDTime, col.OIDTimestamp, col.OIDTimestamptz:
		out[3] = num(timePrecision)
		if t.Mod >= 0 {
			out[3] = num(t.Mod)
		}
	case col.OIDInterval:
		out[3] = num(timePrecision)
		if t.Mod >= 0 && t.Mod&mod16 != mod16 {
			out[3] = num(t.Mod & mod16)
		}
	}
	return out
}
