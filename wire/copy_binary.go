package wire

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

const (
	binarySignature = "PGCOPY\n\xff\r\n\x00"
	binaryHead      = len(binarySignature) + 8 // with flags and the extension's length
	criticalFlags   = 0xffff0000               // refused when unknown, as all are
)

// binaryFormat reads COPY's binary format: a header, then rows as a count of fields and
// each field's length and bytes. The end of a NULL field is its start, marked.
type binaryFormat struct {
	started bool
}

func (f *binaryFormat) restart()                      {}
func (f *binaryFormat) gaps() (first, between uint32) { return 6, 4 }
func (f *binaryFormat) kernel(t col.Type) kernel      { return binaryKernel(t) }
func (f *binaryFormat) scan(d *decoder) {
	if !f.started && !f.head(d) {
		return
	}
	for len(d.starts) < pendingRows && d.failure == nil && !d.done && f.row(d) {
	}
}

// head reads the header, if it is all there.
func (f *binaryFormat) head(d *decoder) bool {
	broken := func(message string) bool {
		d.err = pgerr.New(pgerr.BadCopyFileFormat, "%s", message)
		return false
	}
	n := len(d.arena)
	sign := min(n, len(binarySignature))
	if string(d.arena[:sign]) != binarySignature[:sign] || d.final && n < len(binarySignature) {
		return broken("COPY file signature not recognized")
	}
	if n < binaryHead {
		switch {
		case !d.final:
		case n < binaryHead-4:
			return broken("invalid COPY file header (missing flags)")
		default:
			return broken("invalid COPY file header (missing length)")
		}
		return false
	}
	flags := be.Uint32(d.arena[len(binarySignature):])
	more := be.Uint32(d.arena[binaryHead-4:])
	switch {
	case flags&(1<<16) != 0:
		return broken("invalid COPY file header (WITH OIDS)")
	case flags&criticalFlags != 0:
		return broken("unrecognized critical flags in COPY file header")
	case more > 1<<31-1:
		return broken("invalid COPY file header (missing length)")
	case more > maxRowBytes:
		return broken("invalid COPY file header (wrong length)")
	case n < binaryHead+int(more):
		if d.final {
			return broken("invalid COPY file header (wrong length)")
		}
		return false
	}
	d.row = binaryHead + int(more)
	f.started = true
	return true
}

// row takes the row that begins at d.row; false: it is not all there, or not a row.
func (f *binaryFormat) row(d *decoder) bool {
	b, n := d.arena, len(d.columns)
	d.ends = d.ends[:len(d.starts)*n]
	i := d.row + 2
	if i > len(b) {
		return false
	}
	switch count := int16(be.Uint16(b[d.row:])); {
	case count == -1:
		if i < len(b) {
			d.fail(0, f.broken(d, -1, "received copy data after EOF marker"))
			return false
		}
		d.done = d.final
		return false
	case int(count) != n:
		d.fail(0, inLine(pgerr.New(pgerr.BadCopyFileFormat, "row field count is %d, expected %d", count, n), d.lineContext(noText)))
		return false
	}
	for k := range n {
		if i+4 > len(b) {
			return false
		}
		size := int32(be.Uint32(b[i:]))
		i += 4
		switch {
		case size == -1:
			d.ends = append(d.ends, uint32(i)|mark)
			continue
		case size < 0:
			d.fail(k, f.broken(d, k, "invalid field size"))
			return false
		case int(size) > len(b)-i:
			return false
		}
		i += int(size)
		d.ends = append(d.ends, uint32(i))
	}
	d.pushRow(i)
	return true
}

func (f *binaryFormat) broken(d *decoder, k int, message string) *pgerr.Error {
	where := d.lineContext(noText)
	if k >= 0 {
		where += ", column " + d.o.Columns[k].Name
	}
	return inLine(pgerr.New(pgerr.BadCopyFileFormat, "%s", message), where)
}

func (f *binaryFormat) finish(d *decoder) {
	if !f.started || len(d.arena)-d.row < 2 { // too little for a row, which PostgreSQL overlooks
		return
	}
	k := len(d.ends) - len(d.starts)*len(d.columns) // the fields before it are all there
	d.fail(k, f.broken(d, k, "unexpected EOF in COPY data"))
}

func (f *binaryFormat) value(_ *decoder, _ int, raw []byte, marked bool) (b []byte, null bool) {
	return raw, marked
}
