package fn

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

var (
	_ = scalar("random() float8", "A random number from 0 on, below 1.", row0(func(*Ctx) float64 { return rand.Float64() }), IsVolatile)
	_ = scalar("gen_random_uuid() uuid", "A random UUID of version 4.", row0(randomUUID), IsVolatile)
	_ = scalar("pg_typeof(any) regtype", "The type of a value.", func(_ *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		fill(out.I32[:n], int32(a[0].Type.OID))
	}, NonStrict)
	_ = scalar("num_nulls(variadic any) int4", "The number of arguments that are NULL.", countNulls(true), NonStrict)
	_ = scalar("num_nonnulls(variadic any) int4", "The number of arguments that are not NULL.", countNulls(false), NonStrict)
)

func randomUUID(*Ctx) uuid {
	var b [16]byte
	crand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return uuid{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])}
}

func countNulls(null bool) Kernel {
	return func(_ *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		span(sel, n, func(i int) {
			k := int32(0)
			for _, v := range a {
				if v.Null(i&mask(v, n)) == null {
					k++
				}
			}
			out.I32[i] = k
		})
	}
}

// Arrays of text.
var (
	_ = comparable("_text", byOrder(arrayOrder))
	_ = scalar("string_to_array(text, text) _text", "The fields of a string.", splitArray, NonStrict)
	_ = scalar("string_to_array(text, text, text) _text", "The fields of a string, with NULL for those that equal the last argument.", splitArray, NonStrict)
	_ = scalar("array_to_string(_text, text) text", "The elements joined by a string; NULLs are left out.", text2x(func(_ *Ctx, dst, a, by bs) (bs, error) { return joinArray(dst, a, by, nil), nil }))
	_ = scalar("array_to_string(_text, text, text) text", "The elements joined by a string, with another in place of NULLs.", joinArrayNulls, NonStrict)
	_ = scalar("array_length(_text, int4) int4", "The number of elements along a dimension.", row2e(func(a bs, dim int32) (int32, error) {
		if n := typeio.TextArray(a).Len(); dim == 1 && n > 0 {
			return int32(n), nil
		}
		return 0, errNull
	}))
	_ = scalar("cardinality(_text) int4", "The number of elements.", row1(func(a bs) int32 { return int32(typeio.TextArray(a).Len()) }))
	_ = scalar("array_position(_text, text) int4", "The place of a string in an array, counted from 1.", row2e(func(a, s bs) (int32, error) {
		for i, e := range typeio.TextArray(a).Elems() {
			if e != nil && string(e) == string(s) {
				return int32(i + 1), nil
			}
		}
		return 0, errNull
	}))
	_ = scalar("array_append(_text, text) _text", "The array with one more element.", arrayAppend, NonStrict)
)

var arrayOrder = order{cmp: func(_ *Ctx, x, y *col.Vector, n int) func(int) int {
	mx, my := mask(x, n), mask(y, n)
	return func(i int) int { return compareArrays(x.Bytes(i&mx), y.Bytes(i&my)) }
}}

// compareArrays goes element by element; NULLs sort last and are equal to each other.
func compareArrays(a, b typeio.TextArray) int {
	for i := range min(a.Len(), b.Len()) {
		x, xn := a.Elem(i)
		y, yn := b.Elem(i)
		switch {
		case xn != yn:
			return b2i(xn) - b2i(yn)
		case string(x) < string(y):
			return -1
		case string(x) > string(y):
			return 1
		}
	}
	return a.Len() - b.Len()
}

func splitArray(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	arg := func(k, i int) bs {
		if k >= len(a) || a[k].Null(i&mask(a[k], n)) {
			return nil
		}
		return append(bs{}, a[k].Bytes(i&mask(a[k], n))...)
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

func joinArray(dst bs, a typeio.TextArray, by, null bs) bs {
	first := true
	for _, e := range a.Elems() {
		if e == nil {
			if e = null; e == nil {
				continue
			}
		}
		if !first {
			dst = append(dst, by...)
		}
		dst, first = append(dst, e...), false
	}
	return dst
}

func joinArrayNulls(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	span(sel, n, func(i int) {
		x, y, z := i&mask(a[0], n), i&mask(a[1], n), i&mask(a[2], n)
		if a[0].Null(x) || a[1].Null(y) {
			c.SetNull(out, i)
			return
		}
		var null bs
		if !a[2].Null(z) {
			null = append(bs{}, a[2].Bytes(z)...)
		}
		c.bytesOut(out, i, joinArray(c.buf[:0], a[0].Bytes(x), a[1].Bytes(y), null), nil)
	})
}

func arrayAppend(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	span(sel, n, func(i int) {
		x, y := i&mask(a[0], n), i&mask(a[1], n)
		var elems [][]byte
		if !a[0].Null(x) {
			elems = typeio.TextArray(a[0].Bytes(x)).Elems()
		}
		var e bs
		if !a[1].Null(y) {
			e = append(bs{}, a[1].Bytes(y)...)
		}
		out.SetBytes(i, typeio.AppendTextArray(nil, append(elems, e)))
	})
}
