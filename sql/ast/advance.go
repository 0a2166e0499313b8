package ast

// AdvanceWatermark is ADVANCE WATERMARK FOR stream TO time.
type AdvanceWatermark struct {
	Pos    int
	Stream Name
	To     Expr
}

func (*AdvanceWatermark) stmt()                            {}
func (a *AdvanceWatermark) Position() int                  { return a.Pos }
func (a *AdvanceWatermark) String() string                 { return text(a) }
func (a *AdvanceWatermark) Children(yield func(Node) bool) { one(yield, a.To) }
func (a *AdvanceWatermark) AppendTo(b []byte) []byte {
	return a.To.AppendTo(append(a.Stream.AppendTo(append(b, "ADVANCE WATERMARK FOR "...)), " TO "...))
}
