package ast

// Query is a whole query: a statement of its own, a subquery, the source of an INSERT.
type Query struct {
	Pos      int
	With     *With // nil without WITH
	Body     QueryBody
	OrderBy  []*SortItem
	Limit    Expr // nil: all rows; LIMIT ALL is nil too
	Offset   Expr // nil: none
	WithTies bool // FETCH FIRST Limit ROWS WITH TIES
	Locking  []*Locking
}

// With is a WITH clause.
type With struct {
	Pos       int
	Recursive bool
	CTEs      []*CTE
}

// CTE is one named query of a WITH clause.
type CTE struct {
	Pos          int
	Name         string
	Columns      []Ident // empty: those of the query
	Materialized string  // "materialized", "not materialized" or empty
	Query        *Query
	Change       Stmt // an INSERT, UPDATE or DELETE in place of Query; nil: none
	Search       *SearchClause
	Cycle        *CycleClause
}

// Select is SELECT … HAVING, without what orders and limits.
type Select struct {
	Pos        int
	Distinct   bool
	DistinctOn []Expr    // of DISTINCT ON; Distinct is set then
	Targets    []*Target // may be empty
	Into       *Into     // nil: the rows go to the client
	From       []TableExpr
	Where      Expr // nil: none
	GroupBy    []*GroupItem
	GroupDist  bool // GROUP BY DISTINCT
	Having     Expr // nil: none
	Windows    []*Window
}

// Target is one item of a select list or of RETURNING.
type Target struct {
	Pos   int
	Expr  Expr   // a *Star for * and t.*
	Alias string // empty: none
}

// SetOp joins two bodies.
type SetOp struct {
	Pos         int
	Op          SetOpKind
	All         bool
	Left, Right QueryBody
}

// SetOpKind tells set operations apart.
type SetOpKind string

// The set operations; INTERSECT binds tighter than the others.
const (
	Union     SetOpKind = "UNION"
	Intersect SetOpKind = "INTERSECT"
	Except    SetOpKind = "EXCEPT"
)

// Values is VALUES (…), (…); as the source of an INSERT its items may be *Default.
type Values struct {
	Pos  int
	Rows [][]Expr // at least one; the lengths may differ
}

// GroupKind tells the items of GROUP BY apart.
type GroupKind uint8

const (
	GroupExpr  GroupKind = iota // Exprs holds the one expression
	GroupEmpty                  // ()
	GroupRollup
	GroupCube
	GroupSets // Sets holds the grouping sets
)

// GroupItem is one item of GROUP BY. The arguments of ROLLUP and CUBE are Exprs, a list
// in parentheses among them being a *Row.
type GroupItem struct {
	Pos   int
	Kind  GroupKind
	Exprs []Expr
	Sets  []*GroupItem
}

// SortItem is one item of an ORDER BY.
type SortItem struct {
	Pos   int
	Expr  Expr
	Desc  bool
	Using *Operator // ORDER BY x USING >; nil: ASC or DESC
	Nulls NullsOrder
}

// NullsOrder is where NULLs sort.
type NullsOrder uint8

const (
	NullsDefault NullsOrder = iota // last, or first with DESC
	NullsFirst
	NullsLast
)

// Locking is FOR UPDATE and its like.
type Locking struct {
	Pos      int
	Strength string // "update", "no key update", "share", "key share"
	Of       []Name // empty: every relation
	Wait     string // "nowait", "skip locked" or empty
}

func (*Query) stmt()       {}
func (*Query) queryBody()  {}
func (*Select) queryBody() {}
func (*SetOp) queryBody()  {}
func (*Values) queryBody() {}

func (q *Query) Position() int     { return q.Pos }
func (w *With) Position() int      { return w.Pos }
func (c *CTE) Position() int       { return c.Pos }
func (s *Select) Position() int    { return s.Pos }
func (t *Target) Position() int    { return t.Pos }
func (s *SetOp) Position() int     { return s.Pos }
func (v *Values) Position() int    { return v.Pos }
func (g *GroupItem) Position() int { return g.Pos }
func (s *SortItem) Position() int  { return s.Pos }
func (l *Locking) Position() int   { return l.Pos }

func (q *Query) String() string     { return text(q) }
func (w *With) String() string      { return text(w) }
func (c *CTE) String() string       { return text(c) }
func (s *Select) String() string    { return text(s) }
func (t *Target) String() string    { return text(t) }
func (s *SetOp) String() string     { return text(s) }
func (v *Values) String() string    { return text(v) }
func (g *GroupItem) String() string { return text(g) }
func (s *SortItem) String() string  { return text(s) }
func (l *Locking) String() string   { return text(l) }

func (q *Query) Children(yield func(Node) bool) {
	_ = one(yield, q.With) && one(yield, q.Body) && each(yield, q.OrderBy) && one(yield, q.Limit) &&
		one(yield, q.Offset) && each(yield, q.Locking)
}
func (w *With) Children(yield func(Node) bool) { each(yield, w.CTEs) }
func (c *CTE) Children(yield func(Node) bool) {
	if c.Change != nil {
		yield(c.Change)
		return
	}
	_ = one(yield, c.Query) && one(yield, c.Search) && one(yield, c.Cycle)
}
func (s *Select) Children(yield func(Node) bool) {
	_ = each(yield, s.DistinctOn) && each(yield, s.Targets) && each(yield, s.From) && one(yield, s.Where) &&
		each(yield, s.GroupBy) && one(yield, s.Having) && each(yield, s.Windows)
}
func (t *Target) Children(yield func(Node) bool) { one(yield, t.Expr) }
func (s *SetOp) Children(yield func(Node) bool)  { _ = one(yield, s.Left) && one(yield, s.Right) }
func (v *Values) Children(yield func(Node) bool) {
	for _, r := range v.Rows {
		if !each(yield, r) {
			return
		}
	}
}
func (g *GroupItem) Children(yield func(Node) bool) { _ = each(yield, g.Exprs) && each(yield, g.Sets) }
func (s *SortItem) Children(yield func(Node) bool)  { one(yield, s.Expr) }
func (l *Locking) Children(func(Node) bool)         {}

func (q *Query) AppendTo(b []byte) []byte {
	if q.With != nil {
		b = append(q.With.AppendTo(b), ' ')
	}
	b = appendOperand(b, q.Body)
	b = orderBy(b, q.OrderBy)
	if q.Limit != nil && !q.WithTies {
		b = q.Limit.AppendTo(append(b, " LIMIT "...))
	}
	b = clause(b, " OFFSET ", q.Offset)
	if q.WithTies {
		b = q.Limit.AppendTo(append(b, " FETCH FIRST ("...))
		b = append(b, ") ROWS WITH TIES"...)
	}
	for _, l := range q.Locking {
		b = l.AppendTo(append(b, ' '))
	}
	return b
}

// appendOperand appends a body, a nested query in parentheses.
func appendOperand(b []byte, q QueryBody) []byte {
	if _, nested := q.(*Query); nested {
		return append(q.AppendTo(append(b, '(')), ')')
	}
	return q.AppendTo(b)
}

func orderBy(b []byte, items []*SortItem) []byte {
	if len(items) == 0 {
		return b
	}
	return list(append(b, " ORDER BY "...), items)
}

func (w *With) AppendTo(b []byte) []byte {
	b = when(append(b, "WITH "...), w.Recursive, "RECURSIVE ")
	return list(b, w.CTEs)
}

func (c *CTE) AppendTo(b []byte) []byte {
	b = columnList(appendIdent(b, c.Name), c.Columns)
	b = append(b, " AS "...)
	b = when(b, c.Materialized != "", c.Materialized+" ")
	if c.Change != nil {
		return append(c.Change.AppendTo(append(b, '(')), ')')
	}
	b = append(c.Query.AppendTo(append(b, '(')), ')')
	if c.Search != nil {
		b = c.Search.AppendTo(append(b, ' '))
	}
	if c.Cycle != nil {
		b = c.Cycle.AppendTo(append(b, ' '))
	}
	return b
}

func (s *Select) AppendTo(b []byte) []byte {
	b = when(append(b, "SELECT"...), s.Distinct, " DISTINCT")
	if len(s.DistinctOn) > 0 {
		b = parens(append(b, " ON "...), s.DistinctOn)
	}
	if len(s.Targets) > 0 {
		b = list(append(b, ' '), s.Targets)
	}
	if s.Into != nil {
		b = s.Into.Name.AppendTo(when(append(b, " INTO "...), s.Into.Temp, "TEMP "))
	}
	if len(s.From) > 0 {
		b = list(append(b, " FROM "...), s.From)
	}
	b = clause(b, " WHERE ", s.Where)
	if len(s.GroupBy) > 0 {
		b = list(when(append(b, " GROUP BY "...), s.GroupDist, "DISTINCT "), s.GroupBy)
	}
	b = clause(b, " HAVING ", s.Having)
	for i, w := range s.Windows {
		b = when(b, i == 0, " WINDOW ")
		b = when(b, i > 0, ", ")
		b = append(appendIdent(b, w.Name), " AS "...)
		b = w.AppendTo(b)
	}
	return b
}

func (t *Target) AppendTo(b []byte) []byte {
	b = t.Expr.AppendTo(b)
	if t.Alias != "" {
		b = appendIdent(append(b, " AS "...), t.Alias)
	}
	return b
}

// AppendTo appends the operands so that they group as the tree does.
func (s *SetOp) AppendTo(b []byte) []byte {
	b = setOperand(b, s.Left, s.Op == Intersect)
	b = append(append(append(b, ' '), s.Op...), ' ')
	b = when(b, s.All, "ALL ")
	_, setOp := s.Right.(*SetOp)
	if right, ok := s.Right.(*SetOp); ok && s.Op != Intersect && right.Op == Intersect {
		setOp = false
	}
	if setOp {
		return append(s.Right.AppendTo(append(b, '(')), ')')
	}
	return setOperand(b, s.Right, false)
}

func setOperand(b []byte, q QueryBody, tight bool) []byte {
	if l, ok := q.(*SetOp); ok && tight && l.Op != Intersect {
		return append(q.AppendTo(append(b, '(')), ')')
	}
	return appendOperand(b, q)
}

func (v *Values) AppendTo(b []byte) []byte {
	b = append(b, "VALUES "...)
	for i, r := range v.Rows {
		b = parens(when(b, i > 0, ", "), r)
	}
	return b
}

func (g *GroupItem) AppendTo(b []byte) []byte {
	switch g.Kind {
	case GroupEmpty:
		return append(b, "()"...)
	case GroupRollup:
		return parens(append(b, "ROLLUP "...), g.Exprs)
	case GroupCube:
		return parens(append(b, "CUBE "...), g.Exprs)
	case GroupSets:
		return parens(append(b, "GROUPING SETS "...), g.Sets)
	}
	return g.Exprs[0].AppendTo(b)
}

func (s *SortItem) AppendTo(b []byte) []byte {
	b = s.Expr.AppendTo(b)
	b = when(b, s.Desc, " DESC")
	if s.Using != nil {
		b = s.Using.AppendTo(append(b, " USING "...))
	}
	b = when(b, s.Nulls == NullsFirst, " NULLS FIRST")
	return when(b, s.Nulls == NullsLast, " NULLS LAST")
}

func (l *Locking) AppendTo(b []byte) []byte {
	b = append(append(b, "FOR "...), l.Strength...)
	if len(l.Of) > 0 {
		b = appendNames(append(b, " OF "...), l.Of)
	}
	return when(b, l.Wait != "", " "+l.Wait)
}
