package wire

import (
	"bytes"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/long"
)

// CopyEncoder turns batches into the data of COPY TO, one CopyData message a row as
// PostgreSQL sends them.
type CopyEncoder struct {
	o       CopyOptions
	columns []appender
	started bool
	field   []byte // a csv value before it is quoted
}

// NewCopyEncoder makes the encoder of the options' format.
func NewCopyEncoder(o CopyOptions) (*CopyEncoder, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Settings == nil {
		o.Settings = &datetime.Settings{}
	}
	e := &CopyEncoder{o: o}
	format := int16(0)
	if o.Format == CopyBinary {
		format = 1
	}
	for _, c := range o.Columns {
		e.columns = append(e.columns, appenderOf(c.Type, format))
	}
	return e, nil
}

// CopyRows sends the rows of a batch, each as often as its weight says; the header, if
// any, before the first. The error is Flush's.
func (c *Conn) CopyRows(e *CopyEncoder, b *col.Batch) error {
	c.copyStart(e)
	long := mayBeLong(b)
	for i := range b.Len() {
		pos := b.Row(i)
		for range max(b.Weight(pos), 0) {
			if err := c.send(copyMessage{e}, b, pos, long); err != nil {
				return err
			}
		}
	}
	return c.err
}

// copyMessage makes a CopyData message of a row; the header of the binary format stands in the first.
type copyMessage struct{ *CopyEncoder }

func (e copyMessage) appendRow(dst []byte, b *col.Batch, pos int) []byte {
	start := len(dst)
	dst = append(dst, 'd', 0, 0, 0, 0)
	if e.o.Format == CopyBinary {
		dst = e.binaryStart(dst)
	}
	dst = e.CopyEncoder.appendRow(dst, b, pos)
	be.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
	return dst
}

func (e copyMessage) alone() rowEncoder {
	own, settings := *e.CopyEncoder, *e.o.Settings
	own.field, own.o.Settings = nil, &settings
	e.started = true // by the message that is to be made
	return copyMessage{&own}
}

// CopyEnd sends what ends the data (and the header, where there were no rows) and CopyDone.
func (c *Conn) CopyEnd(e *CopyEncoder) error {
	c.copyStart(e)
	if e.o.Format == CopyBinary {
		c.begin('d')
		c.out = append(e.binaryStart(c.out), 0xff, 0xff)
		c.end()
	}
	c.CopyDone()
	return c.err
}

// copyStart sends the header line of text and csv; the binary header goes with the first
// row, as in PostgreSQL.
func (c *Conn) copyStart(e *CopyEncoder) {
	if e.started || e.o.Format == CopyBinary {
		return
	}
	e.started = true
	if e.o.Header == HeaderNone {
		return
	}
	c.begin('d')
	for k, column := range e.o.Columns {
		if k > 0 {
			c.out = append(c.out, e.o.Delimiter)
		}
		at := len(c.out)
		c.out = append(c.out, column.Name...)
		if e.o.Format == CopyCSV {
			c.out = e.quote(c.out, at, false)
		} else {
			c.out = e.escape(c.out, at)
		}
	}
	c.out = append(c.out, '\n')
	c.end()
}

func (e *CopyEncoder) binaryStart(dst []byte) []byte {
	if e.started {
		return dst
	}
	e.started = true
	return append(append(dst, binarySignature...), 0, 0, 0, 0, 0, 0, 0, 0)
}

// AppendRows appends the data of a batch's rows, each as often as its weight says, without
// header or trailer.
func (e *CopyEncoder) AppendRows(dst []byte, b *col.Batch) []byte {
	for i := range b.Len() {
		pos := b.Row(i)
		for range max(b.Weight(pos), 0) {
			dst = e.appendRow(dst, b, pos)
		}
	}
	return dst
}

func (e *CopyEncoder) appendRow(dst []byte, b *col.Batch, pos int) []byte {
	if e.o.Format == CopyBinary {
		return e.appendBinaryRow(dst, b, pos)
	}
	for k, appendValue := range e.columns {
		if k > 0 {
			dst = append(dst, e.o.Delimiter)
		}
		v := &b.Cols[k]
		if v.Null(pos) {
			dst = append(dst, e.o.Null...)
			continue
		}
		at := len(dst)
		dst = appendValue(dst, v, pos, e.o.Settings)
		if e.o.Format == CopyCSV {
			dst = e.quote(dst, at, k < len(e.o.ForceQuote) && e.o.ForceQuote[k])
		} else {
			dst = e.escape(dst, at)
		}
	}
	return append(dst, '\n')
}

func (e *CopyEncoder) appendBinaryRow(dst []byte, b *col.Batch, pos int) []byte {
	dst = be.AppendUint16(dst, uint16(len(e.columns)))
	for k, appendValue := range e.columns {
		v := &b.Cols[k]
		if v.Null(pos) {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		dst = append(dst, 0, 0, 0, 0)
		at := len(dst)
		dst = appendValue(dst, v, pos, e.o.Settings)
		be.PutUint32(dst[at-4:], uint32(len(dst)-at))
	}
	return dst
}

// escape escapes the value that was appended at at. Source: PostgreSQL's
// CopyAttributeOutText.
func (e *CopyEncoder) escape(dst []byte, at int) []byte {
	n := 0
	for _, c := range dst[at:] {
		if c < ' ' || c == '\\' || c == e.o.Delimiter {
			n++
		}
	}
	if n == 0 {
		return dst
	}
	e.field = long.Append(e.field[:0], dst[at:])
	dst = long.Grow(dst[:at], len(e.field)+n)
	for _, c := range e.field {
		letter := c
		if i := strings.IndexByte("\b\t\n\v\f\r", c); i >= 0 {
			letter = "btnvfr"[i]
		} else if c != '\\' && c != e.o.Delimiter {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '\\', letter)
	}
	return dst
}

// quote quotes the value that was appended at at, if it must be. Source: PostgreSQL's
// CopyAttributeOutCSV.
func (e *CopyEncoder) quote(dst []byte, at int, force bool) []byte {
	value := dst[at:]
	if !force && string(value) != e.o.Null && !(len(e.columns) == 1 && string(value) == `\.`) &&
		!bytes.ContainsFunc(value, func(r rune) bool {
			return r == '\n' || r == '\r' || r == rune(e.o.Delimiter) || r == rune(e.o.Quote)
		}) {
		return dst
	}
	e.field = long.Append(e.field[:0], value)
	dst = append(long.Grow(dst[:at], len(e.field)+2), e.o.Quote)
	for _, c := range e.field {
		if c == e.o.Quote || c == e.o.Escape {
			dst = append(dst, e.o.Escape)
		}
		dst = append(dst, c)
	}
	return append(dst, e.o.Quote)
}
