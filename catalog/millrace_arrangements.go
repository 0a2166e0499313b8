package catalog

// The arrangements that operators read.
var _ = millraceView(9015, "arrangements", `
	view text, node int4, key text, readers int4, state_rows int8, state_bytes int8`, nil)
