package oracle

import (
	"errors"
	"slices"
)

// Database is relations by name.
type Database map[string][]Row

// Node computes a relation. Rows panics with ErrTooLarge rather than work for long.
type Node interface {
	Rows(db Database) []Row
}

// ErrTooLarge is what a join of more than MaxPairs pairs of rows panics with.
var ErrTooLarge = errors.New("too many rows for the oracle")

// MaxPairs bounds a join.
const MaxPairs = 100_000

// Table is a relation by name.
type Table struct {
	Name  string
	Width int // above 0: only so many columns are seen
}

// Rows implements [Node].
func (n Table) Rows(db Database) []Row {
	rows := db[n.Name]
	if n.Width == 0 || len(rows) == 0 || len(rows[0]) == n.Width {
		return rows
	}
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = r[:n.Width:n.Width]
	}
	return out
}

// Filter keeps rows for which the predicate is true.
type Filter struct {
	In   Node
	Pred Expr
}

// Rows implements [Node].
func (n Filter) Rows(db Database) (out []Row) {
	for _, r := range n.In.Rows(db) {
		if n.Pred(r).IsTrue() {
			out = append(out, r)
		}
	}
	return out
}

// Project computes new rows, one for each.
type Project struct {
	In    Node
	Exprs []Expr
}

// Rows implements [Node].
func (n Project) Rows(db Database) (out []Row) {
	for _, r := range n.In.Rows(db) {
		if row, ok := all(n.Exprs, r); ok {
			out = append(out, row)
		}
	}
	return out
}

// JoinKind is what becomes of rows without a match.
type JoinKind uint8

// The kinds of joins. Semi and Anti give rows of the left side only.
const (
	Inner JoinKind = iota
	LeftOuter
	RightOuter
	FullOuter
	Semi
	Anti
)

// Join pairs rows of two relations; On sees the left row's columns, then the right's.
type Join struct {
	Kind                  JoinKind
	Left, Right           Node
	LeftWidth, RightWidth int
	On                    Expr
}

// Rows implements [Node].
func (n Join) Rows(db Database) (out []Row) {
	left, right := n.Left.Rows(db), n.Right.Rows(db)
	if len(left)*len(right) > MaxPairs {
		panic(ErrTooLarge)
	}
	matched := make([]bool, len(right))
	for _, l := range left {
		found := false
		for k, r := range right {
			pair := slices.Concat(l, r)
			if !n.On(pair).IsTrue() {
				continue
			}
			found, matched[k] = true, true
			if n.Kind < Semi {
				out = append(out, pair)
			}
		}
		switch {
		case n.Kind == Semi && found, n.Kind == Anti && !found:
			out = append(out, l)
		case (n.Kind == LeftOuter || n.Kind == FullOuter) && !found:
			out = append(out, slices.Concat(l, make(Row, n.RightWidth)))
		}
	}
	if n.Kind == RightOuter || n.Kind == FullOuter {
		for k, r := range right {
			if !matched[k] {
				out = append(out, slices.Concat(make(Row, n.LeftWidth), r))
			}
		}
	}
	return out
}

// Unnest gives each row one for each element, with the element and its number behind the
// row's columns; with On those for which it is true, or one of NULLs if there is none.
type Unnest struct {
	In    Node
	Elems []Expr
	On    Expr
}

// Rows implements [Node].
func (n Unnest) Rows(db Database) (out []Row) {
	for _, r := range n.In.Rows(db) {
		var rows []Row
		failed := false
		for i, e := range n.Elems {
			v := e(r)
			failed = failed || v.K == Error
			rows = append(rows, append(slices.Clone(r), v, IntOf(int64(i+1))))
		}
		if failed {
			continue
		}
		if n.On != nil {
			rows = slices.DeleteFunc(rows, func(r Row) bool { return !n.On(r).IsTrue() })
			if len(rows) == 0 {
				rows = []Row{append(slices.Clone(r), Value{}, Value{})}
			}
		}
		out = append(out, rows...)
	}
	return out
}

// InQuery is x [NOT] IN (a relation's first column): by SQL's rules for NULL.
type InQuery struct {
	In   Node
	X    Expr
	List Node
	Not  bool
}

// Rows implements [Node].
func (n InQuery) Rows(db Database) (out []Row) {
	var list []Expr
	for _, r := range n.List.Rows(db) {
		list = append(list, Const(r[0]))
	}
	member := In(n.X, list...)
	if n.Not {
		member = Not(member)
	}
	return Filter{In: n.In, Pred: func(r Row) Value { return member(r) }}.Rows(db)
}

// WithScalar adds, as last column, the one value that a query of one row and column gives:
// NULL when it has no row.
type WithScalar struct {
	In, Scalar Node
}

// Rows implements [Node].
func (n WithScalar) Rows(db Database) (out []Row) {
	var v Value
	if rows := n.Scalar.Rows(db); len(rows) > 0 {
		v = rows[0][0]
	}
	for _, r := range n.In.Rows(db) {
		out = append(out, append(slices.Clone(r), v))
	}
	return out
}

// Distinct keeps one of each.
type Distinct struct{ In Node }

// Rows implements [Node].
func (n Distinct) Rows(db Database) (out []Row) {
	seen := map[string]bool{}
	for _, r := range n.In.Rows(db) {
		if k := r.Key(); !seen[k] {
			seen[k] = true
			out = append(out, r)
		}
	}
	return out
}

// Union is UNION ALL.
type Union struct{ Left, Right Node }

// Rows implements [Node].
func (n Union) Rows(db Database) []Row { return slices.Concat(n.Left.Rows(db), n.Right.Rows(db)) }

// Except is EXCEPT ALL: a row of the right takes one of the left away. Which of equal rows
// go does not matter to those who compare by Key.
type Except struct{ Left, Right Node }

// Rows implements [Node].
func (n Except) Rows(db Database) (out []Row) {
	minus := map[string]int{}
	for _, r := range n.Right.Rows(db) {
		minus[r.Key()]++
	}
	for _, r := range n.Left.Rows(db) {
		if k := r.Key(); minus[k] > 0 {
			minus[k]--
		} else {
			out = append(out, r)
		}
	}
	return out
}

// Intersect is INTERSECT ALL: what EXCEPT ALL takes away.
type Intersect struct{ Left, Right Node }

// Rows implements [Node].
func (n Intersect) Rows(db Database) []Row {
	return Except{n.Left, Except(n)}.Rows(db)
}

// Limit is ORDER BY … LIMIT … OFFSET; the order must be total up to equal rows.
type Limit struct {
	In            Node
	By            []Order
	Limit, Offset int
}

// Rows implements [Node].
func (n Limit) Rows(db Database) []Row {
	rows := order(n.In.Rows(db), n.By)
	rows = rows[min(n.Offset, len(rows)):]
	return rows[:min(n.Limit, len(rows))]
}

// Rank adds, as last column, row_number(), rank() or dense_rank() over partitions.
type Rank struct {
	In        Node
	Function  string
	Partition []Expr
	By        []Order
}

// Rows implements [Node].
func (n Rank) Rows(db Database) (out []Row) {
	for _, part := range partitions(n.In.Rows(db), n.Partition) {
		rows := order(part.rows, n.By)
		rank, dense := 0, 0
		for i, r := range rows {
			if i == 0 || compareRows(rows[i-1], r, n.By) != 0 {
				rank, dense = i+1, dense+1
			}
			v := map[string]int{"row_number": i + 1, "rank": rank, "dense_rank": dense}[n.Function]
			out = append(out, append(slices.Clone(r), IntOf(int64(v))))
		}
	}
	return out
}

type part struct {
	key  Row
	rows []Row
}

// partitions groups rows by expressions, NULLs together, in order of appearance.
func partitions(rows []Row, by []Expr) []*part {
	var list []*part
	of := map[string]*part{}
	for _, r := range rows {
		key, ok := all(by, r)
		if !ok {
			continue
		}
		p := of[key.Key()]
		if p == nil {
			p = &part{key: key}
			of[key.Key()] = p
			list = append(list, p)
		}
		p.rows = append(p.rows, r)
	}
	return list
}
