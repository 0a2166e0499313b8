package catalog

import (
	"strconv"

	"github.com/millracedb/millrace/base/col"
)

var _ = infoView(13377, "routines", `
	specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema name, routine_name name, routine_type varchar,
	module_catalog name, module_schema name, module_name name, udt_catalog name, udt_schema name, udt_name name, data_type varchar,
	character_maximum_length int4, character_octet_length int4, character_set_catalog name, character_set_schema name, character_set_name name,
	collation_catalog name, collation_schema name, collation_name name, numeric_precision int4, numeric_precision_radix int4, numeric_scale int4,
	datetime_precision int4, interval_type varchar, interval_precision int4, type_udt_catalog name, type_udt_schema name, type_udt_name name,
	scope_catalog name, scope_schema name, scope_name name, maximum_cardinality int4, dtd_identifier name, routine_body varchar,
	routine_definition varchar, external_name varchar, external_language varchar, parameter_style varchar, is_deterministic varchar(3),
	sql_data_access varchar, is_null_call varchar(3), sql_path varchar, schema_level_routine varchar(3), max_dynamic_result_sets int4,
	is_user_defined_cast varchar(3), is_implicitly_invocable varchar(3), security_type varchar, to_sql_specific_catalog name, to_sql_specific_schema name,
	to_sql_specific_name name, as_locator varchar(3), created timestamptz(2), last_altered timestamptz(2), new_savepoint_level varchar(3),
	is_udt_dependent varchar(3), result_cast_from_data_type varchar, result_cast_as_locator varchar(3), result_cast_char_max_length int4,
	result_cast_char_octet_length int4, result_cast_char_set_catalog name, result_cast_char_set_schema name, result_cast_char_set_name name,
	result_cast_collation_catalog name, result_cast_collation_schema name, result_cast_collation_name name, result_cast_numeric_precision int4,
	result_cast_numeric_precision_radix int4, result_cast_numeric_scale int4, result_cast_datetime_precision int4, result_cast_interval_type varchar,
	result_cast_interval_precision int4, result_cast_type_udt_catalog name, result_cast_type_udt_schema name, result_cast_type_udt_name name,
	result_cast_scope_catalog name, result_cast_scope_schema name, result_cast_scope_name name, result_cast_maximum_cardinality int4,
	result_cast_dtd_identifier name`, informationSchemaRoutines)

var _ = infoView(13334, "parameters", `
	specific_catalog name, specific_schema name, specific_name name, ordinal_position int4, parameter_mode varchar, is_result varchar(3),
	as_locator varchar(3), parameter_name name, data_type varchar, character_maximum_length int4, character_octet_length int4, character_set_catalog name,
	character_set_schema name, character_set_name name, collation_catalog name, collation_schema name, collation_name name, numeric_precision int4,
	numeric_precision_radix int4, numeric_scale int4, datetime_precision int4, interval_type varchar, interval_precision int4, udt_catalog name,
	udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name name, maximum_cardinality int4, dtd_identifier name,
	parameter_default varchar`, informationSchemaParameters)

// specificName tells functions of one name apart.
func specificName(f *Function) value { return str(f.Name + "_" + strconv.Itoa(int(f.OID))) }

// typeColumns are data_type and the columns up to dtd_identifier of a type, which belong to
// every list of typed things: none of them has a length or a precision here.
func (q *Request) typeColumns(t col.Type, dtd string) []value {
	name := "USER-DEFINED"
	udt := typeName(t.OID)
	if udt != "" {
		name = standardName(q.Catalog, t)
	} else if r := q.Catalog.Relation(t.OID - rowType); r != nil {
		udt = r.Name
	}
	return join([]value{str(name)}, nulls(14), []value{str(q.Database), str("pg_catalog"), str(udt)}, nulls(4), []value{str(dtd)})
}

func informationSchemaRoutines(q *Request, w *rows) {
	db, no := str(q.Database), yesNo(false)
	for f := range q.functions() {
		schema := str(q.Catalog.schemas[f.Schema].Name)
		definition := str(f.Body)
		if f.Form != StringBody {
			definition = str("")
		}
		t := q.typeColumns(col.Type{OID: q.Catalog.ResultType(f), Mod: -1}, "0")
		w.add(join([]value{db, schema, specificName(f), db, schema, str(f.Name), str("FUNCTION")}, nulls(6), t,
			[]value{str("SQL"), definition, null, str("SQL"), str("GENERAL"), yesNo(f.Volatility == "i"), str("MODIFIES"), yesNo(f.Strict), null, yesNo(true), num(0), null, null, str("INVOKER")},
			nulls(3), []value{no}, nulls(3), []value{no}, nulls(24))...)
	}
}

var parameterModes = map[ParamMode]string{ParamIn: "IN", ParamVariadic: "IN", ParamOut: "OUT", ParamInOut: "INOUT", ParamTable: "OUT"}

func informationSchemaParameters(q *Request, w *rows) {
	db, no := str(q.Database), yesNo(false)
	for f := range q.functions() {
		for i, p := range f.Params {
			def := null
			if p.Default != "" {
				def = str(p.defaultText())
			}
			w.add(join([]value{db, str(q.Catalog.schemas[f.Schema].Name), specificName(f), num(i + 1), str(parameterModes[p.Mode]), no, no, strOrNull(p.Name)},
				q.typeColumns(p.Type, strconv.Itoa(i+1)), []value{def})...)
		}
	}
}
