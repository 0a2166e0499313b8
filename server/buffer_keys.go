package server

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
)

// keyText is a row's values in columns, in the form in which SQL equality is equality of
// bytes.
func keyText(b *col.Batch, cols []int, i int) string {
	var dst []byte
	for _, c := range cols {
		v := &b.Cols[c]
		dst = col.AppendOrderKey(dst, v, i, col.Order{})
	}
	return string(dst)
}

// keyTexts are those of all rows.
func keyTexts(b *col.Batch, cols []int) []string {
	out := make([]string, b.N)
	for i := range out {
		out[i] = keyText(b, cols, i)
	}
	return out
}

func hasNull(b *col.Batch, cols []int, i int) bool {
	for _, c := range cols {
		if b.Cols[c].Null(i) {
			return true
		}
	}
	return false
}

func duplicate(r *catalog.Relation, q *exec.Unique, rows *col.Batch, i int) error {
	names, values := keyOf(r, q, rows, i)
	e := pgerr.New(pgerr.UniqueViolation, "duplicate key value violates unique constraint %q", q.Name)
	e.Table, e.Constraint = r.Name, q.Name
	return e.WithDetail("Key (%s)=(%s) already exists.", names, values)
}

// keyOf is the columns of a unique set and a row's values in them, as errors show them.
func keyOf(r *catalog.Relation, q *exec.Unique, rows *col.Batch, i int) (names, values []byte) {
	for k, c := range q.Cols {
		if k > 0 {
			names, values = append(names, ", "...), append(values, ", "...)
		}
		names = pgtext.AppendIdent(names, []byte(r.Columns[c].Name))
		if rows.Cols[c].Null(i) {
			values = append(values, "null"...)
		} else {
			values = typeio.AppendText(values, &rows.Cols[c], i, nil)
		}
	}
	return names, values
}
