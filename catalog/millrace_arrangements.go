package catalog

// The arrangements that operators read: those of a relation's columns, which views share, and
// those that a view has for itself, whose key is given by the places of its columns.
var _ = millraceView(9015, "arrangements", `
	relation text, key text, columns text, sharers _text, view text, node int4, readers int4, state_rows int8, state_bytes int8`, nil)
