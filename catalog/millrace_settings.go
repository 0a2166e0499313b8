package catalog

// The settings of the session.
var _ = millraceView(9008, "settings", `
	name text, setting text, unit text, context text, source text, default_value text, description text`, nil)
