package catalog

// The operators of the standing dataflows. skew is how many times as many rows the worker with
// the most of them got as it would if all got the same: 1 where they do.
var _ = millraceView(9014, "operators", `
	view text, node int4, operator text, detail text, rows_in int8, rows_out int8, state_rows int8, state_bytes int8, busy interval,
	workers int4, skew float8`, nil)
