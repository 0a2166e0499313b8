package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/millracedb/millrace/base/pgerr"
)

// csvFormat reads COPY's csv format. Quotes switch the meaning of delimiters and line ends
// off and on, anywhere in a field; they are taken out when the field is read.
type csvFormat struct {
	lineFormat
	quote, escape    byte
	quotes, escapes  uint64 // eight of them
	notNull, nullify []bool
	quoted           bool // within quotes
	escaped          int  // behind an escape within quotes that takes effect on this position
}

func newCSVFormat(o *CopyOptions) *csvFormat {
	return &csvFormat{
		lineFormat: newLineFormat(o), quote: o.Quote, escape: o.Escape,
		quotes: ones * uint64(o.Quote), escapes: ones * uint64(o.Escape),
		notNull: o.ForceNotNull, nullify: o.ForceNull, escaped: -1,
	}
}

func (f *csvFormat) restart() { f.high, f.mark, f.quoted, f.escaped = 0, 0, false, -1 }

func (f *csvFormat) scan(d *decoder) {
	buf, end := d.arena[:cap(d.arena)], len(d.arena)
	if d.at == d.row && !f.lineStart(d) {
		return
	}
	high := f.high
	skip := d.at
	for i := d.at; i < end; i += 8 {
		w := binary.LittleEndian.Uint64(buf[i:])
		m := controls(w) | zeroBytes(w^f.quotes) | zeroBytes(w^f.pattern)
		if f.escape != f.quote {
			m |= zeroBytes(w ^ f.escapes)
		}
		high |= w
		for ; m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros64(m)>>3
			if j >= end {
				break
			}
			if j < skip {
				continue
			}
			c := buf[j]
			switch {
			case c == f.quote || c == f.escape:
				f.toggle(j, c)
			case f.quoted:
				if c == '\n' && f.ending == endNL || c == '\r' && f.ending != endNL {
					d.inner++
				}
				if c == 0 {
					high |= highs
				}
			case c == f.delimiter:
				f.endField(d, j)
			case c == '\n' || c == '\r':
				f.high = high
				next, v := f.lineEnd(d, j)
				if v == ended {
					f.endRow(d, j, next)
					if d.failure == nil && len(d.starts) < pendingRows {
						d.at = next
						if !f.lineStart(d) {
							return
						}
						high, skip = w, next
						continue
					}
				}
				d.at = max(j, next)
				return
			case c == 0:
				high |= highs
			}
		}
	}
	f.high, d.at = high, end
}

// toggle takes the quote or escape at j. Source: PostgreSQL's CopyReadLineText.
func (f *csvFormat) toggle(j int, c byte) {
	escaped := f.escaped == j
	if f.quoted && c == f.escape && f.escape != f.quote && !escaped {
		f.escaped = j + 1
	}
	if c == f.quote && !escaped {
		f.quoted = !f.quoted
		f.mark = mark
	}
}

// lineStart looks for the end-of-copy marker at the start of a line, which is at d.at; it
// reports whether to scan on.
func (f *csvFormat) lineStart(d *decoder) bool {
	j := d.at
	if f.quoted || j >= len(d.arena) || d.arena[j] != '\\' {
		return true
	}
	if j+1 >= len(d.arena) {
		return d.final
	}
	if d.arena[j+1] != '.' {
		return true
	}
	return f.endMarker(d, j) == goOn
}

func (f *csvFormat) finish(d *decoder) {
	end := len(d.arena)
	d.at = end
	if f.quoted {
		d.fail(0, inLine(pgerr.New(pgerr.BadCopyFileFormat, "unterminated CSV quoted field"), d.lineContext(end)))
		return
	}
	f.endRow(d, end, end)
}

func (f *csvFormat) value(_ *decoder, k int, raw []byte, marked bool) (b []byte, null bool) {
	switch {
	case !marked && bytes.Equal(raw, f.null):
		if k < len(f.notNull) && f.notNull[k] {
			return raw, false
		}
		return nil, true
	case marked:
		raw = f.unquote(raw)
	}
	if k < len(f.nullify) && f.nullify[k] && bytes.Equal(raw, f.null) {
		return nil, true
	}
	return raw, false
}

// unquote takes the quotes and escapes out of a field in place. Source: PostgreSQL's
// CopyReadAttributesCSV.
func (f *csvFormat) unquote(b []byte) []byte {
	n, quoted := 0, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case !quoted && c == f.quote:
			quoted = true
			continue
		case quoted && c == f.escape && i+1 < len(b) && (b[i+1] == f.escape || b[i+1] == f.quote):
			i++
			c = b[i]
		case quoted && c == f.quote:
			quoted = false
			continue
		}
		b[n] = c
		n++
	}
	return b[:n]
}
