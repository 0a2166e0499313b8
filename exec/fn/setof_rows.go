package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// unnest of an array of rows, in FROM: the planner calls it where it knows the fields, or the query defines them.
var _ = setofColumns("unnest_rows(anyarray) record", "The fields of the rows of an array.", queuedRecords(unnestRows), Fallible, Inner)

func unnestRows(_ *Ctx, args []*col.Vector, i int, out *queue) error {
	a, rows := col.ArrayOf(args[0].Bytes(lane(args[0], i)), col.Record), col.NewVector(col.Record)
	a.AppendTo(rows, 0, a.N)
	for k := range rows.N {
		if rows.Null(k) {
			for _, v := range out.cols {
				v.AppendNull()
			}
		} else if err := out.fields(rows.Bytes(k)); err != nil {
			return err
		}
		out.n++
	}
	return nil
}

// fields appends those of a row, which must be of the columns' types.
func (q *queue) fields(row []byte) (err error) {
	n := 0
	col.RecordFields(row, func(_ []byte, v *col.Vector) bool {
		switch n++; {
		case n > len(q.cols):
		case v.Type.OID != q.cols[n-1].Type.OID:
			err = errOtherRow("Returned type %s at ordinal position %d, but query expects %s.", v.Type, n, q.cols[n-1].Type)
		case v.Null(0):
			q.cols[n-1].AppendNull()
		default:
			q.cols[n-1].AppendFrom(v, 0)
		}
		return err == nil
	})
	if err == nil && n != len(q.cols) {
		err = errOtherRow("Returned row contains %d attributes, but query expects %d.", n, len(q.cols))
	}
	return err
}

func errOtherRow(detail string, args ...any) error {
	return pgerr.New(pgerr.DatatypeMismatch, "function return row and query-specified return row do not match").WithDetail(detail, args...)
}
