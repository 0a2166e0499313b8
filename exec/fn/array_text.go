package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

// Between arrays and texts.
var (
	_ = scalar("string_to_array(text, text) _text", "The fields of a string.", splitArray, NonStrict, Scans)
	_ = scalar("string_to_array(text, text, text) _text", "The fields of a string, with NULL for those that equal the last argument.", splitArray, NonStrict, Scans)
	_ = scalar("array_to_string(anyarray, text) text", "The elements joined by a string; NULLs are left out.", joinArray, Fallible, IsStable, Weighs(inserted(0, 1)))
	_ = scalar("array_to_string(anyarray, text, text) text", "The elements joined by a string, with another in place of NULLs.", joinArray, NonStrict, Fallible, IsStable, Weighs(both(inserted(0, 1), inserted(0, 2))))
	_ = scalar("array_to_json(anyarray, pretty bool = false) json", "The array as JSON.", arrayToJSON, IsStable, Scans)
)

func splitArray(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	arg := func(k, i int) bs {
		if k >= len(a) || a[k].Null(i&mask(a[k], n)) {
			return nil
		}
		return long.Append(bs{}, a[k].Bytes(i&mask(a[k], n)))
	}
	span(sel, n, func(i int) {
		s := arg(0, i)
		if s == nil {
			c.SetNull(out, i)
			return
		}
		out.SetBytes(i, typeio.AppendTextArray(nil, pgtext.StringToArray(s, arg(1, i), arg(2, i))))
	})
}

func joinArray(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := a[0].Type.Element()
	elems, print := c.Vec(elem), typeio.Of(elem).AppendText
	mx, my := mask(a[0], n), mask(a[1], n)
	span(sel, n, func(i int) {
		if a[0].Null(i&mx) || a[1].Null(i&my) {
			c.SetNull(out, i)
			return
		}
		elems.Reset(elem)
		typeio.AppendElements(elems, a[0].Bytes(i&mx))
		by, dst, first := a[1].Bytes(i&my), c.buf[:0], true
		for k := 0; k < elems.N && len(dst) <= pgtext.MaxTextBytes; k++ {
			if elems.Null(k) && (len(a) < 3 || a[2].Null(i&mask(a[2], n))) {
				continue
			}
			if !first {
				dst = append(dst, by...)
			}
			if first = false; elems.Null(k) {
				dst = append(dst, a[2].Bytes(i&mask(a[2], n))...)
			} else {
				dst = print(dst, elems, k, c.Settings)
			}
		}
		c.bytesOut(out, i, dst, nil)
	})
}

// arrayToJSON begins a line for each member of the outermost dimension when it is pretty.
func arrayToJSON(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	elem, _ := a[0].Type.Element()
	span(sel, n, func(i int) {
		r := col.ArrayOf(a[0].Bytes(i&mask(a[0], n)), elem)
		elems := col.NewVector(elem)
		r.AppendTo(elems, 0, r.N)
		comma, at := ",", 0
		if a[1].Bool(i & mask(a[1], n)) {
			comma = ",\n "
		}
		c.bytesOut(out, i, appendJSONLevel(c, c.buf[:0], &r, elems, 0, &at, comma), nil)
	})
}
