package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/millracedb/millrace/base/pgtext"
)

// textFormat reads COPY's text format. A backslash hides the next byte from the search for
// delimiters and line ends; what it means is worked out when the field is read.
type textFormat struct {
	lineFormat
	numeric bool // the row in progress has octal or hexadecimal escapes
}

func newTextFormat(o *CopyOptions) *textFormat { return &textFormat{lineFormat: newLineFormat(o)} }

func (f *textFormat) restart() { f.high, f.mark, f.numeric = 0, 0, false }

func (f *textFormat) scan(d *decoder) {
	const backslashes = ones * '\\'
	buf, end := d.arena[:cap(d.arena)], len(d.arena)
	skip, high := 0, f.high
	for i := d.at; i < end; i += 8 {
		w := binary.LittleEndian.Uint64(buf[i:])
		m := controls(w) | zeroBytes(w^backslashes)
		if f.wide {
			m |= zeroBytes(w ^ f.pattern)
		}
		high |= w
		for ; m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros64(m)>>3
			if j >= end {
				break
			}
			if j < skip {
				if buf[j] == 0 {
					high |= highs
				}
				continue
			}
			c := buf[j]
			if c == f.delimiter {
				f.endField(d, j)
				continue
			}
			switch c {
			case '\n', '\r':
				next, v := f.lineEnd(d, j)
				if v == ended {
					f.high = high
					f.endLine(d, j, next)
					if d.failure == nil && len(d.starts) < pendingRows {
						high, skip = w, next
						continue
					}
				} else {
					f.high = high
				}
				d.at = max(j, next)
				return
			case '\\':
				if v := f.escape(d, j); v != goOn {
					f.high, d.at = high, j
					if v == ended && j > d.row {
						f.endLine(d, j, j)
					}
					return
				}
				f.mark, skip = mark, j+2
			case 0:
				high |= highs
			}
		}
	}
	f.high, d.at = high, end
}

// escape looks at the backslash at j and what follows it.
func (f *textFormat) escape(d *decoder, j int) verdict {
	if j+1 >= len(d.arena) {
		if d.final {
			return goOn
		}
		return wait
	}
	switch c := d.arena[j+1]; {
	case c == '.':
		return f.endMarker(d, j)
	case c == 'x' || c >= '0' && c <= '7':
		f.numeric = true
	}
	return goOn
}

// endLine ends the row in progress. Escapes that name bytes must make UTF-8.
func (f *textFormat) endLine(d *decoder, end, next int) {
	if f.numeric {
		f.numeric = false
		start := uint32(d.row)
		for _, e := range append(d.ends[len(d.starts)*len(d.columns):], uint32(end)) {
			text := bytes.Clone(d.arena[start : e&endMask])
			if err := checkText(unescape(text)); err != nil {
				d.fail(0, inLine(err, d.lineContext(end)))
				return
			}
			start = e&endMask + 1
		}
	}
	f.endRow(d, end, next)
}

func (f *textFormat) finish(d *decoder) {
	f.endLine(d, len(d.arena), len(d.arena))
	d.at = len(d.arena)
}

func (f *textFormat) value(_ *decoder, _ int, raw []byte, marked bool) (b []byte, null bool) {
	switch {
	case len(raw) == len(f.null) && string(raw) == string(f.null):
		return nil, true
	case marked:
		return unescape(raw), false
	}
	return raw, false
}

// unescape replaces the escapes of a field in place. Source: PostgreSQL's
// CopyReadAttributesText.
func unescape(b []byte) []byte {
	n := 0
	for i := 0; i < len(b); {
		c := b[i]
		i++
		if c == '\\' {
			if i >= len(b) {
				break
			}
			c, i = escaped(b, i)
		}
		b[n] = c
		n++
	}
	return b[:n]
}

// escaped reads the escape whose backslash stands before b[i].
func escaped(b []byte, i int) (c byte, next int) {
	c = b[i]
	i++
	switch c {
	case 'b':
		return '\b', i
	case 'f':
		return '\f', i
	case 'n':
		return '\n', i
	case 'r':
		return '\r', i
	case 't':
		return '\t', i
	case 'v':
		return '\v', i
	case 'x':
		if i < len(b) && pgtext.HexValue(b[i]) >= 0 {
			x := pgtext.HexValue(b[i])
			i++
			if i < len(b) && pgtext.HexValue(b[i]) >= 0 {
				x = x<<4 | pgtext.HexValue(b[i])
				i++
			}
			return byte(x), i
		}
	}
	if c >= '0' && c <= '7' {
		x := int(c - '0')
		for k := 0; k < 2 && i < len(b) && b[i] >= '0' && b[i] <= '7'; k++ {
			x = x<<3 | int(b[i]-'0')
			i++
		}
		return byte(x), i
	}
	return c, i
}
