package catalog

import (
	"strconv"

	"github.com/millracedb/millrace/base/col"
)

var _ = infoView(13386, "sequences", `
	sequence_catalog name, sequence_schema name, sequence_name name, data_type varchar, numeric_precision int4, numeric_precision_radix int4,
	numeric_scale int4, start_value varchar, minimum_value varchar, maximum_value varchar, increment varchar, cycle_option varchar(3)`, informationSchemaSequences)

var _ = keyed(InformationSchema, "sequences", "", "", "sequence_name")

// informationSchemaSequences leaves those of identity columns out, which are the columns' own.
func informationSchemaSequences(q *Request, w *rows) {
	for r := range sequencesOf(q.userOwners()) {
		s := r.Sequence
		if s.Identity || q.foreign(r) {
			continue
		}
		w.add(str(q.Database), str(q.schema(r)), str(r.Name), str(q.Catalog.FormatType(nil, col.Type{OID: s.Type, Mod: -1})), num(binaryPrecision[s.Type]), num(2), num(0),
			decimal(s.Start), decimal(s.Min), decimal(s.Max), decimal(s.Increment), yesNo(s.Cycle))
	}
}

func decimal(n int64) value { return str(strconv.FormatInt(n, 10)) }
