package catalog

// The watermark of each stream that has one, with its partitions: whether nobody waits for one
// because it is idle, the greatest time it has brought, and when it last brought a row; and how
// many rows stand in late_rows for the stream.
var _ = millraceView(9012, "watermarks", `
	stream text, partition text, watermark timestamptz, idle bool, greatest timestamptz, last_row timestamptz, late_rows int8`, nil)
