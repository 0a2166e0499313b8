package server

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/storage/table"
)

// bounds turns a scan's conditions into what lets whole segments be passed over.
func (s *Session) bounds(n *planner.Scan, c *fn.Ctx) table.Access {
	var a table.Access
	one := &col.Batch{N: 1}
	for _, b := range n.Access.Bounds {
		v := b.Value.Eval(c, one, nil)
		if len(c.Marks()) > 0 {
			c.ClearMarks()
			continue
		}
		if v.N == 0 || v.Null(0) || !sameKind(v.Type, n, b.Column) {
			continue
		}
		key := col.AppendOrderKey(nil, v, 0, col.Order{})
		r := table.Range{Col: b.Column}
		switch b.Op {
		case "=":
			r.Min, r.Max = key, key
		case "<", "<=":
			r.Max = key
		case ">", ">=":
			r.Min = key
		default:
			continue
		}
		a.Ranges = append(a.Ranges, r)
	}
	return a
}

// sameKind reports whether a bound's order key means the same as the column's.
func sameKind(t col.Type, n *planner.Scan, column int) bool {
	for _, c := range n.Columns {
		if c.Position == column {
			return c.Type.Is(t) && c.Type.Kind() == t.Kind()
		}
	}
	return false
}
