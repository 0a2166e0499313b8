package exec

import (
	"math"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Reference is a foreign key: a row whose Cols hold no NULL needs a living row of Rel with
// the same values in Key.
type Reference struct {
	Name   string // of the constraint, for errors
	Index  string // of the own store that finds rows by Cols
	Cols   []int
	Rel    uint32 // the referenced relation, which may be the own one
	Key    []int  // its columns, as many as Cols
	Unique string // the Index of its unique set of just these columns, in any order
}

// Keys are the values of columns as columns of other types hold them, for look-ups on the
// other side of a foreign key: integers of one width in the other, NULL where that is not
// wide enough. Other types are alike on both sides.
func Keys(rows *col.Batch, cols []int, types []col.Type) []*col.Vector {
	out := make([]*col.Vector, len(cols))
	for i, c := range cols {
		out[i] = &rows.Cols[c]
		if t := types[i]; out[i].Kind != t.Kind() && (t.Kind() == col.KindI64 || t.Kind() == col.KindI32) {
			out[i] = integers(out[i], t)
		}
	}
	return out
}

func integers(v *col.Vector, t col.Type) *col.Vector {
	out := col.NewVector(t)
	for i := range v.N {
		switch {
		case v.Null(i):
			out.AppendNull()
		case t.Kind() == col.KindI64:
			out.AppendI64(int64(v.I32[i]))
		case v.I64[i] < math.MinInt32 || v.I64[i] > math.MaxInt32:
			out.AppendNull()
		default:
			out.AppendI32(int32(v.I64[i]))
		}
	}
	return out
}

// Inner brings vectors of the columns Key into the order of a unique set's columns.
func (f *Reference) Inner(keys []*col.Vector, set []int) []*col.Vector {
	out := make([]*col.Vector, len(set))
	for i, c := range set {
		out[i] = keys[slices.Index(f.Key, c)]
	}
	return out
}

// ErrMissing is the error for a row of a relation that refers to none.
func (f *Reference) ErrMissing(r *Relation, to string, rows *col.Batch, i int) error {
	e := pgerr.New(pgerr.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", r.Name, f.Name)
	e.Table, e.Constraint = r.Name, f.Name
	return e.WithDetail("Key (%s)=(%s) is not present in table %q.", namesOf(r, f.Cols), textOf(rows, f.Cols, i), to)
}

// ErrReferenced is the error for a row of the referenced relation that goes while a row of
// the relation from refers to it.
func (f *Reference) ErrReferenced(to *Relation, from string, rows *col.Batch, i int) error {
	e := pgerr.New(pgerr.ForeignKeyViolation, "update or delete on table %q violates foreign key constraint %q on table %q", to.Name, f.Name, from)
	e.Table, e.Constraint = from, f.Name
	return e.WithDetail("Key (%s)=(%s) is still referenced from table %q.", namesOf(to, f.Key), textOf(rows, f.Key, i), from)
}

// WithoutNulls is the rows that have a value in each of the columns.
func WithoutNulls(rows *col.Batch, cols []int) *col.Batch {
	rows = rows.Compact()
	part := *rows
	part.Sel = make([]uint32, 0, rows.N)
	for i := range rows.N {
		if !anyNull(rows, cols, i) {
			part.Sel = append(part.Sel, uint32(i))
		}
	}
	if len(part.Sel) == rows.N {
		return rows
	}
	return part.Compact()
}
