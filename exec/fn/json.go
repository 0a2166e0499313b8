package fn

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/jsonb"
	"github.com/millracedb/millrace/base/pgerr"
)

// part hands on what a look-up found; what is not there is NULL.
func part(v jsonb.Value, ok bool) (jsonb.Value, error) {
	if !ok {
		return nil, errNull
	}
	return v, nil
}

// appendPart appends the text of what a look-up found, as ->> returns it.
func appendPart(dst bs, v jsonb.Value, ok bool) (bs, error) {
	if ok {
		dst, ok = jsonb.AppendAsText(dst, v)
	}
	if !ok {
		return dst, errNull
	}
	return dst, nil
}

// Looking into jsonb.
var (
	_ = scalar("->(jsonb, text) jsonb", "A field of an object.", row2e(func(v jsonb.Value, key bs) (jsonb.Value, error) { return part(v.Field(key)) }))
	_ = scalar("->(jsonb, int4) jsonb", "An element of an array, counted from 0, or from the end if negative.", row2e(func(v jsonb.Value, i int32) (jsonb.Value, error) { return part(v.Elem(int(i))) }))
	_ = scalar("->>(jsonb, text) text", "A field of an object, as text.", text2x(func(_ *Ctx, dst bs, v jsonb.Value, key bs) (bs, error) {
		f, ok := v.Field(key)
		return appendPart(dst, f, ok)
	}), Scans)
	_ = scalar("->>(jsonb, int4) text", "An element of an array, as text.", text2x(func(_ *Ctx, dst bs, v jsonb.Value, i int32) (bs, error) {
		e, ok := v.Elem(int(i))
		return appendPart(dst, e, ok)
	}), Scans)
	_ = scalar("#>(jsonb, _text) jsonb", "What stands at a path.", row2e(func(v jsonb.Value, p jsonb.Path) (jsonb.Value, error) { return part(v.At(p)) }))
	_ = scalar("#>>(jsonb, _text) text", "What stands at a path, as text.", text2x(func(_ *Ctx, dst bs, v jsonb.Value, p jsonb.Path) (bs, error) {
		x, ok := v.At(p)
		return appendPart(dst, x, ok)
	}), Scans)
	_ = scalar("@>(jsonb, jsonb) bool", "Tells whether the first value contains the second.", row2c(func(c *Ctx, v, w jsonb.Value) (bool, error) { return c.jsonContains(v, w) }), Scans)
	_ = scalar("<@(jsonb, jsonb) bool", "Tells whether the first value is contained in the second.", row2c(func(c *Ctx, v, w jsonb.Value) (bool, error) { return c.jsonContains(w, v) }), Scans)
	_ = scalar("?(jsonb, text) bool", "Tells whether a string is a key of the object or an element of the array.", row2(func(v jsonb.Value, key bs) bool { return v.Exists(key) }), Scans)
	_ = scalar("?|(jsonb, _text) bool", "Tells whether some of the strings is a key or an element.", row2(jsonb.Value.ExistsAny), Scans)
	_ = scalar("?&(jsonb, _text) bool", "Tells whether all of the strings are keys or elements.", row2(jsonb.Value.ExistsAll), Scans)
	_ = scalar("jsonb_typeof(jsonb) text", "The kind of a JSON value.", row1(func(v jsonb.Value) bs { return bs(v.Kind().String()) }))
	_ = scalar("jsonb_array_length(jsonb) int4", "The number of elements of an array.", row1e(func(v jsonb.Value) (int32, error) { n, err := jsonb.ArrayLength(v); return int32(n), err }), Fallible)
	_ = scalar("jsonb_extract_path(jsonb, variadic text) jsonb", "What stands at a path.", extractPath(false))
	_ = scalar("jsonb_extract_path_text(jsonb, variadic text) text", "What stands at a path, as text.", extractPath(true), Scans)
	_ = scalar("jsonb_pretty(jsonb) text", "The value as indented text.", text1(func(dst bs, v jsonb.Value) bs { return jsonb.AppendPretty(dst, v) }), Fallible, Weighs(prettyWeight))
)

// Changing jsonb.
var (
	_ = scalar("||(jsonb, jsonb) jsonb", "Merges objects or joins arrays.", text2x(func(_ *Ctx, dst bs, v, w jsonb.Value) (bs, error) { return jsonb.Concat(dst, v, w) }), Fallible, Scans)
	_ = scalar("-(jsonb, text) jsonb", "The object without a key, or the array without a string.", text2x(func(_ *Ctx, dst bs, v jsonb.Value, key bs) (bs, error) { return jsonb.DeleteKey(dst, v, key) }), Fallible, Scans)
	_ = scalar("-(jsonb, _text) jsonb", "The object without some keys, or the array without some strings.", text2x(func(_ *Ctx, dst bs, v jsonb.Value, keys jsonb.Path) (bs, error) {
		return jsonb.DeleteKeys(dst, v, keys)
	}), Fallible, Scans)
	_ = scalar("-(jsonb, int4) jsonb", "The array without an element.", text2x(func(_ *Ctx, dst bs, v jsonb.Value, i int32) (bs, error) { return jsonb.DeleteIndex(dst, v, int(i)) }), Fallible, Scans)
	_ = scalar("#-(jsonb, _text) jsonb", "The value without what stands at a path.", text2x(func(_ *Ctx, dst bs, v jsonb.Value, p jsonb.Path) (bs, error) { return jsonb.DeletePath(dst, v, p) }), Fallible, Scans)
	_ = scalar("jsonb_strip_nulls(jsonb) jsonb", "The value without the fields that are null.", text1x(func(_ *Ctx, dst bs, v jsonb.Value) (bs, error) { return jsonb.StripNulls(dst, v) }), Fallible, Scans)
	_ = scalar("jsonb_set(target jsonb, path _text, new_value jsonb, create_if_missing bool = true) jsonb", "The value with what stands at a path replaced.", setAt(func(dst bs, v jsonb.Value, p jsonb.Path, w jsonb.Value, create bool) (bs, error) {
		return jsonb.Set(dst, v, p, w, create)
	}), Fallible, Scans)
	_ = scalar("jsonb_insert(target jsonb, path _text, new_value jsonb, insert_after bool = false) jsonb", "The value with another inserted at a path.", setAt(func(dst bs, v jsonb.Value, p jsonb.Path, w jsonb.Value, after bool) (bs, error) {
		return jsonb.Insert(dst, v, p, w, after)
	}), Fallible, Scans)
	_ = scalar("jsonb_assign(target jsonb, element bool, path _text, new_value jsonb) jsonb", "The value with another at a path that is made as far as it is missing.", assignAt, NonStrict, Fallible, Inner, Scans)
	_ = scalar("jsonb_set_lax(target jsonb, path _text, new_value jsonb, create_if_missing bool = true, null_value_treatment text = use_json_null) jsonb", "The value with what stands at a path replaced, where the replacement may be NULL.", setLax, NonStrict, Fallible, Scans)
)

// Looking into json, which stays text.
var (
	_ = scalar("->(json, text) json", "A field of an object.", row2e(func(v, key bs) (bs, error) { return found(jsonb.TextField(v, key)) }), Fallible, Scans)
	_ = scalar("->(json, int4) json", "An element of an array, counted from 0, or from the end if negative.", row2e(func(v bs, i int32) (bs, error) { return found(jsonb.TextElem(v, int(i))) }), Fallible, Scans)
	_ = scalar("->>(json, text) text", "A field of an object, as text.", text2x(func(_ *Ctx, dst, v, key bs) (bs, error) {
		x, ok, err := jsonb.TextField(v, key)
		return appendTextPart(dst, x, ok, err)
	}), Fallible, Scans)
	_ = scalar("->>(json, int4) text", "An element of an array, as text.", text2x(func(_ *Ctx, dst, v bs, i int32) (bs, error) {
		x, ok, err := jsonb.TextElem(v, int(i))
		return appendTextPart(dst, x, ok, err)
	}), Fallible, Scans)
	_ = scalar("#>(json, _text) json", "What stands at a path.", row2c(func(c *Ctx, v bs, p jsonb.Path) (bs, error) { return found(c.jsonTextAt(v, p)) }), Fallible, Scans)
	_ = scalar("#>>(json, _text) text", "What stands at a path, as text.", text2x(func(c *Ctx, dst, v bs, p jsonb.Path) (bs, error) {
		x, ok, err := c.jsonTextAt(v, p)
		return appendTextPart(dst, x, ok, err)
	}), Fallible, Scans)
	_ = scalar("json_typeof(json) text", "The kind of a JSON value.", row1(func(v bs) bs { return bs(jsonb.TextKind(v).String()) }))
	_ = scalar("json_array_length(json) int4", "The number of elements of an array.", row1e(func(v bs) (int32, error) { n, err := jsonb.TextArrayLength(v); return int32(n), err }), Fallible, Scans)
	_ = scalar("json_strip_nulls(json) json", "The value without the fields that are null.", text1x(func(_ *Ctx, dst, v bs) (bs, error) { return jsonb.AppendTextStripNulls(dst, v) }), Fallible, Scans)
	_ = scalar("json_extract_path(json, variadic text) json", "What stands at a path.", extractTextPath(false), Fallible, Scans)
	_ = scalar("json_extract_path_text(json, variadic text) text", "What stands at a path, as text.", extractTextPath(true), Fallible, Scans)
)

// prettyWeight is the weight of values that are nested deeply, whose lines begin with many blanks.
func prettyWeight(a []*col.Vector, i, n int) int {
	if bytes := bytesIn(a[0], i, n); bytes >= 1<<12 {
		return 64 * bytes
	}
	return 0
}

// jsonContains and jsonTextAt end when the statement does.
func (c *Ctx) jsonContains(v, w jsonb.Value) (bool, error) {
	is := v.ContainsUntil(w, c.ended)
	if !is && c.ended() {
		return false, errCanceled()
	}
	return is, nil
}

func (c *Ctx) jsonTextAt(text bs, path jsonb.Path) (value bs, ok bool, err error) {
	value, ok, err = jsonb.TextAt(text, path, c.ended)
	if !ok && err == nil && c.ended() {
		err = errCanceled()
	}
	return value, ok, err
}

func appendTextPart(dst, x bs, ok bool, err error) (bs, error) {
	if err == nil && ok {
		var out bs
		if out, ok, err = jsonb.AppendTextAsText(dst, x); ok && err == nil {
			return out, nil
		}
	}
	return dst, nullOr(err)
}

// pathOf reads the variadic arguments of a row.
func pathOf(a []*col.Vector, n, i int, path jsonb.Path) jsonb.Path {
	path = path[:0]
	for _, v := range a {
		path = append(path, v.Bytes(i&mask(v, n)))
	}
	return path
}

func extractPath(text bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		v := reader[jsonb.Value](a[0], n)
		var path jsonb.Path
		span(sel, n, func(i int) {
			path = pathOf(a[1:], n, i, path)
			x, ok := v(i).At(path)
			if text {
				b, err := appendPart(c.buf[:0], x, ok)
				c.bytesOut(out, i, b, err)
				return
			}
			if x, err := part(x, ok); c.put(out, i, err) {
				out.SetBytes(i, x)
			}
		})
	}
}

func extractTextPath(text bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		v := reader[bs](a[0], n)
		var path jsonb.Path
		span(sel, n, func(i int) {
			path = pathOf(a[1:], n, i, path)
			x, ok, err := c.jsonTextAt(v(i), path)
			if text {
				b, err := appendTextPart(c.buf[:0], x, ok, err)
				c.bytesOut(out, i, b, err)
				return
			}
			if x, err := found(x, ok, err); c.put(out, i, err) {
				out.SetBytes(i, x)
			}
		})
	}
}

func setAt(f func(dst bs, v jsonb.Value, p jsonb.Path, w jsonb.Value, flag bool) (bs, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		v, p, w, flag := reader[jsonb.Value](a[0], n), reader[jsonb.Path](a[1], n), reader[jsonb.Value](a[2], n), reader[bool](a[3], n)
		span(sel, n, func(i int) {
			b, err := f(c.buf[:0], v(i), p(i), w(i), flag(i))
			c.bytesOut(out, i, b, err)
		})
	}
}

// assignAt begins with an array where there is nothing yet and the first step is an element.
func assignAt(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	v, element, p, w := reader[jsonb.Value](a[0], n), reader[bool](a[1], n), reader[jsonb.Path](a[2], n), reader[jsonb.Value](a[3], n)
	null := func(k, i int) bool { return a[k].Null(i & mask(a[k], n)) }
	span(sel, n, func(i int) {
		if null(1, i) || null(2, i) {
			c.SetNull(out, i)
			return
		}
		path := p(i)
		if slices.ContainsFunc(path, func(step []byte) bool { return step == nil }) {
			c.put(out, i, pgerr.New(pgerr.NullValueNotAllowed, "jsonb subscript in assignment must not be null"))
			return
		}
		var from jsonb.Value
		if !null(0, i) {
			from = v(i)
		}
		with := jsonb.NullValue
		if !null(3, i) {
			with = w(i)
		}
		b, err := jsonb.Assign(c.buf[:0], from, element(i), path, with)
		c.bytesOut(out, i, b, err)
	})
}

func setLax(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	v, p, w := reader[jsonb.Value](a[0], n), reader[jsonb.Path](a[1], n), reader[jsonb.Value](a[2], n)
	create, treatment := reader[bool](a[3], n), reader[bs](a[4], n)
	null := func(k, i int) bool { return a[k].Null(i & mask(a[k], n)) }
	span(sel, n, func(i int) {
		if null(0, i) || null(1, i) || null(3, i) {
			c.SetNull(out, i)
			return
		}
		var with jsonb.Value
		if !null(2, i) {
			with = w(i)
		}
		how := ""
		if !null(4, i) {
			how = string(treatment(i))
		}
		b, err := jsonb.SetLax(c.buf[:0], v(i), p(i), with, create(i), how)
		if err == nil && b == nil {
			err = errNull
		}
		c.bytesOut(out, i, b, err)
	})
}
