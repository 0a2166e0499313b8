package fn

var _ = relabel("unknown text", Implicit)
