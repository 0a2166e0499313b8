package ast

// Insert is INSERT.
type Insert struct {
	Pos        int
	With       *With
	Table      Name
	Alias      string  // INSERT INTO t AS a
	Columns    []Place // empty: all in order
	Overriding string  // "SYSTEM", "USER" or empty: what becomes of values for identity columns
	Source     *Query  // nil: DEFAULT VALUES
	OnConflict *OnConflict
	Returning  []*Target
}

// OnConflict is the ON CONFLICT clause of an INSERT.
type OnConflict struct {
	Pos         int
	Target      []*IndexElem // empty without one
	Constraint  string       // ON CONSTRAINT c; else empty
	TargetWhere Expr
	DoNothing   bool
	Set         []*Assign // of DO UPDATE
	Where       Expr      // of DO UPDATE
}

// IndexElem is one column or expression of an index or of a conflict target.
type IndexElem struct {
	Pos       int
	Expr      Expr // a *ColumnRef of one part for a column
	Collation Name // zero: none
	OpClass   Name // zero: none
	Desc      bool
	Nulls     NullsOrder
}

// Assign is one item of SET: c = value, or (a, b) = value when Multi is set.
type Assign struct {
	Pos     int
	Columns []Place
	Multi   bool
	Value   Expr // a *Default, or for Multi a *Row or a *Subquery
}

// Update is UPDATE.
type Update struct {
	Pos       int
	With      *With
	Table     *Table
	Set       []*Assign
	From      []TableExpr
	Where     Expr
	CurrentOf string // WHERE CURRENT OF cursor
	Returning []*Target
}

// Delete is DELETE.
type Delete struct {
	Pos       int
	With      *With
	Table     *Table
	Using     []TableExpr
	Where     Expr
	CurrentOf string // WHERE CURRENT OF cursor
	Returning []*Target
}

// Truncate is TRUNCATE.
type Truncate struct {
	Pos             int
	Tables          []Name
	RestartIdentity bool
	Cascade         bool
}

func (*Insert) stmt()   {}
func (*Update) stmt()   {}
func (*Delete) stmt()   {}
func (*Truncate) stmt() {}

func (i *Insert) Position() int     { return i.Pos }
func (o *OnConflict) Position() int { return o.Pos }
func (i *IndexElem) Position() int  { return i.Pos }
func (a *Assign) Position() int     { return a.Pos }
func (u *Update) Position() int     { return u.Pos }
func (d *Delete) Position() int     { return d.Pos }
func (t *Truncate) Position() int   { return t.Pos }

func (i *Insert) String() string     { return text(i) }
func (o *OnConflict) String() string { return text(o) }
func (i *IndexElem) String() string  { return text(i) }
func (a *Assign) String() string     { return text(a) }
func (u *Update) String() string     { return text(u) }
func (d *Delete) String() string     { return text(d) }
func (t *Truncate) String() string   { return text(t) }

func (i *Insert) Children(yield func(Node) bool) {
	_ = one(yield, i.With) && eachPlace(yield, i.Columns) && one(yield, i.Source) && one(yield, i.OnConflict) && each(yield, i.Returning)
}
func (o *OnConflict) Children(yield func(Node) bool) {
	_ = each(yield, o.Target) && one(yield, o.TargetWhere) && each(yield, o.Set) && one(yield, o.Where)
}
func (i *IndexElem) Children(yield func(Node) bool) { one(yield, i.Expr) }
func (a *Assign) Children(yield func(Node) bool) {
	_ = eachPlace(yield, a.Columns) && one(yield, a.Value)
}
func (u *Update) Children(yield func(Node) bool) {
	_ = one(yield, u.With) && one(yield, u.Table) && each(yield, u.Set) && each(yield, u.From) &&
		one(yield, u.Where) && each(yield, u.Returning)
}
func (d *Delete) Children(yield func(Node) bool) {
	_ = one(yield, d.With) && one(yield, d.Table) && each(yield, d.Using) && one(yield, d.Where) &&
		each(yield, d.Returning)
}
func (t *Truncate) Children(func(Node) bool) {}

func (i *Insert) AppendTo(b []byte) []byte {
	b = i.Table.AppendTo(append(withClause(b, i.With), "INSERT INTO "...))
	if i.Alias != "" {
		b = appendIdent(append(b, " AS "...), i.Alias)
	}
	if len(i.Columns) > 0 {
		b = append(appendPlaces(append(b, " ("...), i.Columns), ')')
	}
	b = when(b, i.Overriding != "", " OVERRIDING "+i.Overriding+" VALUE")
	if i.Source == nil {
		b = append(b, " DEFAULT VALUES"...)
	}
	b = clause(b, " ", i.Source)
	b = clause(b, " ", i.OnConflict)
	return returning(b, i.Returning)
}

func withClause(b []byte, w *With) []byte {
	if w != nil {
		b = append(w.AppendTo(b), ' ')
	}
	return b
}

func returning(b []byte, targets []*Target) []byte {
	if len(targets) == 0 {
		return b
	}
	return list(append(b, " RETURNING "...), targets)
}

func (o *OnConflict) AppendTo(b []byte) []byte {
	b = append(b, "ON CONFLICT "...)
	if len(o.Target) > 0 {
		b = append(parens(b, o.Target), ' ')
	}
	if o.Constraint != "" {
		b = append(appendIdent(append(b, "ON CONSTRAINT "...), o.Constraint), ' ')
	}
	if o.TargetWhere != nil {
		b = append(clause(b, "WHERE ", o.TargetWhere), ' ')
	}
	if o.DoNothing {
		return append(b, "DO NOTHING"...)
	}
	return clause(list(append(b, "DO UPDATE SET "...), o.Set), " WHERE ", o.Where)
}

func (i *IndexElem) AppendTo(b []byte) []byte {
	if _, column := i.Expr.(*ColumnRef); column {
		b = i.Expr.AppendTo(b)
	} else {
		b = append(i.Expr.AppendTo(append(b, '(')), ')')
	}
	if !i.Collation.IsZero() {
		b = i.Collation.AppendTo(append(b, " COLLATE "...))
	}
	if !i.OpClass.IsZero() {
		b = i.OpClass.AppendTo(append(b, ' '))
	}
	b = when(b, i.Desc, " DESC")
	b = when(b, i.Nulls == NullsFirst, " NULLS FIRST")
	return when(b, i.Nulls == NullsLast, " NULLS LAST")
}

func (a *Assign) AppendTo(b []byte) []byte {
	if b = appendPlaces(when(b, a.Multi, "("), a.Columns); a.Multi {
		b = append(b, ')')
	}
	return clause(b, " = ", a.Value)
}

func (u *Update) AppendTo(b []byte) []byte {
	b = u.Table.AppendTo(append(withClause(b, u.With), "UPDATE "...))
	b = list(append(b, " SET "...), u.Set)
	if len(u.From) > 0 {
		b = list(append(b, " FROM "...), u.From)
	}
	return returning(dmlWhere(b, u.Where, u.CurrentOf), u.Returning)
}

func dmlWhere(b []byte, where Expr, cursor string) []byte {
	if cursor != "" {
		return appendIdent(append(b, " WHERE CURRENT OF "...), cursor)
	}
	return clause(b, " WHERE ", where)
}

func (d *Delete) AppendTo(b []byte) []byte {
	b = d.Table.AppendTo(append(withClause(b, d.With), "DELETE FROM "...))
	if len(d.Using) > 0 {
		b = list(append(b, " USING "...), d.Using)
	}
	return returning(dmlWhere(b, d.Where, d.CurrentOf), d.Returning)
}

func (t *Truncate) AppendTo(b []byte) []byte {
	b = appendNames(append(b, "TRUNCATE "...), t.Tables)
	b = when(b, t.RestartIdentity, " RESTART IDENTITY")
	return when(b, t.Cascade, " CASCADE")
}
