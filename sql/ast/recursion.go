package ast

// SearchClause is SEARCH BREADTH FIRST BY a, b SET c behind a query of WITH RECURSIVE, or DEPTH
// FIRST.
type SearchClause struct {
	Pos     int
	Breadth bool
	Columns []Ident
	Set     Ident
}

// CycleClause is CYCLE a, b SET m TO x DEFAULT y USING p behind a query of WITH RECURSIVE.
type CycleClause struct {
	Pos            int
	Columns        []Ident
	Mark           Ident
	Value, Default Expr // nil: true and false
	Path           Ident
}

func (s *SearchClause) Position() int { return s.Pos }
func (c *CycleClause) Position() int  { return c.Pos }

func (s *SearchClause) String() string { return text(s) }
func (c *CycleClause) String() string  { return text(c) }

func (s *SearchClause) Children(func(Node) bool) {}
func (c *CycleClause) Children(yield func(Node) bool) {
	_ = one(yield, c.Value) && one(yield, c.Default)
}

func (s *SearchClause) AppendTo(b []byte) []byte {
	b = append(b, "SEARCH DEPTH FIRST BY "...)
	if s.Breadth {
		b = append(b[:len(b)-len("DEPTH FIRST BY ")], "BREADTH FIRST BY "...)
	}
	return appendIdent(append(idents(b, s.Columns), " SET "...), s.Set.Name)
}

func (c *CycleClause) AppendTo(b []byte) []byte {
	b = appendIdent(append(idents(append(b, "CYCLE "...), c.Columns), " SET "...), c.Mark.Name)
	if c.Value != nil {
		b = c.Value.AppendTo(append(b, " TO "...))
		b = c.Default.AppendTo(append(b, " DEFAULT "...))
	}
	return appendIdent(append(b, " USING "...), c.Path.Name)
}

// idents appends names with commas between them.
func idents(b []byte, names []Ident) []byte {
	for i, n := range names {
		b = appendIdent(when(b, i > 0, ", "), n.Name)
	}
	return b
}
