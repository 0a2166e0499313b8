package ast

// ColumnRef is a name of one to four parts that stands for a column, or, where no column
// has the name, for a whole row.
type ColumnRef struct {
	Pos   int
	Parts []string
}

// Star is * or t.* in a select list, in RETURNING or in count(*)'s like.
type Star struct {
	Pos    int
	Table  []string // the parts of t; empty for a bare *
	Row    Expr     // of (row).*; else nil
	Except []Ident  // SELECT * EXCEPT (a, b)
}

// Operator is an operator's name.
type Operator struct {
	Pos    int
	Schema string // of OPERATOR(s.+); empty when not written so
	Name   string // PostgreSQL's spelling; != is <>
}

// AppendTo appends the operator, as OPERATOR(s.op) when it has a schema.
func (o Operator) AppendTo(b []byte) []byte {
	if o.Schema == "" {
		return append(b, o.Name...)
	}
	b = append(appendIdent(append(b, "OPERATOR("...), o.Schema), '.')
	return append(append(b, o.Name...), ')')
}

func (o Operator) strength() int {
	if s := operatorStrength[o.Name]; s != 0 && o.Schema == "" {
		return s
	}
	return bindOther
}

// Unary is a prefix operator before its operand.
type Unary struct {
	Pos  int
	Op   Operator
	Expr Expr
}

// Binary is an operator between its operands. Pos is the operator's, where PostgreSQL
// puts its caret when the operator does not exist.
type Binary struct {
	Pos         int
	Op          Operator
	Left, Right Expr
}

// And is two or more conditions joined by AND; a chain is one node.
type And struct {
	Pos  int // of the first AND
	Args []Expr
}

// Or is two or more conditions joined by OR; a chain is one node.
type Or struct {
	Pos  int // of the first OR
	Args []Expr
}

// Not is NOT x.
type Not struct {
	Pos  int
	Expr Expr
}

// IsTest is x IS [NOT] NULL, TRUE, FALSE or UNKNOWN.
type IsTest struct {
	Pos  int // of IS
	Expr Expr
	Not  bool
	Test string // "NULL", "TRUE", "FALSE", "UNKNOWN"
}

// IsDistinct is a IS [NOT] DISTINCT FROM b.
type IsDistinct struct {
	Pos         int // of IS
	Not         bool
	Left, Right Expr
}

// Between is x [NOT] BETWEEN [SYMMETRIC] low AND high.
type Between struct {
	Pos            int // of BETWEEN
	Expr           Expr
	Not, Symmetric bool
	Low, High      Expr
}

// Like is x [NOT] LIKE, ILIKE or SIMILAR TO pattern [ESCAPE e].
type Like struct {
	Pos           int    // of LIKE
	Op            string // "LIKE", "ILIKE", "SIMILAR TO"
	Not           bool
	Expr, Pattern Expr
	Escape        Expr // nil: backslash
}

// InList is x [NOT] IN (a, b, …).
type InList struct {
	Pos  int // of IN
	Expr Expr
	Not  bool
	List []Expr
}

// InQuery is x [NOT] IN (SELECT …); x is a *Row for several columns.
type InQuery struct {
	Pos   int // of IN
	Expr  Expr
	Not   bool
	Query *Query
}

// Quantified is x op ANY (…) or x op ALL (…), over a query or over an array. SOME is
// ANY, and LIKE stands as its operator ~~.
type Quantified struct {
	Pos   int // of the operator
	Expr  Expr
	Op    Operator
	All   bool
	Query *Query // nil over an array
	Array Expr   // nil over a query
}

// Exists is EXISTS (SELECT …).
type Exists struct {
	Pos   int
	Query *Query
}

// Subquery is a query that stands for its one value.
type Subquery struct {
	Pos   int
	Query *Query
}

// ArrayQuery is ARRAY(SELECT …).
type ArrayQuery struct {
	Pos   int
	Query *Query
}

// Array is ARRAY[a, b, …]; an inner [a, b] is an *Array too.
type Array struct {
	Pos   int
	Elems []Expr
}

// Row is ROW(a, b, …), or (a, b) with at least two items.
type Row struct {
	Pos      int
	Explicit bool // written with ROW
	Elems    []Expr
}

// Subscript is x[i], or x[low:high] when Slice is set.
type Subscript struct {
	Pos       int // of the bracket
	Expr      Expr
	Slice     bool
	Low, High Expr // High is nil unless Slice; a slice's bounds may be nil
}

// Field is (x).name.
type Field struct {
	Pos  int // of the name
	Expr Expr
	Name string
}

// Collate is x COLLATE c.
type Collate struct {
	Pos       int // of COLLATE
	Expr      Expr
	Collation Name
}

func (c *ColumnRef) Position() int  { return c.Pos }
func (s *Star) Position() int       { return s.Pos }
func (u *Unary) Position() int      { return u.Pos }
func (x *Binary) Position() int     { return x.Pos }
func (a *And) Position() int        { return a.Pos }
func (o *Or) Position() int         { return o.Pos }
func (n *Not) Position() int        { return n.Pos }
func (i *IsTest) Position() int     { return i.Pos }
func (i *IsDistinct) Position() int { return i.Pos }
func (x *Between) Position() int    { return x.Pos }
func (l *Like) Position() int       { return l.Pos }
func (i *InList) Position() int     { return i.Pos }
func (i *InQuery) Position() int    { return i.Pos }
func (q *Quantified) Position() int { return q.Pos }
func (e *Exists) Position() int     { return e.Pos }
func (s *Subquery) Position() int   { return s.Pos }
func (a *ArrayQuery) Position() int { return a.Pos }
func (a *Array) Position() int      { return a.Pos }
func (r *Row) Position() int        { return r.Pos }
func (s *Subscript) Position() int  { return s.Pos }
func (f *Field) Position() int      { return f.Pos }
func (c *Collate) Position() int    { return c.Pos }

func (c *ColumnRef) String() string  { return text(c) }
func (s *Star) String() string       { return text(s) }
func (u *Unary) String() string      { return text(u) }
func (x *Binary) String() string     { return text(x) }
func (a *And) String() string        { return text(a) }
func (o *Or) String() string         { return text(o) }
func (n *Not) String() string        { return text(n) }
func (i *IsTest) String() string     { return text(i) }
func (i *IsDistinct) String() string { return text(i) }
func (x *Between) String() string    { return text(x) }
func (l *Like) String() string       { return text(l) }
func (i *InList) String() string     { return text(i) }
func (i *InQuery) String() string    { return text(i) }
func (q *Quantified) String() string { return text(q) }
func (e *Exists) String() string     { return text(e) }
func (s *Subquery) String() string   { return text(s) }
func (a *ArrayQuery) String() string { return text(a) }
func (a *Array) String() string      { return text(a) }
func (r *Row) String() string        { return text(r) }
func (s *Subscript) String() string  { return text(s) }
func (f *Field) String() string      { return text(f) }
func (c *Collate) String() string    { return text(c) }

func (c *ColumnRef) Children(func(Node) bool)        {}
func (s *Star) Children(yield func(Node) bool)       { one(yield, s.Row) }
func (u *Unary) Children(yield func(Node) bool)      { one(yield, u.Expr) }
func (x *Binary) Children(yield func(Node) bool)     { _ = one(yield, x.Left) && one(yield, x.Right) }
func (a *And) Children(yield func(Node) bool)        { each(yield, a.Args) }
func (o *Or) Children(yield func(Node) bool)         { each(yield, o.Args) }
func (n *Not) Children(yield func(Node) bool)        { one(yield, n.Expr) }
func (i *IsTest) Children(yield func(Node) bool)     { one(yield, i.Expr) }
func (i *IsDistinct) Children(yield func(Node) bool) { _ = one(yield, i.Left) && one(yield, i.Right) }
func (x *Between) Children(yield func(Node) bool) {
	_ = one(yield, x.Expr) && one(yield, x.Low) && one(yield, x.High)
}
func (l *Like) Children(yield func(Node) bool) {
	_ = one(yield, l.Expr) && one(yield, l.Pattern) && one(yield, l.Escape)
}
func (i *InList) Children(yield func(Node) bool)  { _ = one(yield, i.Expr) && each(yield, i.List) }
func (i *InQuery) Children(yield func(Node) bool) { _ = one(yield, i.Expr) && one(yield, i.Query) }
func (q *Quantified) Children(yield func(Node) bool) {
	_ = one(yield, q.Expr) && one(yield, q.Query) && one(yield, q.Array)
}
func (e *Exists) Children(yield func(Node) bool)     { one(yield, e.Query) }
func (s *Subquery) Children(yield func(Node) bool)   { one(yield, s.Query) }
func (a *ArrayQuery) Children(yield func(Node) bool) { one(yield, a.Query) }
func (a *Array) Children(yield func(Node) bool)      { each(yield, a.Elems) }
func (r *Row) Children(yield func(Node) bool)        { each(yield, r.Elems) }
func (s *Subscript) Children(yield func(Node) bool) {
	_ = one(yield, s.Expr) && one(yield, s.Low) && one(yield, s.High)
}
func (f *Field) Children(yield func(Node) bool)   { one(yield, f.Expr) }
func (c *Collate) Children(yield func(Node) bool) { one(yield, c.Expr) }
