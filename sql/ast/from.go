package ast

// Alias is the AS of a FROM item. Without one Name is empty.
type Alias struct {
	Pos     int
	Name    string
	Columns []Ident // may name fewer columns than there are
}

func (a Alias) appendTo(b []byte) []byte {
	if a.Name != "" {
		b = appendIdent(append(b, " AS "...), a.Name)
	}
	return columnList(b, a.Columns)
}

// Table is a relation in FROM, or the target of UPDATE and DELETE.
type Table struct {
	Pos   int
	Name  Name
	Only  bool
	AsOf  Expr // FOR SYSTEM_TIME AS OF; nil: none
	Alias Alias
}

// Derived is a query in FROM; VALUES lists are one too. It needs no alias.
type Derived struct {
	Pos     int
	Lateral bool
	Query   *Query
	Alias   Alias
}

// TableFunc is one or more functions in FROM. A column definition list, which
// PostgreSQL wants behind functions of type record, is refused by the parser.
type TableFunc struct {
	Pos        int
	Lateral    bool
	RowsFrom   bool   // written ROWS FROM (…)
	Funcs      []Expr // a *Call, a *ValueFunc, a *Coalesce and their like; at least one
	Ordinality bool
	Alias      Alias
	// Definitions are, for each function, the columns of a record that it returns, written
	// AS alias (name type, …), or AS (name type, …) within ROWS FROM; nil: none has any.
	Definitions [][]ColumnDefinition
}

// ColumnDefinition is a column of a record that a function returns.
type ColumnDefinition struct {
	Pos  int
	Name string
	Type *TypeName
}

// JoinKind tells joins apart.
type JoinKind string

// The kinds of join.
const (
	InnerJoin JoinKind = "JOIN"
	LeftJoin  JoinKind = "LEFT JOIN"
	RightJoin JoinKind = "RIGHT JOIN"
	FullJoin  JoinKind = "FULL JOIN"
	CrossJoin JoinKind = "CROSS JOIN"
)

// Join joins two FROM items. One of Natural, Using and On says how unless Kind is
// CrossJoin.
type Join struct {
	Pos         int
	Kind        JoinKind
	AsOf        bool // ASOF JOIN: the closest row; Kind is InnerJoin or LeftJoin
	Natural     bool
	Left, Right TableExpr
	Using       []Ident
	UsingAlias  string // USING (…) AS a
	On          Expr
	Alias       Alias // of the join in parentheses
}

// WindowKind tells window table functions apart.
type WindowKind string

// The window table functions.
const (
	Tumble   WindowKind = "TUMBLE"
	Hop      WindowKind = "HOP"
	Cumulate WindowKind = "CUMULATE"
	Session  WindowKind = "SESSION"
)

// WindowTable is TUMBLE(r, ts, size), HOP(r, ts, slide, size), CUMULATE(r, ts, step,
// size) or SESSION(r PARTITION BY k, ts, gap) in FROM: the input's columns with
// window_start, window_end and window_time behind them.
type WindowTable struct {
	Pos         int
	Kind        WindowKind
	Input       TableExpr // a *Table or a *Derived
	PartitionBy []Expr    // of SESSION
	Time        Expr      // the time column
	Slide       Expr      // HOP's slide, CUMULATE's step; else nil
	Size        Expr      // the window's length; SESSION's gap
	Offset      Expr      // nil: none
	Alias       Alias
}

func (*Table) tableExpr()       {}
func (*Derived) tableExpr()     {}
func (*TableFunc) tableExpr()   {}
func (*Join) tableExpr()        {}
func (*WindowTable) tableExpr() {}

func (t *Table) Position() int       { return t.Pos }
func (d *Derived) Position() int     { return d.Pos }
func (f *TableFunc) Position() int   { return f.Pos }
func (j *Join) Position() int        { return j.Pos }
func (w *WindowTable) Position() int { return w.Pos }

func (t *Table) String() string       { return text(t) }
func (d *Derived) String() string     { return text(d) }
func (f *TableFunc) String() string   { return text(f) }
func (j *Join) String() string        { return text(j) }
func (w *WindowTable) String() string { return text(w) }

func (t *Table) Children(yield func(Node) bool)     { one(yield, t.AsOf) }
func (d *Derived) Children(yield func(Node) bool)   { one(yield, d.Query) }
func (f *TableFunc) Children(yield func(Node) bool) { each(yield, f.Funcs) }
func (j *Join) Children(yield func(Node) bool) {
	_ = one(yield, j.Left) && one(yield, j.Right) && one(yield, j.On)
}
func (w *WindowTable) Children(yield func(Node) bool) {
	_ = one(yield, w.Input) && each(yield, w.PartitionBy) && one(yield, w.Time) && one(yield, w.Slide) &&
		one(yield, w.Size) && one(yield, w.Offset)
}

func (t *Table) AppendTo(b []byte) []byte {
	b = t.Name.AppendTo(when(b, t.Only, "ONLY "))
	b = clause(b, " FOR SYSTEM_TIME AS OF ", t.AsOf)
	return t.Alias.appendTo(b)
}

func (d *Derived) AppendTo(b []byte) []byte {
	b = append(when(b, d.Lateral, "LATERAL "), '(')
	return d.Alias.appendTo(append(d.Query.AppendTo(b), ')'))
}

func (f *TableFunc) AppendTo(b []byte) []byte {
	b = when(b, f.Lateral, "LATERAL ")
	if f.RowsFrom {
		b = append(b, "ROWS FROM ("...)
		for i, x := range f.Funcs {
			b = x.AppendTo(when(b, i > 0, ", "))
			if d := f.Defined(i); d != nil {
				b = appendDefinitions(append(b, " AS "...), d)
			}
		}
		b = append(b, ')')
	} else {
		b = f.Funcs[0].AppendTo(b)
	}
	b = when(b, f.Ordinality, " WITH ORDINALITY")
	if d := f.Defined(0); d != nil && !f.RowsFrom {
		b = append(b, " AS "...)
		if f.Alias.Name != "" {
			b = append(appendIdent(b, f.Alias.Name), ' ')
		}
		return appendDefinitions(b, d)
	}
	return f.Alias.appendTo(b)
}

// Defined are the columns that are written for function i; nil: none.
func (f *TableFunc) Defined(i int) []ColumnDefinition {
	if i >= len(f.Definitions) {
		return nil
	}
	return f.Definitions[i]
}

func appendDefinitions(b []byte, columns []ColumnDefinition) []byte {
	b = append(b, '(')
	for i, c := range columns {
		b = append(appendIdent(when(b, i > 0, ", "), c.Name), ' ')
		b = c.Type.AppendTo(b)
	}
	return append(b, ')')
}

func (j *Join) AppendTo(b []byte) []byte {
	if j.Alias.Name != "" {
		b = append(b, '(')
	}
	b = append(j.Left.AppendTo(b), ' ')
	b = when(b, j.AsOf, "ASOF ")
	b = when(b, j.Natural, "NATURAL ")
	b = append(append(b, j.Kind...), ' ')
	if r, ok := j.Right.(*Join); ok && r.Alias.Name == "" {
		b = append(j.Right.AppendTo(append(b, '(')), ')')
	} else {
		b = j.Right.AppendTo(b)
	}
	if len(j.Using) > 0 {
		b = columnList(append(b, " USING "...), j.Using)
		if j.UsingAlias != "" {
			b = appendIdent(append(b, " AS "...), j.UsingAlias)
		}
	}
	b = clause(b, " ON ", j.On)
	if j.Alias.Name != "" {
		b = j.Alias.appendTo(append(b, ')'))
	}
	return b
}

func (w *WindowTable) AppendTo(b []byte) []byte {
	b = w.Input.AppendTo(append(append(b, w.Kind...), '('))
	if len(w.PartitionBy) > 0 {
		b = append(b, " PARTITION BY "...)
		if len(w.PartitionBy) > 1 {
			b = parens(b, w.PartitionBy)
		} else {
			b = w.PartitionBy[0].AppendTo(b)
		}
	}
	b = clause(b, ", ", w.Time)
	b = clause(b, ", ", w.Slide)
	b = clause(b, ", ", w.Size)
	b = clause(b, ", ", w.Offset)
	return w.Alias.appendTo(append(b, ')'))
}
