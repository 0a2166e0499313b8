package agg

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// The hypothetical-set aggregates: what a window function would say of a row that the group
// does not have.
var (
	_ = hypothetic("rank", "int8", "The rank that the direct arguments would have, with gaps.", func(rows Rows, direct []*col.Vector, lane int, out *col.Vector) {
		before, _ := placeOf(rows, direct, lane)
		out.AppendI64(before + 1)
	})
	_ = hypothetic("dense_rank", "int8", "The rank that the direct arguments would have, without gaps.", func(rows Rows, direct []*col.Vector, lane int, out *col.Vector) {
		n := int64(0)
		if rows.Len() > 0 {
			n = rows.Different(direct, lane)
		}
		out.AppendI64(n + 1)
	})
	_ = hypothetic("percent_rank", "float8", "The relative rank that the direct arguments would have, from 0 to 1.", func(rows Rows, direct []*col.Vector, lane int, out *col.Vector) {
		before, _ := placeOf(rows, direct, lane)
		if n := rows.Len(); n > 0 {
			out.AppendF64(float64(before) / float64(n))
		} else {
			out.AppendF64(0)
		}
	})
	_ = hypothetic("cume_dist", "float8", "The part of the rows that do not come after the direct arguments, themselves among them.", func(rows Rows, direct []*col.Vector, lane int, out *col.Vector) {
		_, through := placeOf(rows, direct, lane)
		out.AppendF64(float64(through+1) / float64(rows.Len()+1))
	})
)

func hypothetic(name, ret, doc string, result func(rows Rows, direct []*col.Vector, lane int, out *col.Vector)) *Aggregate {
	return collecting(name+"(variadic any) "+ret, doc, Collecting{WithinGroup: true, Hypothetic: true,
		Make: func(_ *fn.Ctx, rows Rows, direct []*col.Vector, lane int, out *col.Vector) error {
			result(rows, direct, lane, out)
			return nil
		}})
}

func placeOf(rows Rows, direct []*col.Vector, lane int) (before, through int64) {
	if rows.Len() == 0 {
		return 0, 0
	}
	return rows.Place(direct, lane)
}
