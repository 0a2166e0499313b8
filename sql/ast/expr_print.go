package ast

func (c *ColumnRef) strength() int  { return bindPrimary }
func (s *Star) strength() int       { return bindPrimary }
func (x *Binary) strength() int     { return x.Op.strength() }
func (a *And) strength() int        { return bindAnd }
func (o *Or) strength() int         { return bindOr }
func (n *Not) strength() int        { return bindNot }
func (i *IsTest) strength() int     { return bindIs }
func (i *IsDistinct) strength() int { return bindIs }
func (x *Between) strength() int    { return bindLike }
func (l *Like) strength() int       { return bindLike }
func (i *InList) strength() int     { return bindLike }
func (i *InQuery) strength() int    { return bindLike }
func (q *Quantified) strength() int { return bindOr }
func (e *Exists) strength() int     { return bindPrimary }
func (s *Subquery) strength() int   { return bindPrimary }
func (a *ArrayQuery) strength() int { return bindPrimary }
func (a *Array) strength() int      { return bindPrimary }
func (r *Row) strength() int        { return bindPrimary }
func (s *Subscript) strength() int  { return bindPrimary }
func (f *Field) strength() int      { return bindPrimary }
func (c *Collate) strength() int    { return bindCollate }
func (u *Unary) strength() int {
	if u.sign() {
		return bindSign
	}
	return bindOther
}

func (u *Unary) sign() bool { return u.Op.Schema == "" && (u.Op.Name == "-" || u.Op.Name == "+") }

func appendParts(b []byte, parts []string) []byte {
	for i, p := range parts {
		if i == 0 {
			b = appendIdent(b, p)
		} else {
			b = appendLabel(append(b, '.'), p)
		}
	}
	return b
}

func (c *ColumnRef) AppendTo(b []byte) []byte { return appendParts(b, c.Parts) }

func (s *Star) AppendTo(b []byte) []byte {
	switch {
	case s.Row != nil:
		b = append(s.Row.AppendTo(append(b, '(')), ")."...)
	case len(s.Table) > 0:
		b = append(appendParts(b, s.Table), '.')
	}
	b = append(b, '*')
	if len(s.Except) > 0 {
		b = columnList(append(b, " EXCEPT "...), s.Except)
	}
	return b
}

func (u *Unary) AppendTo(b []byte) []byte {
	b = append(u.Op.AppendTo(b), ' ')
	if u.sign() {
		return operand(b, u.Expr, bindPrimary)
	}
	return operand(b, u.Expr, bindOther+1)
}

// AppendTo appends the operands so that they group as the tree does; comparisons do not
// chain in PostgreSQL's grammar, so both their sides must bind tighter.
func (x *Binary) AppendTo(b []byte) []byte {
	s := x.Op.strength()
	left := s
	if s == bindCompare {
		left++
	}
	b = append(operand(b, x.Left, left), ' ')
	b = append(x.Op.AppendTo(b), ' ')
	return operand(b, x.Right, s+1)
}

func chain(b []byte, word string, args []Expr, least int) []byte {
	for i, a := range args {
		b = operand(when(b, i > 0, word), a, least)
	}
	return b
}

func (a *And) AppendTo(b []byte) []byte { return chain(b, " AND ", a.Args, bindAnd+1) }
func (o *Or) AppendTo(b []byte) []byte  { return chain(b, " OR ", o.Args, bindOr+1) }
func (n *Not) AppendTo(b []byte) []byte { return operand(append(b, "NOT "...), n.Expr, bindNot+1) }

func (i *IsTest) AppendTo(b []byte) []byte {
	b = append(operand(b, i.Expr, bindIs+1), " IS "...)
	return append(when(b, i.Not, "NOT "), i.Test...)
}

func (i *IsDistinct) AppendTo(b []byte) []byte {
	b = append(operand(b, i.Left, bindIs+1), " IS "...)
	b = append(when(b, i.Not, "NOT "), "DISTINCT FROM "...)
	return operand(b, i.Right, bindIs+1)
}

func (x *Between) AppendTo(b []byte) []byte {
	b = append(operand(b, x.Expr, bindLike+1), ' ')
	b = append(when(b, x.Not, "NOT "), "BETWEEN "...)
	b = operand(when(b, x.Symmetric, "SYMMETRIC "), x.Low, bindLike+1)
	return operand(append(b, " AND "...), x.High, bindLike+1)
}

func (l *Like) AppendTo(b []byte) []byte {
	b = append(operand(b, l.Expr, bindLike+1), ' ')
	b = append(append(when(b, l.Not, "NOT "), l.Op...), ' ')
	b = operand(b, l.Pattern, bindLike+1)
	if l.Escape != nil {
		b = operand(append(b, " ESCAPE "...), l.Escape, bindLike+1)
	}
	return b
}

func (i *InList) AppendTo(b []byte) []byte {
	b = append(operand(b, i.Expr, bindLike+1), ' ')
	return parens(append(when(b, i.Not, "NOT "), "IN "...), i.List)
}

func (i *InQuery) AppendTo(b []byte) []byte {
	b = append(operand(b, i.Expr, bindLike+1), ' ')
	b = append(when(b, i.Not, "NOT "), "IN ("...)
	return append(i.Query.AppendTo(b), ')')
}

func (q *Quantified) AppendTo(b []byte) []byte {
	s := q.Op.strength()
	if s == bindCompare {
		s++
	}
	b = append(operand(b, q.Expr, s), ' ')
	b = append(q.Op.AppendTo(b), ' ')
	if q.All {
		b = append(b, "ALL ("...)
	} else {
		b = append(b, "ANY ("...)
	}
	if q.Query != nil {
		return append(q.Query.AppendTo(b), ')')
	}
	return append(q.Array.AppendTo(b), ')')
}

func (e *Exists) AppendTo(b []byte) []byte {
	return append(e.Query.AppendTo(append(b, "EXISTS ("...)), ')')
}
func (s *Subquery) AppendTo(b []byte) []byte { return append(s.Query.AppendTo(append(b, '(')), ')') }
func (a *ArrayQuery) AppendTo(b []byte) []byte {
	return append(a.Query.AppendTo(append(b, "ARRAY("...)), ')')
}
func (a *Array) AppendTo(b []byte) []byte {
	return append(list(append(b, "ARRAY["...), a.Elems), ']')
}
func (r *Row) AppendTo(b []byte) []byte { return parens(when(b, r.Explicit, "ROW"), r.Elems) }

func (s *Subscript) AppendTo(b []byte) []byte { return s.appendBounds(base(b, s.Expr)) }

func (s *Subscript) appendBounds(b []byte) []byte {
	b = clause(append(b, '['), "", s.Low)
	b = when(b, s.Slice, ":")
	b = clause(b, "", s.High)
	return append(b, ']')
}

func (f *Field) AppendTo(b []byte) []byte {
	b = append(f.Expr.AppendTo(append(b, '(')), ")."...)
	return appendLabel(b, f.Name)
}

func (c *Collate) AppendTo(b []byte) []byte {
	b = append(operand(b, c.Expr, bindCollate), " COLLATE "...)
	return c.Collation.AppendTo(b)
}
