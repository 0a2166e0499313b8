package table

// move is the rewriting of adjacent segments into one.
type move struct{ touched []Ref }

type upkeep struct{}
