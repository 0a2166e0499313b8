package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// unnest of an array of rows, in FROM: the planner calls it where it knows the fields, or the query defines them.
var _ = setofColumns("unnest_rows(anyarray) record", "The fields of the rows of an array.", queuedRecords(unnestRows), Fallible, Inner)

// What a function in FROM is that returns a row whose columns the query defines.
var _ = setofColumns("row_columns(record) record", "The fields of a row.", queuedRecords(rowColumns), NonStrict, Fallible, Inner)

func rowColumns(_ *Ctx, args []*col.Vector, i int, out *queue) error {
	return out.row(args[0], lane(args[0], i))
}

func unnestRows(_ *Ctx, args []*col.Vector, i int, out *queue) error {
	a, rows := col.ArrayOf(args[0].Bytes(lane(args[0], i)), col.Record), col.NewVector(col.Record)
	a.AppendTo(rows, 0, a.N)
	for k := range rows.N {
		if err := out.row(rows, k); err != nil {
			return err
		}
	}
	return nil
}

// row appends the fields of row i, which are NULL where it is.
func (q *queue) row(rows *col.Vector, i int) error {
	q.n++
	if !rows.Null(i) {
		return q.fields(rows.Bytes(i))
	}
	for _, v := range q.cols {
		v.AppendNull()
	}
	return nil
}

// fields appends those of a row, which must be of the columns' types.
func (q *queue) fields(row []byte) (err error) {
	n := 0
	col.RecordFields(row, func(_ []byte, v *col.Vector) bool {
		switch n++; {
		case n > len(q.cols):
		case !stands(v.Type, q.cols[n-1].Type):
			err = errOtherRow("Returned type %s at ordinal position %d, but query expects %s.", v.Type, n, q.cols[n-1].Type)
		case v.Null(0):
			q.cols[n-1].AppendNull()
		default:
			q.cols[n-1].AppendFrom(v, 0)
		}
		return err == nil
	})
	if err == nil && n != len(q.cols) {
		err = errOtherRow("Returned row contains %d attribute%s, but query expects %d.", n, plural(n), len(q.cols))
	}
	return err
}

// stands reports whether a field may be a column of a type as it is.
func stands(field, column col.Type) bool {
	text := func(t col.Type) bool { return t.Is(col.Text) || t.Is(col.Varchar) }
	return field.Is(column) || text(field) && text(column)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func errOtherRow(detail string, args ...any) error {
	return pgerr.New(pgerr.DatatypeMismatch, "function return row and query-specified return row do not match").WithDetail(detail, args...)
}
