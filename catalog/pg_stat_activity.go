package catalog

var _ = pgTable(12222, "pg_stat_activity", `
	datid oid, datname name, pid int4, leader_pid int4, usesysid oid, usename name, application_name text, client_addr inet, client_hostname text,
	client_port int4, backend_start timestamptz, xact_start timestamptz, query_start timestamptz, state_change timestamptz, wait_event_type text,
	wait_event text, state text, backend_xid xid, backend_xmin xid, query_id int8, query text, backend_type text`, nil)
