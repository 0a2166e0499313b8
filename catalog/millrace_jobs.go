package catalog

// What is carried out in the background, with its progress.
var _ = millraceView(9011, "jobs", `
	id int8, kind text, relation text, state text, done int8, total int8, started timestamptz, finished timestamptz, message text`, nil)
