package wire

import (
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/typeio"
)

// appender appends one value, which is not NULL, in one of its forms.
type appender func(dst []byte, v *col.Vector, i int, s *datetime.Settings) []byte

// Encoder writes the rows of batches as DataRow messages, straight from the vectors.
type Encoder struct {
	columns  []appender
	settings *datetime.Settings
}

// NewEncoder makes an encoder of rows with columns of the types. Formats are as in Bind:
// one a column, one for all, or none for text. The settings (nil: the defaults) are read
// at every row and may change between batches.
func NewEncoder(types []col.Type, formats []int16, s *datetime.Settings) *Encoder {
	e := &Encoder{columns: make([]appender, len(types)), settings: s}
	if s == nil {
		e.settings = &datetime.Settings{}
	}
	for i, t := range types {
		e.columns[i] = appenderOf(t, formatOf(formats, i))
	}
	return e
}

func formatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 0:
		return 0
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return 0
}

func appenderOf(t col.Type, format int16) appender {
	codec := typeio.Of(t)
	if format == 1 {
		binary := codec.AppendBinary
		return func(dst []byte, v *col.Vector, i int, _ *datetime.Settings) []byte { return binary(dst, v, i) }
	}
	switch t.OID {
	case col.OIDInt8:
		return func(dst []byte, v *col.Vector, i int, _ *datetime.Settings) []byte {
			return strconv.AppendInt(dst, v.I64[i], 10)
		}
	case col.OIDText, col.OIDVarchar:
		return func(dst []byte, v *col.Vector, i int, _ *datetime.Settings) []byte {
			return long.Append(dst, v.Bytes(i))
		}
	}
	return codec.AppendText
}

// appendRow appends one DataRow: the values at a position of the vectors.
func (e *Encoder) appendRow(dst []byte, b *col.Batch, pos int) []byte {
	start := len(dst)
	dst = append(dst, 'D', 0, 0, 0, 0, byte(len(e.columns)>>8), byte(len(e.columns)))
	for k, appendValue := range e.columns {
		v := &b.Cols[k]
		if v.Null(pos) {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		dst = append(dst, 0, 0, 0, 0)
		at := len(dst)
		dst = appendValue(dst, v, pos, e.settings)
		be.PutUint32(dst[at-4:], uint32(len(dst)-at))
	}
	be.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
	return dst
}

// alone is an encoder that nobody else uses.
func (e *Encoder) alone() rowEncoder {
	settings := *e.settings
	return &Encoder{columns: e.columns, settings: &settings}
}

// AppendRows appends the DataRow messages of a batch: each row that counts as often as its
// weight says, none where that is less than 1.
func (e *Encoder) AppendRows(dst []byte, b *col.Batch) []byte {
	for i := range b.Len() {
		pos := b.Row(i)
		start := len(dst)
		w := b.Weight(pos)
		if w < 1 {
			continue
		}
		dst = e.appendRow(dst, b, pos)
		end := len(dst)
		for range w - 1 {
			dst = append(dst, dst[start:end]...)
		}
	}
	return dst
}

// Rows sends rows of a batch, each as often as its weight says. It leaves out the first
// skip of them and sends at most limit (less than 0: all); sent is how many it sent, so
// that a portal goes on with the same batch at skip + sent. The error is Flush's.
func (c *Conn) Rows(e *Encoder, b *col.Batch, skip, limit int64) (sent int64, err error) {
	long := mayBeLong(b)
	for i := range b.Len() {
		pos := b.Row(i)
		w := max(b.Weight(pos), 0)
		if skip >= w {
			skip -= w
			continue
		}
		w -= skip
		skip = 0
		if limit >= 0 {
			w = min(w, limit-sent)
		}
		for range w {
			if err := c.send(e, b, pos, long); err != nil {
				return sent, err
			}
			sent++
		}
		if sent == limit {
			break
		}
	}
	return sent, c.err
}
