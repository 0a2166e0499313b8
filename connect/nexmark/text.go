package nexmark

import (
	"io"

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
