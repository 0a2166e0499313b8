package catalog

// Who holds how much of the memory.
var _ = millraceView(9016, "memory", `
	owner text, bytes int8, limit_bytes int8`, nil)
