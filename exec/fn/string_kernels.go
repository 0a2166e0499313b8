package fn

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

// overlaid replaces a part of a string, by what appends it.
func overlaid(replace func(dst, s, with []byte, from, n int) ([]byte, error)) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		s, with, from, count := reader[bs](a[0], n), reader[bs](a[1], n), reader[int32](a[2], n), reader[int32](a[3], n)
		span(sel, n, func(i int) {
			b, err := replace(c.buf[:0], s(i), with(i), int(from(i)), int(count(i)))
			c.bytesOut(out, i, b, err)
		})
	}
}

// quoteAny quotes the text of any value.
func quoteAny(nullable bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		m := mask(a[0], n)
		var text bs
		span(sel, n, func(i int) {
			if nullable && a[0].Null(i&m) {
				out.SetBytes(i, bs("NULL"))
				return
			}
			text = appendCast(c, text[:0], a[0], i&m)
			c.bytesOut(out, i, pgtext.AppendLiteral(c.buf[:0], text), nil)
		})
	}
}

var (
	_ = scalar("||(text, text) text", "Joins two strings.", concatenate, Scans)
	_ = scalar("||(bytea, bytea) bytea", "Joins two strings of bytes.", concatenate, Scans)
	_ = scalar("||(text, anynonarray) text", "Joins a string and a value's text.", joinText, IsStable, Scans)
	_ = scalar("||(anynonarray, text) text", "Joins a value's text and a string.", joinText, IsStable, Scans)
	_ = scalar("concat(variadic any) text", "Joins the texts of all arguments that are not NULL.", concat, NonStrict, IsStable, Scans)
	_ = scalar("concat_ws(text, variadic any) text", "Joins the texts of all arguments that are not NULL by the first.", concatWith, NonStrict, IsStable, Scans)
	_ = scalar("format(text) text", "Writes a pattern without values: %% is %.", format, NonStrict, Fallible, Weighs(formatted))
	_ = scalar("format(text, variadic any) text", "Puts values' texts into a pattern of %s, %I and %L.", format, NonStrict, Fallible, Weighs(formatted), IsStable, SpreadsNull)
)

// concatenate joins bytes straight into the result, without a scratch.
func concatenate(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	mx, my := mask(a[0], n), mask(a[1], n)
	span(sel, n, func(i int) {
		x, y := a[0].Bytes(i&mx), a[1].Bytes(i&my)
		size := len(x) + len(y)
		if size <= col.InlineLen {
			var short [col.InlineLen]byte
			copy(short[copy(short[:], x):], y)
			out.Str[i] = col.ShortStr(short[:size])
			return
		}
		c.spend(size)
		dst, view := out.Reserve(size)
		long.Copy(dst, x)
		long.Copy(dst[len(x):], y)
		view.Lo = col.LongStr(dst, 0, 0).Lo
		out.Str[i] = view
	})
}

func joinText(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	mx, my := mask(a[0], n), mask(a[1], n)
	span(sel, n, func(i int) {
		b := appendCast(c, c.buf[:0], a[0], i&mx)
		c.bytesOut(out, i, appendCast(c, b, a[1], i&my), nil)
	})
}

func concat(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	span(sel, n, func(i int) {
		b := c.buf[:0]
		for _, v := range a {
			if at := i & mask(v, n); !v.Null(at) {
				b = typeio.AppendText(b, v, at, c.Settings)
			}
		}
		c.bytesOut(out, i, b, nil)
	})
}

func concatWith(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	by, m := a[0], mask(a[0], n)
	span(sel, n, func(i int) {
		if by.Null(i & m) {
			c.SetNull(out, i)
			return
		}
		b, first := c.buf[:0], true
		for _, v := range a[1:] {
			at := i & mask(v, n)
			if v.Null(at) {
				continue
			}
			if !first {
				b = long.Append(b, by.Bytes(i&m))
			}
			b, first = typeio.AppendText(b, v, at, c.Settings), false
		}
		c.bytesOut(out, i, b, nil)
	})
}

// formatted is the Weight of a pattern: its widest place, and all places with the longest argument.
func formatted(a []*col.Vector, i, n int) int {
	longest := 0
	for _, v := range a[1:] {
		longest = max(longest, bytesIn(v, i, n))
	}
	places := 0
	if longest > 0 && !a[0].Null(i&mask(a[0], n)) {
		places = bytes.Count(a[0].Bytes(i&mask(a[0], n)), percent)
	}
	return widest(a, i, n) + min(places*longest, pgtext.MaxTextBytes)
}

var percent = bs("%")

// widest is the greatest number in a pattern, which may be a width, and with a width among the
// arguments what a text may have at most.
func widest(a []*col.Vector, i, n int) (most int) {
	if i &= mask(a[0], n); a[0].Null(i) {
		return 0
	}
	pattern := a[0].Bytes(i)
	if bytes.IndexByte(pattern, '*') >= 0 {
		return pgtext.MaxTextBytes
	}
	number := 0
	for _, ch := range pattern {
		if ch < '0' || ch > '9' {
			number = 0
			continue
		}
		number = min(number*10+int(ch-'0'), pgtext.MaxTextBytes)
		most = max(most, number)
	}
	return most
}

func format(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	m := mask(a[0], n)
	args := make([][]byte, len(a)-1)
	span(sel, n, func(i int) {
		if a[0].Null(i & m) {
			c.SetNull(out, i)
			return
		}
		for k, v := range a[1:] {
			args[k] = nil
			if at := i & mask(v, n); !v.Null(at) {
				args[k] = typeio.AppendText([]byte{}, v, at, c.Settings)
			}
		}
		b, err := pgtext.AppendFormat(c.buf[:0], a[0].Bytes(i&m), args)
		c.bytesOut(out, i, b, err)
	})
}

func onlyUTF8(encoding bs) error {
	switch string(pgtext.AppendLower(nil, encoding)) {
	case "utf8", "utf-8", "unicode":
		return nil
	}
	return pgerr.Unsupported("the encoding %s", encoding)
}
