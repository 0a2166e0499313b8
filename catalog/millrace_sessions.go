package catalog

// The sessions that are open.
var _ = millraceView(9010, "sessions", `
	pid int4, username name, application_name text, client_addr text, backend_start timestamptz, transaction_start timestamptz, query_start timestamptz, state text, query text`, nil)
