package catalog

// The watermark of each stream that has one, and how many rows came behind it.
var _ = millraceView(9012, "watermarks", `
	stream text, watermark timestamptz, late_rows int8`, nil)
