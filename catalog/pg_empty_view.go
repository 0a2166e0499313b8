package catalog

var _ = pgTable(12085, "pg_available_extension_versions", `
	name name, version text, installed bool, superuser bool, trusted bool, relocatable bool, schema name, requires _name, comment text`, nil)

var _ = pgTable(12081, "pg_available_extensions", `
	name name, default_version text, installed_version text, comment text`, nil)

var _ = pgTable(12138, "pg_backend_memory_contexts", `
	name text, ident text, parent text, level int4, total_bytes int8, total_nblocks int8, free_bytes int8, free_chunks int8, used_bytes int8`, nil)

var _ = pgTable(12130, "pg_config", `
	name text, setting text`, nil)

var _ = pgTable(12077, "pg_cursors", `
	name text, statement text, is_holdable bool, is_binary bool, is_scrollable bool, creation_time timestamptz`, nil)

var _ = pgTable(12110, "pg_file_settings", `
	sourcefile text, sourceline int4, seqno int4, name text, setting text, applied bool, error text`, nil)

var _ = pgTable(12010, "pg_group", `
	groname name, grosysid oid, grolist _oid`, nil)

var _ = pgTable(12114, "pg_hba_file_rules", `
	line_number int4, type text, database _text, user_name _text, address text, netmask text, auth_method text, options _text, error text`, nil)

var _ = pgTable(12118, "pg_ident_file_mappings", `
	line_number int4, map_name text, sys_name text, pg_username text, error text`, nil)

var _ = pgTable(12073, "pg_locks", `
	locktype text, database oid, relation oid, page int4, tuple int2, virtualxid text, transactionid xid, classid oid, objid oid, objsubid int2,
	virtualtransaction text, pid int4, mode text, granted bool, fastpath bool, waitstart timestamptz`, nil)

var _ = pgTable(12018, "pg_policies", `
	schemaname name, tablename name, policyname name, permissive text, roles _name, cmd text, qual text, with_check text`, nil)

var _ = pgTable(12095, "pg_prepared_statements", `
	name text, statement text, prepare_time timestamptz, parameter_types _regtype, from_sql bool, generic_plans int8, custom_plans int8`, nil)

var _ = pgTable(12090, "pg_prepared_xacts", `
	transaction xid, gid text, prepared timestamptz, owner name, database name`, nil)

var _ = pgTable(12068, "pg_publication_tables", `
	pubname name, schemaname name, tablename name, attnames _name, rowfilter text`, nil)

var _ = pgTable(12332, "pg_replication_origin_status", `
	local_id oid, external_id text, remote_lsn pg_lsn, local_lsn pg_lsn`, nil)

var _ = pgTable(12257, "pg_replication_slots", `
	slot_name name, plugin name, slot_type text, datoid oid, database name, temporary bool, active bool, active_pid int4, xmin xid, catalog_xmin xid,
	restart_lsn pg_lsn, confirmed_flush_lsn pg_lsn, wal_status text, safe_wal_size int8, two_phase bool`, nil)

var _ = pgTable(12023, "pg_rules", `
	schemaname name, tablename name, rulename name, definition text`, nil)

var _ = pgTable(12099, "pg_seclabels", `
	objoid oid, classoid oid, objsubid int4, objtype text, objnamespace oid, objname text, provider text, label text`, nil)

var _ = pgTable(12134, "pg_shmem_allocations", `
	name text, off int8, size int8, allocated_size int8`, nil)

var _ = pgTable(12122, "pg_timezone_abbrevs", `
	abbrev text, utc_offset interval, is_dst bool`, nil)

var _ = pgTable(12327, "pg_user_mappings", `
	umid oid, srvid oid, srvname name, umuser oid, usename name, umoptions _text`, nil)
