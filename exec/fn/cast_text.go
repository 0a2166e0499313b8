package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

var (
	_ = relabel("unknown text", Implicit)
	_ = relabel("varchar text", Implicit)
	_ = relabel("text varchar", Implicit)
	_ = relabel("text bpchar", Implicit)
	_ = relabel("varchar bpchar", Implicit)
	_ = relabel("name text", Implicit)
	_ = relabel("name varchar", Assignment)
	_ = relabel("name bpchar", Assignment)
	_ = cast("bpchar text", Implicit, "The text without the blanks at its end.", row1(pgtext.TrimBpchar))
	_ = cast("bpchar varchar", Implicit, "The text without the blanks at its end.", row1(pgtext.TrimBpchar))
	_ = cast("text name", Implicit, "Cuts a name to 63 bytes.", row1(pgtext.TruncateName[[]byte]))
	_ = cast("varchar name", Implicit, "Cuts a name to 63 bytes.", row1(pgtext.TruncateName[[]byte]))
	_ = cast("bpchar name", Implicit, "Cuts a name to 63 bytes.", row1(func(s []byte) []byte { return pgtext.TruncateName(pgtext.TrimBpchar(s)) }))
	_ = cast("char text", Implicit, "The byte as text.", toText)
	_ = cast("char varchar", Assignment, "The byte as text.", toText)
	_ = cast("char bpchar", Assignment, "The byte as text.", toText)
	_ = cast("char name", Assignment, "The byte as text.", toText)
	_ = cast("text char", Assignment, "The first byte.", fromText)
	_ = cast("varchar char", Assignment, "The first byte.", fromText)
	_ = cast("bpchar char", Assignment, "The first byte.", fromText)
	_ = cast("name char", Assignment, "The first byte.", fromText)
	_ = cast("int4 char", Explicit, "The byte of a number.", row1e(func(x int32) (bs, error) {
		if x < -128 || x > 127 {
			return nil, pgerr.New(pgerr.NumericValueOutOfRange, "\"char\" out of range")
		}
		return bs{byte(x)}, nil
	}), Fallible)
	_ = cast("char int4", Explicit, "The byte's number.", row1(func(b []byte) int32 {
		if len(b) == 0 {
			return 0
		}
		return int32(int8(b[0]))
	}))
	_ = cast("json jsonb", Assignment, "Parses JSON.", fromText, Fallible, Scans)
	_ = cast("jsonb json", Assignment, "The JSON text.", toText, Scans)

	_ = length(
		scalar("varchar(varchar) varchar", "Cuts to the type's length.", varcharLength(true)),
		scalar("varchar_assign(varchar) varchar", "Refuses what is longer than the type's length.", varcharLength(false), Fallible))
	_ = length(
		scalar("bpchar(bpchar) bpchar", "Pads or cuts to the type's length.", bpcharLength(true), Fallible),
		scalar("bpchar_assign(bpchar) bpchar", "Pads to the type's length, and refuses what is longer.", bpcharLength(false), Fallible))
)

// immutableText are the types whose text depends on no setting, but for the digits of floats.
var immutableText = []string{"bool", "int2", "int4", "int8", "oid", "float4", "float8", "numeric", "uuid", "bytea", "json", "jsonb"}

// stableText are those whose text does.
var stableText = []string{"date", "time", "timestamp", "timestamptz", "interval"}

var _ = func() struct{} {
	for _, t := range immutableText {
		throughText(t)
	}
	for _, t := range stableText {
		throughText(t, IsStable)
	}
	return struct{}{}
}()

// throughText registers the casts of a type to and from text by its output and input
// functions.
func throughText(t string, opts ...Option) {
	for _, s := range []string{"text", "varchar", "bpchar", "name"} {
		to := toText
		if s == "name" {
			to = toName
		}
		of := append([]Option{Scans}, opts...)
		if t == "float4" || t == "float8" {
			of = append(of, Prints)
		}
		cast(t+" "+s, Assignment, "The value's text.", to, of...)
		from := append([]Option{Fallible, Scans}, opts...)
		cast(s+" "+t, Explicit, "Reads a value from text.", fromText, from...)
	}
}

// appendCast appends the text that a cast of value i to text gives.
func appendCast(c *Ctx, dst []byte, v *col.Vector, i int) []byte {
	switch v.Type.OID {
	case col.OIDBool:
		if v.Bool(i) {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case col.OIDBpchar:
		return long.Append(dst, pgtext.TrimBpchar(v.Bytes(i)))
	}
	return typeio.AppendText(dst, v, i, c.Settings)
}

func toText(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	m := mask(a[0], n)
	span(sel, n, func(i int) { c.bytesOut(out, i, appendCast(c, c.buf[:0], a[0], i&m), nil) })
}

func toName(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	m := mask(a[0], n)
	span(sel, n, func(i int) {
		b := typeio.AppendText(c.buf[:0], a[0], i&m, c.Settings)
		c.bytesOut(out, i, pgtext.TruncateName(b), nil)
	})
}

func fromText(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	m, tmp := mask(a[0], n), c.Vec(out.Type)
	parse := typeio.Of(out.Type).ParseText
	each(c, sel, n, out, tmp, func(i int) error {
		text := a[0].Bytes(i & m)
		if len(text) > longText {
			c.MayEnd()
		}
		return parse(tmp, text, c.Settings)
	})
}

// longText is the bytes of a text of which a value may take milliseconds to read, as a number's digits.
const longText = 1 << 13

func varcharLength(explicit bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		m, size := mask(a[0], n), out.Type.Length()
		span(sel, n, func(i int) {
			b := a[0].Bytes(i & m)
			var err error
			if size >= 0 && len(b) > size {
				b, err = pgtext.Varchar(b, size, explicit)
			}
			if c.put(out, i, err) {
				out.SetBytes(i, b)
			}
		})
	}
}

func bpcharLength(explicit bool) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		m, size := mask(a[0], n), out.Type.Length()
		span(sel, n, func(i int) {
			b, err := long.Append(c.buf[:0], a[0].Bytes(i&m)), error(nil)
			if size >= 0 {
				b, err = pgtext.AppendBpchar(c.buf[:0], a[0].Bytes(i&m), size, explicit)
			}
			c.bytesOut(out, i, b, err)
		})
	}
}
