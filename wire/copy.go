package wire

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
)

// CopyFormat is a format of COPY.
type CopyFormat uint8

// The formats of COPY.
const (
	CopyText CopyFormat = iota
	CopyCSV
	CopyBinary
)

// CopyHeader says what COPY does with a header line.
type CopyHeader uint8

// HeaderNone: there is none. HeaderSkip: skipped, or written. HeaderMatch: must name the
// columns (COPY FROM only).
const (
	HeaderNone CopyHeader = iota
	HeaderSkip
	HeaderMatch
)

// CopyOptions says how the data of one COPY look. Start from DefaultCopyOptions.
type CopyOptions struct {
	Format    CopyFormat
	Table     string       // for the context of errors
	Columns   []col.Column // in the order of the data
	Delimiter byte
	Null      string
	Header    CopyHeader
	Quote     byte // csv only, as the rest
	Escape    byte
	// By position in Columns; nil: none.
	ForceNotNull []bool // COPY FROM: the null string stands for itself
	ForceNull    []bool // COPY FROM: the null string is NULL even in quotes
	ForceQuote   []bool // COPY TO: every value but NULL is quoted
	Settings     *datetime.Settings
}

// DefaultCopyOptions are PostgreSQL's for a format.
func DefaultCopyOptions(f CopyFormat, table string, columns []col.Column) CopyOptions {
	o := CopyOptions{Format: f, Table: table, Columns: columns, Delimiter: '\t', Null: `\N`, Quote: '"', Escape: '"'}
	if f == CopyCSV {
		o.Delimiter, o.Null = ',', ""
	}
	return o
}

// CopyDecoder turns the data of COPY FROM into batches. It belongs to one goroutine.
type CopyDecoder interface {
	// Feed takes the next bytes of the data, split anywhere; it keeps nothing of them.
	Feed(data []byte) error
	// Flush ends the data: the last line may lack its end. All rows have been handed out.
	Flush() error
	// Reuse gives back a batch that was handed out and is not needed any more.
	Reuse(b *col.Batch)
}

// NewCopyDecoder makes the decoder of the options' format. Each batch handed to emit is
// dense, of up to col.StepRows rows of weight 1 in the options' columns, and belongs to
// the receiver, long strings included. The first error, emit's too, ends the decoding:
// every later call returns it.
func NewCopyDecoder(o CopyOptions, emit func(*col.Batch) error) (CopyDecoder, error) {
	return nil, pgerr.Unsupported("COPY")
}
