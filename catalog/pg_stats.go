package catalog

// How the values of columns are spread, as stores know it.
var _ = pgTable(12053, "pg_stats", `
	schemaname name, tablename name, attname name, inherited bool, null_frac float4, avg_width int4, n_distinct float4, most_common_vals anyarray,
	most_common_freqs _float4, histogram_bounds anyarray, correlation float4, most_common_elems anyarray, most_common_elem_freqs _float4,
	elem_count_histogram _float4`, nil)
