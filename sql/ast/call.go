package ast

import "strconv"

// Call is a call of a function, an aggregate or a window function.
type Call struct {
	Pos         int
	Name        Name
	Args        []Expr // a *NamedArg for name => value
	Star        bool   // f(*)
	Variadic    bool   // the last argument is VARIADIC
	Distinct    bool
	OrderBy     []*SortItem // f(x ORDER BY y)
	WithinGroup []*SortItem // f(x) WITHIN GROUP (ORDER BY y)
	Filter      Expr        // FILTER (WHERE …); nil: none
	Over        *Window     // nil: no window function
}

// NamedArg is name => value among a call's arguments.
type NamedArg struct {
	Pos   int
	Name  string
	Value Expr
}

// Window is a window's definition, behind OVER or in a WINDOW clause.
type Window struct {
	Pos         int
	Name        string // what a WINDOW clause calls it; empty behind OVER
	Ref         string // the window it starts from; empty: none
	Bare        bool   // OVER Ref, without parentheses
	PartitionBy []Expr
	OrderBy     []*SortItem
	Frame       *Frame // nil: the default frame
}

// Frame is a window's frame clause.
type Frame struct {
	Pos        int
	Mode       string // "RANGE", "ROWS", "GROUPS"
	Start, End Bound  // End is CURRENT ROW when only one bound was written
	Exclude    string // "CURRENT ROW", "GROUP", "TIES" or empty
}

// BoundKind tells the bounds of a frame apart, in their order.
type BoundKind uint8

const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Bound is one bound of a frame.
type Bound struct {
	Kind   BoundKind
	Offset Expr // of Preceding and Following; else nil
}

// ValueFunc is a function without parentheses: CURRENT_DATE, CURRENT_TIMESTAMP(3), …
type ValueFunc struct {
	Pos       int
	Name      string // lower case
	Precision int    // -1 when not written
}

// Case is CASE [x] WHEN … THEN … [ELSE …] END.
type Case struct {
	Pos   int
	Expr  Expr // nil for the searched form
	Whens []*When
	Else  Expr // nil: NULL
}

// When is one branch of a Case.
type When struct {
	Pos          int
	Cond, Result Expr
}

// Coalesce is COALESCE(a, b, …).
type Coalesce struct {
	Pos  int
	Args []Expr
}

// NullIf is NULLIF(a, b).
type NullIf struct {
	Pos         int
	Left, Right Expr
}

// Extremum is GREATEST(…) or LEAST(…).
type Extremum struct {
	Pos   int
	Least bool
	Args  []Expr
}

// Grouping is GROUPING(a, b, …).
type Grouping struct {
	Pos  int
	Args []Expr
}

// Cast is x::type, which is CAST(x AS type).
type Cast struct {
	Pos  int // of :: or of CAST
	Expr Expr
	Type *TypeName
}

func (c *Call) Position() int      { return c.Pos }
func (a *NamedArg) Position() int  { return a.Pos }
func (w *Window) Position() int    { return w.Pos }
func (f *Frame) Position() int     { return f.Pos }
func (v *ValueFunc) Position() int { return v.Pos }
func (c *Case) Position() int      { return c.Pos }
func (w *When) Position() int      { return w.Pos }
func (c *Coalesce) Position() int  { return c.Pos }
func (n *NullIf) Position() int    { return n.Pos }
func (e *Extremum) Position() int  { return e.Pos }
func (g *Grouping) Position() int  { return g.Pos }
func (c *Cast) Position() int      { return c.Pos }

func (c *Call) String() string      { return text(c) }
func (a *NamedArg) String() string  { return text(a) }
func (w *Window) String() string    { return text(w) }
func (f *Frame) String() string     { return text(f) }
func (v *ValueFunc) String() string { return text(v) }
func (c *Case) String() string      { return text(c) }
func (w *When) String() string      { return text(w) }
func (c *Coalesce) String() string  { return text(c) }
func (n *NullIf) String() string    { return text(n) }
func (e *Extremum) String() string  { return text(e) }
func (g *Grouping) String() string  { return text(g) }
func (c *Cast) String() string      { return text(c) }

func (c *Call) strength() int      { return bindPrimary }
func (a *NamedArg) strength() int  { return bindOr }
func (v *ValueFunc) strength() int { return bindPrimary }
func (c *Case) strength() int      { return bindPrimary }
func (c *Coalesce) strength() int  { return bindPrimary }
func (n *NullIf) strength() int    { return bindPrimary }
func (e *Extremum) strength() int  { return bindPrimary }
func (g *Grouping) strength() int  { return bindPrimary }
func (c *Cast) strength() int      { return bindPrimary }

func (c *Call) Children(yield func(Node) bool) {
	_ = each(yield, c.Args) && each(yield, c.OrderBy) && each(yield, c.WithinGroup) && one(yield, c.Filter) &&
		one(yield, c.Over)
}
func (a *NamedArg) Children(yield func(Node) bool) { one(yield, a.Value) }
func (w *Window) Children(yield func(Node) bool) {
	_ = each(yield, w.PartitionBy) && each(yield, w.OrderBy) && one(yield, w.Frame)
}
func (f *Frame) Children(yield func(Node) bool) {
	_ = one(yield, f.Start.Offset) && one(yield, f.End.Offset)
}
func (v *ValueFunc) Children(func(Node) bool) {}
func (c *Case) Children(yield func(Node) bool) {
	_ = one(yield, c.Expr) && each(yield, c.Whens) && one(yield, c.Else)
}
func (w *When) Children(yield func(Node) bool)     { _ = one(yield, w.Cond) && one(yield, w.Result) }
func (c *Coalesce) Children(yield func(Node) bool) { each(yield, c.Args) }
func (n *NullIf) Children(yield func(Node) bool)   { _ = one(yield, n.Left) && one(yield, n.Right) }
func (e *Extremum) Children(yield func(Node) bool) { each(yield, e.Args) }
func (g *Grouping) Children(yield func(Node) bool) { each(yield, g.Args) }
func (c *Cast) Children(yield func(Node) bool)     { _ = one(yield, c.Expr) && one(yield, c.Type) }

func (c *Call) AppendTo(b []byte) []byte {
	b = append(c.Name.AppendTo(b), '(')
	b = when(when(b, c.Distinct, "DISTINCT "), c.Star, "*")
	for i, a := range c.Args {
		b = when(b, i > 0, ", ")
		b = a.AppendTo(when(b, c.Variadic && i == len(c.Args)-1, "VARIADIC "))
	}
	b = append(orderBy(b, c.OrderBy), ')')
	if len(c.WithinGroup) > 0 {
		b = append(list(append(b, " WITHIN GROUP (ORDER BY "...), c.WithinGroup), ')')
	}
	if c.Filter != nil {
		b = append(c.Filter.AppendTo(append(b, " FILTER (WHERE "...)), ')')
	}
	return clause(b, " OVER ", c.Over)
}

func (a *NamedArg) AppendTo(b []byte) []byte {
	return a.Value.AppendTo(append(appendIdent(b, a.Name), " => "...))
}

// AppendTo appends what stands behind OVER, or behind AS in a WINDOW clause.
func (w *Window) AppendTo(b []byte) []byte {
	if w.Bare {
		return appendIdent(b, w.Ref)
	}
	start := len(b)
	if w.Ref != "" {
		b = appendIdent(append(b, ' '), w.Ref)
	}
	if len(w.PartitionBy) > 0 {
		b = list(append(b, " PARTITION BY "...), w.PartitionBy)
	}
	b = clause(orderBy(b, w.OrderBy), " ", w.Frame)
	if len(b) == start {
		return append(b, "()"...)
	}
	b[start] = '(' // in place of the first blank
	return append(b, ')')
}

func (f *Frame) AppendTo(b []byte) []byte {
	b = append(append(b, f.Mode...), " BETWEEN "...)
	b = f.End.appendTo(append(f.Start.appendTo(b), " AND "...))
	return when(b, f.Exclude != "", " EXCLUDE "+f.Exclude)
}

var boundWords = [...]string{"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"}

func (x Bound) appendTo(b []byte) []byte {
	return append(clause(b, "", x.Offset), boundWords[x.Kind]...)
}

func (v *ValueFunc) AppendTo(b []byte) []byte {
	b = append(b, v.Name...)
	if v.Precision >= 0 {
		b = append(strconv.AppendInt(append(b, '('), int64(v.Precision), 10), ')')
	}
	return b
}

func (c *Case) AppendTo(b []byte) []byte {
	b = clause(append(b, "CASE"...), " ", c.Expr)
	for _, w := range c.Whens {
		b = w.AppendTo(append(b, ' '))
	}
	return append(clause(b, " ELSE ", c.Else), " END"...)
}

func (w *When) AppendTo(b []byte) []byte {
	return clause(clause(b, "WHEN ", w.Cond), " THEN ", w.Result)
}

func (c *Coalesce) AppendTo(b []byte) []byte { return parens(append(b, "COALESCE"...), c.Args) }
func (n *NullIf) AppendTo(b []byte) []byte {
	return append(clause(clause(b, "NULLIF(", n.Left), ", ", n.Right), ')')
}
func (e *Extremum) AppendTo(b []byte) []byte {
	if e.Least {
		return parens(append(b, "LEAST"...), e.Args)
	}
	return parens(append(b, "GREATEST"...), e.Args)
}
func (g *Grouping) AppendTo(b []byte) []byte { return parens(append(b, "GROUPING"...), g.Args) }
func (c *Cast) AppendTo(b []byte) []byte {
	return append(clause(clause(b, "CAST(", c.Expr), " AS ", c.Type), ')')
}
