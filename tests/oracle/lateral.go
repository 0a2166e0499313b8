package oracle

import "slices"

// Lateral pairs each row with the rows of a relation that depends on it; Outer keeps rows
// without any, beside Width NULLs.
type Lateral struct {
	In    Node
	Of    func(outer Row) Node
	Outer bool
	Width int
}

// Rows implements [Node].
func (n Lateral) Rows(db Database) (out []Row) {
	for _, l := range n.In.Rows(db) {
		rows := n.Of(l).Rows(db)
		for _, r := range rows {
			out = append(out, slices.Concat(l, r))
		}
		if len(rows) == 0 && n.Outer {
			out = append(out, slices.Concat(l, make(Row, n.Width)))
		}
	}
	return out
}

// WithValue adds, as last column, a value made of each row and the rows of a relation that
// depends on it. A row whose value is in error is left out.
type WithValue struct {
	In    Node
	Of    func(outer Row) Node
	Value func(outer Row, rows []Row) Value
}

// Rows implements [Node].
func (n WithValue) Rows(db Database) (out []Row) {
	for _, l := range n.In.Rows(db) {
		if v := n.Value(l, n.Of(l).Rows(db)); v.K != Error {
			out = append(out, append(slices.Clone(l), v))
		}
	}
	return out
}

// Quantified is x op ANY, or with all op ALL, of first columns.
func Quantified(op string, all bool, x Value, rows []Row) Value {
	if x.K == Error {
		return x
	}
	unknown := false
	for _, r := range rows {
		v := Comparison(op, Const(x), Const(r[0]))(nil)
		switch {
		case v.K == Error || v.IsTrue() && !all || v.IsFalse() && all:
			return v
		case v.IsNull():
			unknown = true
		}
	}
	if unknown {
		return Value{}
	}
	return BoolOf(all)
}
