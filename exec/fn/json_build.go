package fn

import (
	"bytes"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
)

var (
	_ = scalar("to_json(anyelement) json", "The value as JSON.", text1Any(func(c *Ctx, dst bs, v *col.Vector, i int) (bs, error) { return c.appendJSON(dst, v, i), nil }), IsStable, Scans)
	_ = scalar("to_jsonb(anyelement) jsonb", "The value as JSON.", text1Any(func(c *Ctx, dst bs, v *col.Vector, i int) (bs, error) {
		return jsonb.Parse(c.appendJSON(nil, v, i), dst)
	}), IsStable, Fallible, Scans)
	_ = scalar("row_to_json(record) json", "The row as a JSON object.", rowToJSON, IsStable, Scans)
	_ = scalar("row_to_json(record, bool) json", "The row as a JSON object, one field a line if wanted.", rowToJSON, IsStable, Scans)
	_ = scalar("json_build_array() json", "An empty array.", buildArray(false), NonStrict)
	_ = scalar("jsonb_build_array() jsonb", "An empty array.", buildArray(true), NonStrict, Fallible)
	_ = scalar("json_build_object() json", "An empty object.", buildObject(false), NonStrict, Fallible)
	_ = scalar("jsonb_build_object() jsonb", "An empty object.", buildObject(true), NonStrict, Fallible)
	_ = scalar("json_build_array(variadic any) json", "An array of the arguments.", buildArray(false), NonStrict, IsStable, Scans)
	_ = scalar("jsonb_build_array(variadic any) jsonb", "An array of the arguments.", buildArray(true), NonStrict, IsStable, Fallible, Scans)
	_ = scalar("json_build_object(variadic any) json", "An object of keys and values in turn.", buildObject(false), NonStrict, IsStable, Fallible, Scans)
	_ = scalar("jsonb_build_object(variadic any) jsonb", "An object of keys and values in turn.", buildObject(true), NonStrict, IsStable, Fallible, Scans)
)

func text1Any(f func(c *Ctx, dst bs, v *col.Vector, i int) (bs, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		m := mask(a[0], n)
		span(sel, n, func(i int) {
			b, err := f(c, c.buf[:0], a[0], i&m)
			c.bytesOut(out, i, b, err)
		})
	}
}

// appendJSON appends value i of v as JSON text.
func (c *Ctx) appendJSON(dst bs, v *col.Vector, i int) bs {
	if v.Null(i) {
		return append(dst, "null"...)
	}
	switch v.Type.OID {
	case col.OIDBool:
		return appendCast(c, dst, v, i)
	case col.OIDInt2, col.OIDInt4, col.OIDInt8, col.OIDFloat4, col.OIDFloat8, col.OIDNumeric:
		var text [64]byte
		return jsonb.AppendNumberOrString(dst, typeio.AppendText(text[:0], v, i, c.Settings))
	case col.OIDJSON:
		return long.Append(dst, v.Bytes(i))
	case col.OIDJSONB:
		return jsonb.AppendText(dst, v.Bytes(i))
	case col.OIDDate, col.OIDTimestamp, col.OIDTimestamptz:
		return append(appendXSD(append(dst, '"'), v, i, c.Settings), '"')
	}
	if v.Type.Is(col.Record) {
		return appendJSONRow(c, dst, v.Bytes(i), ",")
	}
	if elem, ok := v.Type.Element(); ok {
		a := col.ArrayOf(v.Bytes(i), elem)
		elems := col.NewVector(elem)
		a.AppendTo(elems, 0, a.N)
		at := 0
		return appendJSONLevel(c, dst, &a, elems, 0, &at, ",")
	}
	return jsonb.AppendQuoted(dst, appendText(c, nil, v, i))
}

// appendJSONRow appends a row as an object, with comma between its fields. Those without names are
// f1, f2, …
func appendJSONRow(c *Ctx, dst, row bs, comma string) bs {
	dst = append(dst, '{')
	k := 0
	col.RecordFields(row, func(name []byte, v *col.Vector) bool {
		if k++; k > 1 {
			dst = append(dst, comma...)
		}
		if name == nil {
			name = strconv.AppendInt(bs("f"), int64(k), 10)
		}
		dst = c.appendJSON(append(jsonb.AppendQuoted(dst, name), ':'), v, 0)
		return true
	})
	return append(dst, '}')
}

func rowToJSON(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	var text bs
	m := mask(a[0], n)
	span(sel, n, func(i int) {
		comma := ","
		if len(a) > 1 && a[1].Bool(i&mask(a[1], n)) {
			comma = ",\n "
		}
		text = appendJSONRow(c, text[:0], a[0].Bytes(i&m), comma)
		out.SetBytes(i, text)
	})
}

func appendText(c *Ctx, dst bs, v *col.Vector, i int) bs {
	return typeio.AppendText(dst, v, i, c.Settings)
}

// appendJSONLevel appends a dimension of an array, whose elements stand in elems from *at on.
// The outermost one puts comma between its members.
func appendJSONLevel(c *Ctx, dst bs, a *col.Array, elems *col.Vector, d int, at *int, comma string) bs {
	dst = append(dst, '[')
	if a.N > 0 {
		for k := range a.Len[d] {
			if k > 0 {
				dst = append(dst, comma...)
			}
			if d+1 < a.Dims {
				dst = appendJSONLevel(c, dst, a, elems, d+1, at, ",")
				continue
			}
			dst = c.appendJSON(dst, elems, *at)
			*at++
		}
	}
	return append(dst, ']')
}

// appendXSD appends a time in XML Schema's form: a T between date and time, minutes in the
// zone's offset.
func appendXSD(dst bs, v *col.Vector, i int, s *datetime.Settings) bs {
	iso := datetime.Settings{Zone: s.Zone}
	from := len(dst)
	dst = typeio.AppendText(dst, v, i, &iso)
	if v.Type.Is(col.Date) {
		return dst
	}
	text := dst[from:]
	at := bytes.IndexByte(text, ' ')
	if at < 0 {
		return dst
	}
	text[at] = 'T'
	if !v.Type.Is(col.Timestamptz) {
		return dst
	}
	era := bs(nil)
	if t, ok := bytes.CutSuffix(text, bs(" BC")); ok {
		text, era = t, bs(" BC")
	}
	if z := bytes.LastIndexAny(text, "+-"); len(text)-z == 3 {
		dst = append(append(dst[:from+len(text)], ":00"...), era...)
	}
	return dst
}

func buildArray(binary bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		var text bs
		span(sel, n, func(i int) {
			text = append(text[:0], '[')
			for k, v := range a {
				if k > 0 {
					text = append(text, ", "...)
				}
				text = c.appendJSON(text, v, i&mask(v, n))
			}
			c.jsonOut(out, i, append(text, ']'), binary)
		})
	}
}

// jsonOut sets lane i to JSON text, or to its binary form.
func (c *Ctx) jsonOut(out *col.Vector, i int, text bs, binary bool) {
	if !binary {
		out.SetBytes(i, text)
		return
	}
	b, err := jsonb.Parse(text, c.buf[:0])
	c.bytesOut(out, i, b, err)
}

func buildObject(binary bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		var text bs
		span(sel, n, func(i int) {
			var err error
			if text, err = c.appendObject(text[:0], a, n, i, binary); err != nil {
				c.Fail(out, i, err)
				return
			}
			c.jsonOut(out, i, text, binary)
		})
	}
}

func (c *Ctx) appendObject(dst bs, a []*col.Vector, n, i int, binary bool) (bs, error) {
	if len(a)%2 != 0 {
		name := "json_build_object()"
		if binary {
			name = "jsonb_build_object()"
		}
		return dst, pgerr.New(pgerr.InvalidParameterValue, "argument list must have even number of elements").
			WithHint("The arguments of %s must consist of alternating keys and values.", name)
	}
	dst = append(dst, '{')
	for k := 0; k < len(a); k += 2 {
		if k > 0 {
			dst = append(dst, ", "...)
		}
		key := i & mask(a[k], n)
		if a[k].Null(key) {
			if binary {
				return dst, pgerr.New(pgerr.InvalidParameterValue, "argument %d: key must not be null", k+1)
			}
			return dst, pgerr.New(pgerr.InvalidParameterValue, "argument %d cannot be null", k+1).WithHint("Object keys should be text.")
		}
		dst = jsonb.AppendQuoted(dst, appendCast(c, nil, a[k], key))
		dst = append(dst, " : "...)
		dst = c.appendJSON(dst, a[k+1], i&mask(a[k+1], n))
	}
	return append(dst, '}'), nil
}
