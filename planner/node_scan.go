package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
)

// Scan reads a relation. It carries everything of the relation's description that its plan
// depends on, so that a stored plan means the same whatever the catalog says later.
type Scan struct {
	Relation  catalog.OID
	Name      string // for EXPLAIN: RENAME leaves stored plans alone
	Columns   []ScanColumn
	Width     int     // columns of the relation
	Keys      [][]int // sets of positions in Columns that are unique and not NULL
	Append    bool    // a stream, or a view whose rows only come
	System    bool    // rows come from a generator
	History   bool    // the contents depend on history
	Watermark int     // position in Columns; -1: none
	Marks     []int   // of a view: the positions of the columns that carry one
	Late      bool    // rows may come below the watermark (late = 'keep')
	Skips     bool    // rows that other transactions hold are left out; never set in a standing plan
	Access    Access  // never set in a standing plan
}

// ScanColumn is a column that a scan reads.
type ScanColumn struct {
	col.Column
	Position int   // in the relation's columns when the plan was made
	Attnum   int16 // what a stored plan goes by
}

// Access is how a scan finds its rows. The zero Access reads everything.
type Access struct {
	// Index is the index whose columns the Keys are values of, in the index's order; a
	// materialized view's own number means its PrimaryKey. The values are of the columns' types and refer to no columns; a NULL among them finds
	// nothing.
	Index catalog.OID
	Keys  [][]expr.Expr
	// Bounds are conditions every row that matters satisfies; a scan may use them to leave
	// out segments.
	Bounds []Bound
}

// Bound is a condition column <op> value on a row that matters.
type Bound struct {
	Column int    // position in the relation's columns
	Op     string // one of = < <= > >=
	Value  expr.Expr
}

// IsPoint reports whether the rows are found by key.
func (a Access) IsPoint() bool { return a.Index != 0 }

var _ = nodeText("scan", 0, func(r *reader) Node {
	s := &Scan{Relation: catalog.OID(r.number()), Name: r.quoted(), Width: int(r.number())}
	s.Append, s.History, s.Late = r.flag("stream"), r.flag("history"), r.flag("late")
	s.Watermark = int(r.number())
	for range r.count() {
		s.Columns = append(s.Columns, ScanColumn{Attnum: int16(r.number()), Position: int(r.number()), Column: r.column()})
	}
	for range r.count() {
		s.Keys = append(s.Keys, r.ints(len(s.Columns)))
	}
	if strings.HasPrefix(strings.TrimLeft(r.rest, " "), "[") {
		s.Marks = r.ints(len(s.Columns))
	}
	if s.Watermark < -1 || s.Watermark >= len(s.Columns) {
		r.fail("watermark column %d", s.Watermark)
	}
	return s
})

func (s *Scan) String() string {
	l := newLine("scan").number(int64(s.Relation)).quoted(s.Name).number(int64(s.Width)).
		flag("stream", s.Append).flag("history", s.History).flag("late", s.Late).number(int64(s.Watermark)).number(int64(len(s.Columns)))
	for _, c := range s.Columns {
		l.number(int64(c.Attnum)).number(int64(c.Position)).column(c.Column)
	}
	l.number(int64(len(s.Keys)))
	for _, k := range s.Keys {
		l.ints(k)
	}
	if len(s.Marks) > 0 {
		l.ints(s.Marks)
	}
	if s.Skips {
		l.word("skips") // never stored
	}
	return l.Builder.String()
}

func (s *Scan) Schema() []col.Column {
	out := make([]col.Column, len(s.Columns))
	for i, c := range s.Columns {
		out[i] = c.Column
	}
	return out
}

func (s *Scan) Inputs() []Node           { return nil }
func (s *Scan) WithInputs(...Node) Node  { return s }
func (s *Scan) keeps([]Properties) state { return state{} }
func (s *Scan) meets() [][]int           { return nil }

func (s *Scan) exprs() (xs []expr.Expr) {
	for _, k := range s.Access.Keys {
		xs = append(xs, k...)
	}
	for _, b := range s.Access.Bounds {
		xs = append(xs, b.Value)
	}
	return xs
}

func (s *Scan) withExprs(xs []expr.Expr) Node {
	n := *s
	n.Access.Keys, n.Access.Bounds = nil, nil
	for _, k := range s.Access.Keys {
		n.Access.Keys = append(n.Access.Keys, xs[:len(k)])
		xs = xs[len(k):]
	}
	for i, b := range s.Access.Bounds {
		b.Value = xs[i]
		n.Access.Bounds = append(n.Access.Bounds, b)
	}
	return &n
}

func (s *Scan) derive([]Properties) Properties {
	p := Properties{AppendOnly: s.Append, Late: s.Late, Watermarks: s.Marks}
	for _, k := range s.Keys {
		p.addKey(k)
	}
	if s.Watermark >= 0 {
		p.Watermarks = []int{s.Watermark}
	}
	if s.System {
		p.Partitioned = wholly(1)
	}
	return p
}

// Positions lists the positions, in the relation's columns, of what the scan reads.
func (s *Scan) Positions() []int {
	out := make([]int, len(s.Columns))
	for i, c := range s.Columns {
		out[i] = c.Position
	}
	return out
}

func (s *Scan) needs([]bool) [][]bool { return nil }

func (s *Scan) pruned(need []bool, _ []Node, _ [][]int) (Node, []int) {
	n := *s
	n.Columns, n.Keys, n.Watermark, n.Marks = nil, nil, -1, nil
	at := make([]int, len(s.Columns))
	for i, c := range s.Columns {
		at[i] = -1
		if need[i] {
			at[i] = len(n.Columns)
			n.Columns = append(n.Columns, c)
		}
	}
	for _, k := range s.Keys {
		if m := remapped(k, at); !slices.Contains(m, -1) {
			n.Keys = append(n.Keys, m)
		}
	}
	if s.Watermark >= 0 {
		n.Watermark = at[s.Watermark]
	}
	for _, w := range s.Marks {
		if at[w] >= 0 {
			n.Marks = append(n.Marks, at[w])
		}
	}
	return &n, at
}

func (s *Scan) describe() string {
	var b strings.Builder
	verb := "Scan"
	if s.Access.IsPoint() {
		verb = "Look up"
	}
	fmt.Fprintf(&b, "%s %s", verb, s.Name)
	var cols []string
	for _, c := range s.Columns {
		cols = append(cols, c.Name)
	}
	fmt.Fprintf(&b, " (%s)", strings.Join(cols, ", "))
	for i, k := range s.Access.Keys {
		b.WriteString([]string{" by ", ", "}[min(i, 1)])
		b.WriteString("(" + exprList(k, nil) + ")")
	}
	return b.String()
}
