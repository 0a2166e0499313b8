package catalog

// The operators of the standing dataflows.
var _ = millraceView(9014, "operators", `
	view text, node int4, operator text, detail text, rows_in int8, rows_out int8, state_rows int8, state_bytes int8, busy interval`, nil)
