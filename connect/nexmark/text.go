package nexmark

import (
	"io"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/typeio"
)

// WriteCopy writes the rows of a kind among the n events from the given number on, in the
// text format of COPY with its default options: to load any PostgreSQL. No value needs an
// escape.
func (g *Generator) WriteCopy(w io.Writer, k Kind, from, n int64) error {
	const step = 16384
	ev := NewEvents()
	var out []byte
	for n > 0 {
		m := min(n, step)
		g.Fill(ev, from, m)
		out = out[:0]
		for i := range ev.Of(k).N {
			out = append(appendFields(out, ev.Of(k), i, '\t'), '\n')
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
		from, n = from+m, n-m
	}
	return nil
}

// appendFields appends the values of row i with a separator between them.
func appendFields(dst []byte, b *col.Batch, i int, separator byte) []byte {
	for c := range b.Cols {
		if c > 0 {
			dst = append(dst, separator)
		}
		dst = typeio.AppendText(dst, &b.Cols[c], i, &datetime.Settings{})
	}
	return dst
}

// WriteLines writes the n events from the given number on in order of emission, a line each:
// the number of its kind and then its fields, all separated by the byte 0x1f, times with three
// digits of fraction. The specification's anchors are taken of these bytes.
func (g *Generator) WriteLines(w io.Writer, from, n int64) error {
	const step = 16384
	ev := NewEvents()
	var out []byte
	for end := from + n; from < end; from += step {
		m := min(step, end-from)
		g.Fill(ev, from, m)
		var next [3]int
		out = out[:0]
		for k := from; k < from+m; k++ {
			kind := g.Kind(k)
			out = appendLine(append(out, '0'+byte(kind)), ev.Of(kind), next[kind])
			next[kind]++
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// appendLine appends the fields of row i, a separator before each.
func appendLine(dst []byte, b *col.Batch, i int) []byte {
	for c := range b.Cols {
		v := &b.Cols[c]
		dst = append(dst, 0x1f)
		switch v.Type.OID {
		case col.OIDInt8:
			dst = strconv.AppendInt(dst, v.I64[i], 10)
		case col.OIDTimestamp:
			ms := int(v.I64[i] / 1000 % 1000)
			dst = datetime.AppendTimestamp(dst, v.I64[i]-int64(ms)*1000, &datetime.Settings{})
			dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
		default:
			dst = append(dst, v.Bytes(i)...)
		}
	}
	return append(dst, '\n')
}
