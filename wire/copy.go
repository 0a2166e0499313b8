package wire

import (
	"strings"

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
	// Room (COPY FROM only) gives memory of at least n bytes for the next batch, contents
	// undefined, aligned to 16 bytes, or nil where it has none; nil: the heap's. What it
	// gave is the decoder's until the next batch but one is handed out, and belongs to the
	// batch handed out before that: they are let go together. Batches are not reused.
	Room func(n int) []byte
	// Done (COPY FROM only) ends the decoding, with 57014, once it is closed; nil: nothing does. A
	// row of more than a megabyte is then read beside who waits for it.
	Done <-chan struct{}
}

// DefaultCopyOptions are PostgreSQL's for a format.
func DefaultCopyOptions(f CopyFormat, table string, columns []col.Column) CopyOptions {
	o := CopyOptions{Format: f, Table: table, Columns: columns, Delimiter: '\t', Null: `\N`, Quote: '"', Escape: '"'}
	if f == CopyCSV {
		o.Delimiter, o.Null = ',', ""
	}
	return o
}

// Check refuses options that contradict one another or the format, in PostgreSQL's words.
func (o *CopyOptions) Check() error {
	invalid := func(message string, args ...any) error {
		return pgerr.New(pgerr.InvalidParameterValue, message, args...)
	}
	csv := o.Format == CopyCSV
	switch {
	case o.Format == CopyBinary:
		if o.Header != HeaderNone {
			return pgerr.New(pgerr.FeatureNotSupported, "cannot specify HEADER in BINARY mode")
		}
		return nil
	case o.Delimiter == '\r' || o.Delimiter == '\n':
		return invalid("COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(o.Null, "\r\n"):
		return invalid("COPY null representation cannot use newline or carriage return")
	case !csv && strings.IndexByte(`\.abcdefghijklmnopqrstuvwxyz0123456789`, o.Delimiter) >= 0:
		return invalid(`COPY delimiter cannot be "%c"`, o.Delimiter)
	case o.Delimiter == 0 || o.Delimiter >= 0x80:
		return pgerr.New(pgerr.FeatureNotSupported, "COPY delimiter must be a single one-byte character")
	case csv && (o.Quote == 0 || o.Quote >= 0x80):
		return pgerr.New(pgerr.FeatureNotSupported, "COPY quote must be a single one-byte character")
	case csv && o.Delimiter == o.Quote:
		return invalid("COPY delimiter and quote must be different")
	case csv && (o.Escape == 0 || o.Escape >= 0x80):
		return pgerr.New(pgerr.FeatureNotSupported, "COPY escape must be a single one-byte character")
	case strings.IndexByte(o.Null, o.Delimiter) >= 0:
		return pgerr.New(pgerr.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case csv && strings.IndexByte(o.Null, o.Quote) >= 0:
		return pgerr.New(pgerr.FeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	}
	return nil
}

// CopyDecoder turns the data of COPY FROM into batches. It belongs to one goroutine.
type CopyDecoder interface {
	// Feed takes the next bytes of the data, split anywhere; it keeps nothing of them.
	Feed(data []byte) error
	// Drain hands out the rows that are complete, without waiting for a batch to fill.
	Drain() error
	// Flush ends the data: the last line may lack its end. All rows have been handed out.
	Flush() error
	// Line is where the data's row of that number (from 0), handed out already, ends: its
	// line counted from 1, as contexts of errors say it. Rows are asked for in order; those
	// before one that was asked for are forgotten.
	Line(row int64) int64
	// Reuse gives back a batch that was handed out and is not needed any more.
	Reuse(b *col.Batch)
	// Close ends the decoder. It has release called when what Room gave is not used any more: at
	// once, or when a long row has been read that nobody waits for.
	Close(release func())
}

// NewCopyDecoder makes the decoder of the options' format. Each batch handed to emit is
// dense, of up to col.StepRows rows of weight 1 in the options' columns, and belongs to
// the receiver, long strings included; they lie in an arena which all its text columns
// share. The first error, emit's too, ends the decoding: every later call returns it.
func NewCopyDecoder(o CopyOptions, emit func(*col.Batch) error) (CopyDecoder, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if len(o.Columns) == 0 {
		return nil, pgerr.Unsupported("COPY of no columns")
	}
	if o.Settings == nil {
		o.Settings = &datetime.Settings{}
	}
	d := &decoder{o: o, emit: emit, header: o.Header, aside: aside{done: o.Done}}
	switch o.Format {
	case CopyBinary:
		d.format = &binaryFormat{}
	case CopyCSV:
		d.format = newCSVFormat(&o)
	default:
		d.format = newTextFormat(&o)
	}
	d.first, d.gap = d.format.gaps()
	d.columns = make([]kernel, len(o.Columns))
	for i, c := range o.Columns {
		d.columns[i] = d.format.kernel(c.Type)
	}
	return d, nil
}
