package catalog

// The last ticks.
var _ = millraceView(9009, "ticks", `
	tick int8, at timestamptz, commits int8, changes int8, duration interval`, nil)
