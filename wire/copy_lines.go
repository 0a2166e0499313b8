package wire

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

// lineEnding is how the lines of the data end; the first line decides.
type lineEnding uint8

const (
	endUnknown lineEnding = iota
	endNL
	endCR
	endCRNL
)

// lineFormat is what the text and csv formats share: lines of fields. The rules are
// PostgreSQL's (CopyReadLineText).
type lineFormat struct {
	delimiter byte
	wide      bool   // the delimiter is no control character
	pattern   uint64 // eight delimiters
	null      []byte
	csv       bool
	ending    lineEnding
	// high gathers the bytes of the row in progress: its high bits tell whether the row
	// must be checked to be UTF-8. It may hold bytes of neighbours.
	high uint64
	mark uint32 // of the field in progress
}

func newLineFormat(o *CopyOptions) lineFormat {
	return lineFormat{
		delimiter: o.Delimiter, wide: o.Delimiter >= ' ', pattern: ones * uint64(o.Delimiter),
		null: []byte(o.Null), csv: o.Format == CopyCSV,
	}
}

// controls has the high bit of each byte of w that is below ' ', exactly.
func controls(w uint64) uint64 { return zeroBytes(w & 0xe0e0e0e0e0e0e0e0) }

func (f *lineFormat) gaps() (first, between uint32) { return 0, 1 }

func (f *lineFormat) kernel(t col.Type) kernel {
	numbers := len(f.null) == 0 || f.null[0] != '-' && f.null[0]-'0' > 9
	return textKernel(t, numbers)
}

// endField records that the field in progress ends at a delimiter.
func (f *lineFormat) endField(d *decoder, end int) {
	if d.field < len(d.columns) {
		d.ends = append(d.ends, uint32(end)|f.mark)
	}
	d.field++
	f.mark = 0
}

// endRow takes the row in progress, which ends at end; the next begins at next.
func (f *lineFormat) endRow(d *decoder, end, next int) {
	f.endField(d, end)
	if f.high&highs != 0 {
		if err := pgtext.ValidateUTF8(d.arena[d.row:end]); err != nil {
			d.fail(0, inLine(err, d.lineContext(noText)))
			return
		}
	}
	f.high = 0
	n := len(d.columns)
	switch {
	case d.header != HeaderNone:
		f.headerLine(d, end, next)
	case d.field > n:
		d.fail(0, inLine(pgerr.New(pgerr.BadCopyFileFormat, "extra data after last expected column"), d.lineContext(end)))
	case d.field < n:
		d.fail(d.field, inLine(pgerr.New(pgerr.BadCopyFileFormat, `missing data for column "%s"`, d.o.Columns[d.field].Name), d.lineContext(end)))
	default:
		d.pushRow(next)
	}
}

func inLine(err error, where string) *pgerr.Error {
	e := *pgerr.From(err)
	e.Where = where
	return &e
}

// headerLine takes the first line as a header.
func (f *lineFormat) headerLine(d *decoder, end, next int) {
	if d.header == HeaderMatch {
		if err := f.matchHeader(d); err != nil {
			d.header = HeaderNone
			d.fail(0, inLine(err, d.lineContext(end)))
			return
		}
	}
	d.header = HeaderNone
	d.ends = d.ends[:0]
	d.nextRow(next)
}

func (f *lineFormat) matchHeader(d *decoder) *pgerr.Error {
	n := len(d.columns)
	if d.field != n {
		return pgerr.New(pgerr.BadCopyFileFormat, "wrong number of fields in header line: got %d, expected %d", d.field, n)
	}
	start := uint32(d.row)
	for k, e := range d.ends[:n] {
		end, marked := e&endMask, e&mark != 0
		name, null := d.format.value(d, k, bytes.Clone(d.arena[start:end]), marked)
		start = end + f.gap()
		switch want := d.o.Columns[k].Name; {
		case null:
			return pgerr.New(pgerr.BadCopyFileFormat, `column name mismatch in header line field %d: got null value ("%s"), expected "%s"`, k+1, f.null, want)
		case string(name) != want:
			return pgerr.New(pgerr.BadCopyFileFormat, `column name mismatch in header line field %d: got "%s", expected "%s"`, k+1, name, want)
		}
	}
	return nil
}

func (f *lineFormat) gap() uint32 { return 1 }

// verdict is what a scanner does after a byte that may end a line.
type verdict uint8

const (
	goOn   verdict = iota // it is data
	wait                  // what follows must be known first
	ended                 // the line ends
	failed                // d.fail has been called
)

// lineEnd looks at the newline or carriage return at j of buf[:end], outside quotes.
func (f *lineFormat) lineEnd(d *decoder, j int) (next int, v verdict) {
	if d.arena[j] == '\n' {
		if f.ending == endCR || f.ending == endCRNL {
			d.fail(0, f.strayNewline(d))
			return 0, failed
		}
		f.ending = endNL
		return j + 1, ended
	}
	switch f.ending {
	case endNL:
		d.fail(0, f.strayReturn(d))
		return 0, failed
	case endCR:
		return j + 1, ended
	}
	switch {
	case j+1 >= len(d.arena) && !d.final:
		return 0, wait
	case j+1 < len(d.arena) && d.arena[j+1] == '\n':
		f.ending = endCRNL
		return j + 2, ended
	case f.ending == endCRNL:
		d.fail(0, f.strayReturn(d))
		return 0, failed
	}
	f.ending = endCR
	return j + 1, ended
}

func (f *lineFormat) strayNewline(d *decoder) *pgerr.Error {
	e := pgerr.New(pgerr.BadCopyFileFormat, "literal newline found in data").WithHint(`Use "\n" to represent newline.`)
	if f.csv {
		e = pgerr.New(pgerr.BadCopyFileFormat, "unquoted newline found in data").WithHint("Use quoted CSV field to represent newline.")
	}
	return inLine(e, d.lineContext(noText))
}

func (f *lineFormat) strayReturn(d *decoder) *pgerr.Error {
	e := pgerr.New(pgerr.BadCopyFileFormat, "literal carriage return found in data").WithHint(`Use "\r" to represent carriage return.`)
	if f.csv {
		e = pgerr.New(pgerr.BadCopyFileFormat, "unquoted carriage return found in data").WithHint("Use quoted CSV field to represent carriage return.")
	}
	return inLine(e, d.lineContext(noText))
}

// endMarker looks at the backslash at j, which a dot follows: \. and a line's end, in the
// style of the lines before, end the data (ended). goOn: it is data, which csv allows.
func (f *lineFormat) endMarker(d *decoder, j int) verdict {
	at := func(i int) byte { // 0: behind the end
		if i < len(d.arena) {
			return d.arena[i]
		}
		return 0
	}
	i := j + 2
	if i+1 >= len(d.arena) && !d.final && (i >= len(d.arena) || f.ending == endCRNL) {
		return wait
	}
	corrupt := ""
	if f.ending == endCRNL {
		switch at(i) {
		case '\n':
			corrupt = "end-of-copy marker does not match previous newline style"
		case '\r':
		default:
			corrupt = "end-of-copy marker corrupt"
		}
		i++
	}
	if corrupt == "" && at(i) != '\r' && at(i) != '\n' {
		corrupt = "end-of-copy marker corrupt"
	}
	if corrupt != "" {
		if f.csv {
			return goOn
		}
		d.fail(0, inLine(pgerr.New(pgerr.BadCopyFileFormat, "%s", corrupt), d.lineContext(noText)))
		return failed
	}
	if f.ending == endNL && at(i) != '\n' || f.ending == endCRNL && at(i) != '\n' || f.ending == endCR && at(i) != '\r' {
		d.fail(0, inLine(pgerr.New(pgerr.BadCopyFileFormat, "end-of-copy marker does not match previous newline style"), d.lineContext(noText)))
		return failed
	}
	d.done = true
	return ended
}
