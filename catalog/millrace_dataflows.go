package catalog

// The standing dataflows.
var _ = millraceView(9013, "dataflows", `
	view text, state text, operators int4, state_rows int8, state_bytes int8, errors int8, message text`, nil)
