package ast

import "strconv"

// Number is a numeric literal with its sign.
type Number struct {
	Pos  int
	Text string // as written: 1, -1, 1.50, .5, 1e3
}

// String is a string literal, its quotes and escapes resolved.
type String struct {
	Pos   int
	Value string
}

// BitString is B'…' or X'…'.
type BitString struct {
	Pos  int
	Hex  bool
	Text string // the digits as written
}

// Bool is TRUE or FALSE.
type Bool struct {
	Pos   int
	Value bool
}

// Null is NULL.
type Null struct{ Pos int }

// Default is DEFAULT as a value of INSERT or UPDATE.
type Default struct{ Pos int }

// TypedLiteral is a type followed by a string: DATE '2020-01-01', INTERVAL '1' DAY.
type TypedLiteral struct {
	Pos   int // of the string
	Type  *TypeName
	Value string
}

// Param is $1, $2, …
type Param struct {
	Pos   int
	Index int // from 1
}

func (n *Number) Position() int       { return n.Pos }
func (s *String) Position() int       { return s.Pos }
func (s *BitString) Position() int    { return s.Pos }
func (x *Bool) Position() int         { return x.Pos }
func (n *Null) Position() int         { return n.Pos }
func (d *Default) Position() int      { return d.Pos }
func (t *TypedLiteral) Position() int { return t.Pos }
func (p *Param) Position() int        { return p.Pos }

func (n *Number) String() string       { return text(n) }
func (s *String) String() string       { return text(s) }
func (s *BitString) String() string    { return text(s) }
func (x *Bool) String() string         { return text(x) }
func (n *Null) String() string         { return text(n) }
func (d *Default) String() string      { return text(d) }
func (t *TypedLiteral) String() string { return text(t) }
func (p *Param) String() string        { return text(p) }

func (n *Number) Children(func(Node) bool)             {}
func (s *String) Children(func(Node) bool)             {}
func (s *BitString) Children(func(Node) bool)          {}
func (x *Bool) Children(func(Node) bool)               {}
func (n *Null) Children(func(Node) bool)               {}
func (d *Default) Children(func(Node) bool)            {}
func (t *TypedLiteral) Children(yield func(Node) bool) { one(yield, t.Type) }
func (p *Param) Children(func(Node) bool)              {}

func (n *Number) strength() int {
	if n.Text[0] == '-' {
		return bindSign
	}
	return bindPrimary
}
func (s *String) strength() int       { return bindPrimary }
func (s *BitString) strength() int    { return bindPrimary }
func (x *Bool) strength() int         { return bindPrimary }
func (n *Null) strength() int         { return bindPrimary }
func (d *Default) strength() int      { return bindPrimary }
func (t *TypedLiteral) strength() int { return bindPrimary }
func (p *Param) strength() int        { return bindPrimary }

func (n *Number) AppendTo(b []byte) []byte { return append(b, n.Text...) }
func (s *String) AppendTo(b []byte) []byte { return appendString(b, s.Value) }
func (s *BitString) AppendTo(b []byte) []byte {
	if s.Hex {
		return appendString(append(b, 'X'), s.Text)
	}
	return appendString(append(b, 'B'), s.Text)
}
func (x *Bool) AppendTo(b []byte) []byte {
	if x.Value {
		return append(b, "TRUE"...)
	}
	return append(b, "FALSE"...)
}
func (n *Null) AppendTo(b []byte) []byte    { return append(b, "NULL"...) }
func (d *Default) AppendTo(b []byte) []byte { return append(b, "DEFAULT"...) }

// AppendTo appends the type, the string, and behind it the fields of an interval.
func (t *TypedLiteral) AppendTo(b []byte) []byte {
	if t.Type.Fields == "" {
		return appendString(append(t.Type.AppendTo(b), ' '), t.Value)
	}
	b = appendString(append(b, "interval "...), t.Value)
	b = append(append(b, ' '), t.Type.Fields...)
	if len(t.Type.Mods) > 0 {
		b = append(strconv.AppendInt(append(b, '('), int64(t.Type.Mods[0]), 10), ')')
	}
	return b
}

func (p *Param) AppendTo(b []byte) []byte {
	return strconv.AppendInt(append(b, '$'), int64(p.Index), 10)
}
