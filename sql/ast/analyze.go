package ast

// Analyze is ANALYZE.
type Analyze struct {
	Pos     int
	Options []*Option // ANALYZE VERBOSE stands here as an option too
	Tables  []AnalyzeTable
}

// AnalyzeTable is a relation, and of it some columns, or all.
type AnalyzeTable struct {
	Name    Name
	Columns []Ident
}

func (*Analyze) stmt()                            {}
func (a *Analyze) Position() int                  { return a.Pos }
func (a *Analyze) String() string                 { return text(a) }
func (a *Analyze) Children(yield func(Node) bool) { _ = each(yield, a.Options) }

func (a *Analyze) AppendTo(b []byte) []byte {
	b = optionList(append(b, "ANALYZE"...), " ", a.Options)
	for i, t := range a.Tables {
		b = t.Name.AppendTo(append(b, []string{" ", ", "}[min(i, 1)]...))
		if len(t.Columns) > 0 {
			b = columnList(append(b, ' '), t.Columns)
		}
	}
	return b
}
