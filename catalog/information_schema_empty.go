package catalog

var _ = infoView(13507, "_pg_foreign_data_wrappers", `
	oid oid, fdwowner oid, fdwoptions _text, foreign_data_wrapper_catalog name, foreign_data_wrapper_name name, authorization_identifier name,
	foreign_data_wrapper_language varchar`, nil)

var _ = infoView(13519, "_pg_foreign_servers", `
	oid oid, srvoptions _text, foreign_server_catalog name, foreign_server_name name, foreign_data_wrapper_catalog name, foreign_data_wrapper_name name,
	foreign_server_type varchar, foreign_server_version varchar, authorization_identifier name`, nil)

var _ = infoView(13498, "_pg_foreign_table_columns", `
	nspname name, relname name, attname name, attfdwoptions _text`, nil)

var _ = infoView(13532, "_pg_foreign_tables", `
	foreign_table_catalog name, foreign_table_schema name, foreign_table_name name, ftoptions _text, foreign_server_catalog name,
	foreign_server_name name, authorization_identifier name`, nil)

var _ = infoView(13545, "_pg_user_mappings", `
	oid oid, umoptions _text, umuser oid, authorization_identifier name, foreign_server_catalog name, foreign_server_name name, srvowner name`, nil)

var _ = infoView(13241, "administrable_role_authorizations", `
	grantee name, role_name name, is_grantable varchar(3)`, nil)

var _ = infoView(13236, "applicable_roles", `
	grantee name, role_name name, is_grantable varchar(3)`, nil)

var _ = infoView(13245, "attributes", `
	udt_catalog name, udt_schema name, udt_name name, attribute_name name, ordinal_position int4, attribute_default varchar, is_nullable varchar(3),
	data_type varchar, character_maximum_length int4, character_octet_length int4, character_set_catalog name, character_set_schema name,
	character_set_name name, collation_catalog name, collation_schema name, collation_name name, numeric_precision int4, numeric_precision_radix int4,
	numeric_scale int4, datetime_precision int4, interval_type varchar, interval_precision int4, attribute_udt_catalog name, attribute_udt_schema name,
	attribute_udt_name name, scope_catalog name, scope_schema name, scope_name name, maximum_cardinality int4, dtd_identifier name,
	is_derived_reference_attribute varchar(3)`, nil)

var _ = infoView(13255, "check_constraint_routine_usage", `
	constraint_catalog name, constraint_schema name, constraint_name name, specific_catalog name, specific_schema name, specific_name name`, nil)

var _ = infoView(13270, "collation_character_set_applicability", `
	collation_catalog name, collation_schema name, collation_name name, character_set_catalog name, character_set_schema name, character_set_name name`, nil)

var _ = infoView(13265, "collations", `
	collation_catalog name, collation_schema name, collation_name name, pad_attribute varchar`, nil)

var _ = infoView(13275, "column_column_usage", `
	table_catalog name, table_schema name, table_name name, column_name name, dependent_column name`, nil)

var _ = infoView(13280, "column_domain_usage", `
	domain_catalog name, domain_schema name, domain_name name, table_catalog name, table_schema name, table_name name, column_name name`, nil)

var _ = infoView(13503, "column_options", `
	table_catalog name, table_schema name, table_name name, column_name name, option_name name, option_value varchar`, nil)

var _ = infoView(13285, "column_privileges", `
	grantor name, grantee name, table_catalog name, table_schema name, table_name name, column_name name, privilege_type varchar, is_grantable varchar(3)`, nil)

var _ = infoView(13290, "column_udt_usage", `
	udt_catalog name, udt_schema name, udt_name name, table_catalog name, table_schema name, table_name name, column_name name`, nil)

var _ = infoView(13488, "data_type_privileges", `
	object_catalog name, object_schema name, object_name name, object_type varchar, dtd_identifier name`, nil)

var _ = infoView(13310, "domain_constraints", `
	constraint_catalog name, constraint_schema name, constraint_name name, domain_catalog name, domain_schema name, domain_name name,
	is_deferrable varchar(3), initially_deferred varchar(3)`, nil)

var _ = infoView(13315, "domain_udt_usage", `
	udt_catalog name, udt_schema name, udt_name name, domain_catalog name, domain_schema name, domain_name name`, nil)

var _ = infoView(13320, "domains", `
	domain_catalog name, domain_schema name, domain_name name, data_type varchar, character_maximum_length int4, character_octet_length int4,
	character_set_catalog name, character_set_schema name, character_set_name name, collation_catalog name, collation_schema name, collation_name name,
	numeric_precision int4, numeric_precision_radix int4, numeric_scale int4, datetime_precision int4, interval_type varchar, interval_precision int4,
	domain_default varchar, udt_catalog name, udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name name,
	maximum_cardinality int4, dtd_identifier name`, nil)

var _ = infoView(13493, "element_types", `
	object_catalog name, object_schema name, object_name name, object_type varchar, collection_type_identifier name, data_type varchar,
	character_maximum_length int4, character_octet_length int4, character_set_catalog name, character_set_schema name, character_set_name name,
	collation_catalog name, collation_schema name, collation_name name, numeric_precision int4, numeric_precision_radix int4, numeric_scale int4,
	datetime_precision int4, interval_type varchar, interval_precision int4, domain_default varchar, udt_catalog name, udt_schema name, udt_name name,
	scope_catalog name, scope_schema name, scope_name name, maximum_cardinality int4, dtd_identifier name`, nil)

var _ = infoView(13511, "foreign_data_wrapper_options", `
	foreign_data_wrapper_catalog name, foreign_data_wrapper_name name, option_name name, option_value varchar`, nil)

var _ = infoView(13515, "foreign_data_wrappers", `
	foreign_data_wrapper_catalog name, foreign_data_wrapper_name name, authorization_identifier name, library_name varchar,
	foreign_data_wrapper_language varchar`, nil)

var _ = infoView(13524, "foreign_server_options", `
	foreign_server_catalog name, foreign_server_name name, option_name name, option_value varchar`, nil)

var _ = infoView(13528, "foreign_servers", `
	foreign_server_catalog name, foreign_server_name name, foreign_data_wrapper_catalog name, foreign_data_wrapper_name name, foreign_server_type varchar,
	foreign_server_version varchar, authorization_identifier name`, nil)

var _ = infoView(13537, "foreign_table_options", `
	foreign_table_catalog name, foreign_table_schema name, foreign_table_name name, option_name name, option_value varchar`, nil)

var _ = infoView(13541, "foreign_tables", `
	foreign_table_catalog name, foreign_table_schema name, foreign_table_name name, foreign_server_catalog name, foreign_server_name name`, nil)

var _ = infoView(13344, "role_column_grants", `
	grantor name, grantee name, table_catalog name, table_schema name, table_name name, column_name name, privilege_type varchar, is_grantable varchar(3)`, nil)

var _ = infoView(13358, "role_routine_grants", `
	grantor name, grantee name, specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema name,
	routine_name name, privilege_type varchar, is_grantable varchar(3)`, nil)

var _ = infoView(13421, "role_table_grants", `
	grantor name, grantee name, table_catalog name, table_schema name, table_name name, privilege_type varchar, is_grantable varchar(3),
	with_hierarchy varchar(3)`, nil)

var _ = infoView(13450, "role_udt_grants", `
	grantor name, grantee name, udt_catalog name, udt_schema name, udt_name name, privilege_type varchar, is_grantable varchar(3)`, nil)

var _ = infoView(13459, "role_usage_grants", `
	grantor name, grantee name, object_catalog name, object_schema name, object_name name, object_type varchar, privilege_type varchar,
	is_grantable varchar(3)`, nil)

var _ = infoView(13348, "routine_column_usage", `
	specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema name, routine_name name, table_catalog name,
	table_schema name, table_name name, column_name name`, nil)

var _ = infoView(13353, "routine_privileges", `
	grantor name, grantee name, specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema name,
	routine_name name, privilege_type varchar, is_grantable varchar(3)`, nil)

var _ = infoView(13362, "routine_routine_usage", `
	specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema name, routine_name name`, nil)

var _ = infoView(13367, "routine_sequence_usage", `
	specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema name, routine_name name, sequence_catalog name,
	sequence_schema name, sequence_name name`, nil)

var _ = infoView(13372, "routine_table_usage", `
	specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema name, routine_name name, table_catalog name,
	table_schema name, table_name name`, nil)

var _ = infoView(13391, "sql_features", `
	feature_id varchar, feature_name varchar, sub_feature_id varchar, sub_feature_name varchar, is_supported varchar(3), is_verified_by varchar,
	comments varchar`, nil)

var _ = infoView(13396, "sql_implementation_info", `
	implementation_info_id varchar, implementation_info_name varchar, integer_value int4, character_value varchar, comments varchar`, nil)

var _ = infoView(13401, "sql_parts", `
	feature_id varchar, feature_name varchar, is_supported varchar(3), is_verified_by varchar, comments varchar`, nil)

var _ = infoView(13406, "sql_sizing", `
	sizing_id int4, sizing_name varchar, supported_value int4, comments varchar`, nil)

var _ = infoView(13416, "table_privileges", `
	grantor name, grantee name, table_catalog name, table_schema name, table_name name, privilege_type varchar, is_grantable varchar(3),
	with_hierarchy varchar(3)`, nil)

var _ = infoView(13430, "transforms", `
	udt_catalog name, udt_schema name, udt_name name, specific_catalog name, specific_schema name, specific_name name, group_name name,
	transform_type varchar`, nil)

var _ = infoView(13435, "triggered_update_columns", `
	trigger_catalog name, trigger_schema name, trigger_name name, event_object_catalog name, event_object_schema name, event_object_table name,
	event_object_column name`, nil)

var _ = infoView(13440, "triggers", `
	trigger_catalog name, trigger_schema name, trigger_name name, event_manipulation varchar, event_object_catalog name, event_object_schema name,
	event_object_table name, action_order int4, action_condition varchar, action_statement varchar, action_orientation varchar, action_timing varchar,
	action_reference_old_table name, action_reference_new_table name, action_reference_old_row name, action_reference_new_row name, created timestamptz(2)`, nil)

var _ = infoView(13445, "udt_privileges", `
	grantor name, grantee name, udt_catalog name, udt_schema name, udt_name name, privilege_type varchar, is_grantable varchar(3)`, nil)

var _ = infoView(13454, "usage_privileges", `
	grantor name, grantee name, object_catalog name, object_schema name, object_name name, object_type varchar, privilege_type varchar,
	is_grantable varchar(3)`, nil)

var _ = infoView(13463, "user_defined_types", `
	user_defined_type_catalog name, user_defined_type_schema name, user_defined_type_name name, user_defined_type_category varchar,
	is_instantiable varchar(3), is_final varchar(3), ordering_form varchar, ordering_category varchar, ordering_routine_catalog name,
	ordering_routine_schema name, ordering_routine_name name, reference_type varchar, data_type varchar, character_maximum_length int4,
	character_octet_length int4, character_set_catalog name, character_set_schema name, character_set_name name, collation_catalog name,
	collation_schema name, collation_name name, numeric_precision int4, numeric_precision_radix int4, numeric_scale int4, datetime_precision int4,
	interval_type varchar, interval_precision int4, source_dtd_identifier name, ref_dtd_identifier name`, nil)

var _ = infoView(13550, "user_mapping_options", `
	authorization_identifier name, foreign_server_catalog name, foreign_server_name name, option_name name, option_value varchar`, nil)

var _ = infoView(13555, "user_mappings", `
	authorization_identifier name, foreign_server_catalog name, foreign_server_name name`, nil)

var _ = infoView(13468, "view_column_usage", `
	view_catalog name, view_schema name, view_name name, table_catalog name, table_schema name, table_name name, column_name name`, nil)

var _ = infoView(13473, "view_routine_usage", `
	table_catalog name, table_schema name, table_name name, specific_catalog name, specific_schema name, specific_name name`, nil)
