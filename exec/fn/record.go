package fn

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// Rows as values.
var (
	_ = scalar("row_of(variadic any) record", "The row of some values.", rowOf, NonStrict, Inner, Scans)
	_ = scalar("row_of_nothing() record", "The row without a field.", rowOf, NonStrict, Inner, Scans)
	_ = scalar("named_row_of(_text, variadic any) record", "The row of some values, whose fields have names.", namedRowOf, NonStrict, Inner, Scans)
	_ = scalar("row_field(record, int4) any", "A field of a row.", rowField, Inner, Scans)
	_ = cast("record text", Assignment, "The row's text.", toText, IsStable, Scans)
	_ = cast("record varchar", Assignment, "The row's text.", toText, IsStable, Scans)
	_ = comparable("record", byOrder(order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
		mx, my := mask(x, n), mask(y, n)
		return func(i int) int { return col.CompareRecords(x.Bytes(i&mx), y.Bytes(i&my)) }
	}}), Equals, Scans)
)

func rowOf(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	makeRows(c, a, sel, n, out, func(int) []string { return nil })
}

// namedRowOf has the names as its first argument, which the planner makes a constant.
func namedRowOf(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	var names []string
	read, m := -1, mask(a[0], n)
	makeRows(c, a[1:], sel, n, out, func(i int) []string {
		if i &= m; i != read {
			names, read = fieldNames(a[0], i), i
		}
		return names
	})
}

func fieldNames(v *col.Vector, i int) (names []string) {
	given, texts := col.ArrayOf(v.Bytes(i), col.Text), col.NewVector(col.Text)
	given.AppendTo(texts, 0, given.N)
	for k := range given.N {
		names = append(names, texts.String(k))
	}
	return names
}

func makeRows(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector, names func(i int) []string) {
	a = slices.Clone(a)
	for k, v := range a {
		a[k] = v.ToDec()
	}
	span(sel, n, func(i int) {
		c.buf = col.AppendRecord(c.buf[:0], a, names(i), func(v *col.Vector) int { return i & mask(v, n) })
		out.SetBytes(i, c.buf)
	})
}

// rowField takes out a field, by its number from 0 on, which is of the result's type.
func rowField(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	m, at := mask(a[0], n), mask(a[1], n)
	got := c.Vec(col.Type{OID: out.Type.OID, Mod: -1})
	each(c, sel, n, out, got, func(i int) error {
		k := int(a[1].I32[i&at])
		col.RecordFields(a[0].Bytes(i&m), func(_ []byte, v *col.Vector) bool {
			if k--; k >= 0 {
				return true
			}
			if !v.Null(0) {
				got.AppendFrom(v, 0)
			}
			return false
		})
		return nil
	})
}
