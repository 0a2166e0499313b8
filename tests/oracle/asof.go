package oracle

import "slices"

// AsOf gives each left row the nearest time of the right rows that meet it, as a last column.
// On sees the left row's columns, then the right's, as do Time and the comparison in it.
type AsOf struct {
	Left, Right Node
	On          Expr
	Time        Expr // of the right row
	Forward     bool // the nearest is the least; else the greatest
	Outer       bool // a left row that meets nothing comes with NULL
	// Width, above 0, is the right side's: its whole row comes instead of the time, of which each
	// key has only one.
	Width int
}

// Rows implements [Node].
func (n AsOf) Rows(db Database) (out []Row) {
	left, right := n.Left.Rows(db), n.Right.Rows(db)
	if len(left)*len(right) > MaxPairs {
		panic(ErrTooLarge)
	}
	for _, l := range left {
		best, found := Value{}, false
		row := make(Row, n.Width)
		for _, r := range right {
			pair := slices.Concat(l, r)
			if !n.On(pair).IsTrue() {
				continue
			}
			if t := n.Time(pair); !found || (Compare(t, best) < 0) == n.Forward && Compare(t, best) != 0 {
				best, found = t, true
				copy(row, r)
			}
		}
		if n.Width == 0 {
			row = Row{best}
		}
		if found || n.Outer {
			out = append(out, slices.Concat(l, row))
		}
	}
	return out
}
