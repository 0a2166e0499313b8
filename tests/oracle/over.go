package oracle

import (
	"slices"
)

// Over adds, as last columns, the values of window functions over partitions in an order. The
// order must be total up to equal rows where a call looks at single rows.
type Over struct {
	In        Node
	Partition []Expr
	By        []Order
	Calls     []OverCall
}

// OverCall is a window function over a frame: row_number, rank, dense_rank, ntile, lag, lead,
// first_value, last_value and nth_value of Arg, or the Aggregate of the frame's rows when
// Function is empty. N is the number that ntile, lag, lead and nth_value take; Default is what
// lag and lead give beyond the partition.
type OverCall struct {
	Function  string
	Arg       Expr
	N         int
	Default   Expr
	Aggregate Aggregate
	Frame     Frame
}

// Frame is a window's frame. By rows and groups an offset is a number, by range what gives a
// row's bound.
type Frame struct {
	Mode       string // "ROWS", "RANGE" or "GROUPS"
	Start, End Bound
	Exclude    string // "CURRENT ROW", "GROUP", "TIES" or ""
}

// Bound is where a frame begins or ends: Far is unbounded; else By rows or groups from the
// row, where 0 is the row or its ties, or, of a range, Edge's value in the first order.
type Bound struct {
	Far  bool
	By   int
	Edge Expr
}

// Rows implements [Node].
func (n Over) Rows(db Database) (out []Row) {
	for _, part := range partitions(n.In.Rows(db), n.Partition) {
		rows := order(part.rows, n.By)
		for i, r := range rows {
			row := slices.Clone(r)
			for _, c := range n.Calls {
				row = append(row, c.value(rows, n.By, i))
			}
			out = append(out, row)
		}
	}
	return out
}

func (c OverCall) value(rows []Row, by []Order, i int) Value {
	frame := c.Frame.rows(rows, by, i)
	at := func(k int) Value {
		if k < 0 || k >= len(frame) {
			return Value{}
		}
		return c.Arg(frame[k])
	}
	beside := func(k int) Value {
		switch {
		case k >= 0 && k < len(rows):
			return c.Arg(rows[k])
		case c.Default != nil:
			return c.Default(rows[i])
		}
		return Value{}
	}
	switch c.Function {
	case "row_number":
		return IntOf(int64(i + 1))
	case "rank":
		return IntOf(int64(1 + slices.IndexFunc(rows, func(r Row) bool { return compareRows(r, rows[i], by) == 0 })))
	case "dense_rank":
		return IntOf(int64(group(rows, by, i)))
	case "ntile":
		for b, end := 1, 0; ; b++ {
			if end += len(rows) / c.N; b <= len(rows)%c.N {
				end++
			}
			if i < end {
				return IntOf(int64(b))
			}
		}
	case "lag":
		return beside(i - c.N)
	case "lead":
		return beside(i + c.N)
	case "first_value":
		return at(0)
	case "last_value":
		return at(len(frame) - 1)
	case "nth_value":
		return at(c.N - 1)
	}
	return c.Aggregate.over(frame)
}

// groups are the numbers, from 1, of the groups of ties that the rows belong to.
func groups(rows []Row, by []Order) []int {
	n, out := 1, make([]int, len(rows))
	for i := range rows {
		if i > 0 && compareRows(rows[i-1], rows[i], by) != 0 {
			n++
		}
		out[i] = n
	}
	return out
}

// group is the number of the group of ties that row i belongs to.
func group(rows []Row, by []Order, i int) int { return groups(rows[:i+1], by)[i] }

// rows are those of row i's frame: each is tried.
func (f Frame) rows(rows []Row, by []Order, i int) (in []Row) {
	var numbers []int
	if f.Mode == "GROUPS" {
		numbers = groups(rows, by)
	}
	for k, r := range rows {
		tie := compareRows(r, rows[i], by) == 0
		switch {
		case f.beyond(f.Start, rows, by, numbers, i, k) < 0, f.beyond(f.End, rows, by, numbers, i, k) > 0:
		case f.Exclude == "CURRENT ROW" && k == i, f.Exclude == "GROUP" && tie, f.Exclude == "TIES" && tie && k != i:
		default:
			in = append(in, r)
		}
	}
	return in
}

// beyond tells whether row k stands before a bound of row i (below 0), at it, or behind it. An
// unbounded start has all rows behind it, or at it.
func (f Frame) beyond(b Bound, rows []Row, by []Order, groups []int, i, k int) int {
	switch {
	case b.Far:
		return 0
	case f.Mode == "ROWS":
		return k - (i + b.By)
	case f.Mode == "GROUPS":
		return groups[k] - (groups[i] + b.By)
	case b.Edge == nil:
		return compareRows(rows[k], rows[i], by)
	}
	edge := by[0]
	edge.Expr = Col(0)
	return compareRows(Row{by[0].Expr(rows[k])}, Row{b.Edge(rows[i])}, []Order{edge})
}
