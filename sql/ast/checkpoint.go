package ast

// Checkpoint is CHECKPOINT.
type Checkpoint struct{ Pos int }

func (*Checkpoint) stmt()                      {}
func (c *Checkpoint) Position() int            { return c.Pos }
func (c *Checkpoint) String() string           { return text(c) }
func (c *Checkpoint) Children(func(Node) bool) {}
func (c *Checkpoint) AppendTo(b []byte) []byte { return append(b, "CHECKPOINT"...) }
