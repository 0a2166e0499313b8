package catalog

var _ = pgTable(12126, "pg_timezone_names", `
	name text, abbrev text, utc_offset interval, is_dst bool`, nil)
