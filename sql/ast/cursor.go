package ast

import "strconv"

// Subscribe is SUBSCRIBE [TO] relation or (query).
type Subscribe struct {
	Pos      int
	Relation Name   // zero when Query is set
	Query    *Query // nil over a relation
	Options  []*Option
	AsOf     Expr // AS OF tick; nil: now
}

// DeclareCursor is DECLARE name CURSOR FOR.
type DeclareCursor struct {
	Pos    int
	Name   string
	Binary bool
	Scroll *bool // nil when neither SCROLL nor NO SCROLL was written
	Hold   bool
	Query  Stmt   // a *Query or a *Subscribe
	Text   string // of Query as it was written
}

// Fetch is FETCH, or MOVE when Move is set.
type Fetch struct {
	Pos       int
	Move      bool
	Direction string // "FORWARD", "BACKWARD", "ABSOLUTE", "RELATIVE"
	All       bool   // FETCH ALL, BACKWARD ALL
	Count     int64  // FETCH NEXT is FORWARD 1, PRIOR BACKWARD 1, FIRST ABSOLUTE 1, LAST ABSOLUTE -1
	Cursor    string
	Options   []*Option
}

// CloseCursor is CLOSE name, or CLOSE ALL when All is set.
type CloseCursor struct {
	Pos  int
	All  bool
	Name string
}

func (*Subscribe) stmt()     {}
func (*DeclareCursor) stmt() {}
func (*Fetch) stmt()         {}
func (*CloseCursor) stmt()   {}

func (s *Subscribe) Position() int     { return s.Pos }
func (d *DeclareCursor) Position() int { return d.Pos }
func (f *Fetch) Position() int         { return f.Pos }
func (c *CloseCursor) Position() int   { return c.Pos }

func (s *Subscribe) String() string     { return text(s) }
func (d *DeclareCursor) String() string { return text(d) }
func (f *Fetch) String() string         { return text(f) }
func (c *CloseCursor) String() string   { return text(c) }

func (s *Subscribe) Children(yield func(Node) bool) {
	_ = one(yield, s.Query) && each(yield, s.Options) && one(yield, s.AsOf)
}
func (d *DeclareCursor) Children(yield func(Node) bool) { one(yield, d.Query) }
func (f *Fetch) Children(yield func(Node) bool)         { each(yield, f.Options) }
func (c *CloseCursor) Children(func(Node) bool)         {}

func (s *Subscribe) AppendTo(b []byte) []byte {
	b = append(b, "SUBSCRIBE TO "...)
	if s.Query != nil {
		b = append(s.Query.AppendTo(append(b, '(')), ')')
	} else {
		b = s.Relation.AppendTo(b)
	}
	return clause(withOptions(b, s.Options), " AS OF ", s.AsOf)
}

func (d *DeclareCursor) AppendTo(b []byte) []byte {
	b = appendIdent(append(b, "DECLARE "...), d.Name)
	b = when(b, d.Binary, " BINARY")
	if d.Scroll != nil {
		b = append(when(b, !*d.Scroll, " NO"), " SCROLL"...)
	}
	b = when(append(b, " CURSOR"...), d.Hold, " WITH HOLD")
	return clause(b, " FOR ", d.Query)
}

func (f *Fetch) AppendTo(b []byte) []byte {
	word := "FETCH "
	if f.Move {
		word = "MOVE "
	}
	b = append(append(append(b, word...), f.Direction...), ' ')
	if f.All {
		b = append(b, "ALL"...)
	} else {
		b = strconv.AppendInt(b, f.Count, 10)
	}
	return withOptions(appendIdent(append(b, " FROM "...), f.Cursor), f.Options)
}

func (c *CloseCursor) AppendTo(b []byte) []byte {
	if c.All {
		return append(b, "CLOSE ALL"...)
	}
	return appendIdent(append(b, "CLOSE "...), c.Name)
}
