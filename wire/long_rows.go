package wire

import (
	"github.com/millracedb/millrace/base/beside"
	"github.com/millracedb/millrace/base/col"
)

// rowEncoder makes messages of rows.
type rowEncoder interface {
	// appendRow appends the message of the row at a position of a batch.
	appendRow(dst []byte, b *col.Batch, pos int) []byte
	// alone is the same encoder for a message that may be made after the statement has ended.
	alone() rowEncoder
}

// mayBeLong reports whether there may be a row in the batch that is to be made a message of beside
// the statement.
func mayBeLong(b *col.Batch) bool {
	n := 0
	for k := range b.Cols {
		for _, a := range b.Cols[k].Arenas {
			n += len(a)
		}
	}
	return n > besideBytes
}

// longRow reports whether the row at a position is such a row.
func longRow(b *col.Batch, pos int) bool {
	n := 0
	for k := range b.Cols {
		if v := &b.Cols[k]; v.Kind.IsView() && !v.Null(pos) {
			n += v.Str[pos].Len()
		}
	}
	return n > besideBytes
}

// send sends the message of a row; that of a long one, if some may be long, is made beside the
// statement, of a copy. The error is Flush's.
func (c *Conn) send(e rowEncoder, b *col.Batch, pos int, long bool) error {
	if c.done == nil || !long || !longRow(b, pos) {
		c.out = e.appendRow(c.out, b, pos)
		return c.spill()
	}
	row := &col.Batch{N: 1}
	for k := range b.Cols {
		one := b.Cols[k].Alone(pos, c.ended)
		if one == nil {
			return errCanceled
		}
		row.Cols = append(row.Cols, *one)
	}
	if err := c.Flush(); err != nil {
		return err
	}
	var message []byte
	own := e.alone()
	if !beside.Run(c.done, func() { message = own.appendRow(nil, row, 0) }) {
		return errCanceled
	}
	c.out = message
	return c.Flush()
}

// ended reports whether what Until was told of is closed.
func (c *Conn) ended() bool { return beside.Ended(c.done) }
