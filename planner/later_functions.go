package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
)

// laterFunctions are the functions of PostgreSQL that are not here yet.
var laterFunctions = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`
		acosd area array_to_tsvector asind
		atan2d atand bit_count box broadcast center circle convert cotd cume_dist current_query cursor_to_xml database_to_xml
		datemultirange daterange diagonal diameter enum_first enum_last enum_range family first_value get_bit
		get_current_ts_config height host hostmask inet_client_addr inet_client_port inet_server_addr inet_server_port int4multirange
		int4range int8multirange int8range is_normalized isclosed isempty isopen
		json_object json_populate_record json_populate_recordset
		json_to_tsvector jsonb_object
		jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
		jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz
		jsonb_populate_record jsonb_populate_recordset jsonb_to_tsvector lag last_value
		lead line lo_close lo_creat lo_create lo_export lo_from_bytea lo_get lo_import lo_lseek lo_open lo_put lo_tell lo_truncate
		lo_unlink loread lower_inc lower_inf lowrite lseg masklen multirange netmask network normalize npoints nth_value
		ntile nummultirange numnode numrange parse_ident path pclose percent_rank pg_advisory_lock pg_advisory_lock_shared
		pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
		pg_blocking_pids pg_collation_for pg_column_compression pg_column_is_updatable pg_column_size pg_current_snapshot
		pg_current_xact_id pg_describe_object pg_get_object_address pg_listening_channels pg_notify pg_partition_root
		pg_partition_tree pg_relation_filenode pg_relation_filepath pg_relation_is_updatable pg_reload_conf pg_size_bytes
		pg_sleep_for pg_sleep_until pg_snapshot_xmax pg_snapshot_xmin pg_timezone_abbrevs pg_timezone_names pg_trigger_depth
		pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared pg_xact_status
		phraseto_tsquery plainto_tsquery point polygon popen query_to_xml querytree radius range_merge
		row_security_active schema_to_xml set_bit set_masklen setweight slope
		strip table_to_xml timeofday to_ascii to_regcollation to_regoper to_regoperator to_regprocedure to_regrole
		to_tsquery to_tsvector ts_debug ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite
		ts_stat tsmultirange tsquery_phrase tsrange tstzmultirange tstzrange tsvector_to_array txid_current_if_assigned
		txid_current_snapshot txid_status upper_inc upper_inf websearch_to_tsquery width xml_is_well_formed xmlcomment xpath
		xpath_exists
	`) {
		m[name] = true
	}
	return m
}()

// later tells a function that is not here yet from one that does not exist.
func later(name string, err error) error {
	if laterFunctions[name] && fn.Named(name) == nil {
		return pgerr.Unsupported("the function %s()", name).WithHint("docs/functions.md lists those that are there.")
	}
	return err
}

// systemColumn tells a system column of PostgreSQL, which no relation here has yet, from a
// name that does not exist.
func systemColumn(name string, err *pgerr.Error) *pgerr.Error {
	switch name {
	case "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid":
		return pgerr.Unsupported("the system column %s", name)
	}
	return err
}
