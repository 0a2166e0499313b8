package wire

import (
	"fmt"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

const (
	chunkBytes   = 64 << 10  // data is taken in pieces that stay in the cache
	pendingRows  = 1024      // rows found before their values are read, column by column
	arenaBytes   = 4 << 20   // a batch with more bytes is handed out
	maxRowBytes  = 256 << 20 // longer rows are refused
	arenaPadding = 16        // readable bytes behind the data
	displayBytes = 100       // of a line or value in an error's context
	noText       = -1        // lineContext shows no text

	mark    = 1 << 31 // of a field that is not its own bytes: escaped, quoted or (binary) NULL
	endMask = mark - 1
)

// format is what tells the three formats apart.
type format interface {
	// scan finds rows in the data from d.at on, and stops after a row when enough are
	// pending, at the end of the data, or after d.fail.
	scan(d *decoder)
	// finish takes what is left at the end of the data, a row without end perhaps.
	finish(d *decoder)
	// restart forgets the part of a row that was scanned; it will be scanned again.
	restart()
	// gaps are the bytes before a row's first field, and between one field's end and the
	// next one's start.
	gaps() (first, between uint32)
	// kernel chooses how a column of the type is read.
	kernel(t col.Type) kernel
	// value returns the bytes of a field as its type's parser takes them, or that it is
	// NULL. They may be rewritten in place.
	value(d *decoder, k int, raw []byte, marked bool) (b []byte, null bool)
}

// decoder gathers data in an arena, which becomes the batch's; a format finds rows and
// fields in it, and kernels read the pending rows' fields into the batch, a column at a
// time.
type decoder struct {
	o       CopyOptions
	format  format
	columns []kernel
	first   uint32 // bytes before a row's first field
	gap     uint32 // bytes before any other
	emit    func(*col.Batch) error
	header  CopyHeader // still to come
	final   bool       // no more data will come
	done    bool       // the end-of-copy marker has been seen
	err     error

	arena []byte
	at    int   // scanned so far
	row   int   // where the row that is being scanned begins
	field int   // its number of fields found
	line  int64 // lines before it
	inner int64 // line ends found within it

	starts []uint32 // of the pending rows
	lines  []int64
	ends   []uint32 // of their fields, then those of the row that is being scanned

	failure *pgerr.Error // found in pending row failRow at column failCol
	failRow int
	failCol int

	positions positions

	batch *col.Batch
	rows  int    // of the last one
	lent  []byte // what Room gave for those of the next one
	free  []*col.Batch
	spare []byte     // an arena that was given back
	one   col.Vector // a value read the slow way
	aside aside
}

// Feed implements CopyDecoder.
func (d *decoder) Feed(data []byte) error {
	for len(data) > 0 && d.failing() == nil && !d.done {
		n := min(len(data), chunkBytes)
		d.take(data[:n])
		data = data[n:]
		for d.failing() == nil && d.step() {
		}
	}
	return d.failing()
}

// failing is what has ended the decoding; nil: nothing has.
func (d *decoder) failing() error {
	if d.aside.ended() {
		return errCanceled
	}
	return d.err
}

// long is how many bytes there are of rows that are not read yet.
func (d *decoder) long() int {
	if len(d.starts) > 0 {
		return len(d.arena) - int(d.starts[0])
	}
	return len(d.arena) - d.row
}

// step scans once and reads what is pending if that is enough; it reports whether there
// may be more in the arena.
func (d *decoder) step() (more bool) {
	if d.done || !d.aside.run(d.long(), func() { more = d.find() }) {
		return false
	}
	if d.err == nil && d.batch != nil && (d.batch.N+pendingRows > col.StepRows || len(d.arena) > arenaBytes && d.batch.N > 0) {
		d.handOut()
		more = true
	}
	return more && !d.done
}

func (d *decoder) find() (more bool) {
	d.format.scan(d)
	more = len(d.starts) >= pendingRows
	if more || d.failure != nil || len(d.arena) > arenaBytes && len(d.starts) > 0 {
		d.read()
	}
	return more
}

// Flush implements CopyDecoder.
func (d *decoder) Flush() error {
	d.final = true
	for d.failing() == nil && d.step() {
	}
	if d.failing() == nil && !d.done && (d.row < len(d.arena) || d.header == HeaderMatch) {
		d.aside.run(d.long(), func() { d.format.finish(d) })
	}
	return d.Drain()
}

// Drain implements CopyDecoder.
func (d *decoder) Drain() error {
	if d.failing() == nil {
		d.aside.run(d.long(), d.read)
	}
	if d.failing() == nil && d.batch != nil && d.batch.N > 0 {
		d.handOut()
	}
	return d.failing()
}

// Close implements CopyDecoder.
func (d *decoder) Close(release func()) { d.aside.close(release) }

// Reuse implements CopyDecoder.
func (d *decoder) Reuse(b *col.Batch) {
	if len(d.free) == 2 || d.o.Room != nil {
		return
	}
	for i := range b.Cols {
		if a := b.Cols[i].Arenas; len(a) > 0 && cap(a[0]) > cap(d.spare) {
			d.spare = a[0][:0]
		}
	}
	b.Reset()
	d.free = append(d.free, b)
}

func (d *decoder) take(data []byte) {
	if len(d.arena)-d.row+len(data) > maxRowBytes {
		d.err = pgerr.New(pgerr.ProgramLimitExceeded, "out of memory").
			WithDetail("Cannot enlarge string buffer containing %d bytes by %d more bytes.", len(d.arena)-d.row, len(data))
		return
	}
	need := len(d.arena) + len(data) + arenaPadding
	grow := func() {
		grown := make([]byte, len(d.arena), max(need, 2*cap(d.arena)))
		long.Copy(grown, d.arena)
		d.arena = grown
	}
	if need > cap(d.arena) && !d.aside.run(len(d.arena), grow) {
		return
	}
	d.arena = long.Append(d.arena, data)
}

// pushRow records that the row in progress, all its fields found, is complete; the next
// one begins at from.
func (d *decoder) pushRow(from int) {
	line := d.lineNumber()
	d.starts = append(d.starts, uint32(d.row))
	d.lines = append(d.lines, line)
	d.positions.add(line)
	d.nextRow(from)
}

// nextRow goes on to the row that begins at from.
func (d *decoder) nextRow(from int) {
	d.line = d.lineNumber()
	d.row, d.field, d.inner = from, 0, 0
}

// lineNumber is that of the row in progress.
func (d *decoder) lineNumber() int64 { return d.line + 1 + d.inner }

// fail records an error in the row in progress at a column: columns before it may still
// have an error of their own, which then comes first.
func (d *decoder) fail(column int, e *pgerr.Error) {
	d.failure, d.failRow, d.failCol = e, len(d.starts), column
	d.starts = append(d.starts, uint32(d.row))
	d.lines = append(d.lines, d.lineNumber())
	for len(d.ends) < len(d.starts)*len(d.columns) {
		d.ends = append(d.ends, uint32(d.row))
	}
}

// read reads the fields of the pending rows into the batch.
func (d *decoder) read() {
	rows := len(d.starts)
	if rows == 0 {
		return
	}
	if d.batch == nil {
		d.newBatch()
	}
	for k := range d.columns {
		n := rows
		if d.failure != nil {
			n = d.failRow
			if k < d.failCol {
				n++
			}
		}
		if r, err := d.columns[k](d, k, n); err != nil {
			d.failure, d.failRow, d.failCol = err, r, k
		}
	}
	if d.failure != nil {
		d.err = d.failure
		return
	}
	d.batch.N += rows
	left := copy(d.ends, d.ends[rows*len(d.columns):])
	d.starts, d.lines, d.ends = d.starts[:0], d.lines[:0], d.ends[:left]
}

func (d *decoder) newBatch() {
	if n := len(d.free); n > 0 {
		d.batch, d.free = d.free[n-1], d.free[:n-1]
	} else {
		types := make([]col.Type, len(d.o.Columns))
		for i, c := range d.o.Columns {
			types[i] = c.Type
		}
		d.batch = col.NewBatch(types...)
		d.makeLanes()
	}
	for i := range d.batch.Cols {
		if v := &d.batch.Cols[i]; v.Kind.IsView() {
			v.Arenas = [][]byte{nil} // the arena, once it is complete
		}
	}
}

// makeLanes gives a new batch room for as many rows as the last one had, instead of
// doubling up to it.
func (d *decoder) makeLanes() {
	lanes := d.lent
	d.lent = nil
	for i := range d.batch.Cols {
		v := &d.batch.Cols[i]
		switch {
		case lanes != nil:
			lanes = v.Lend(lanes, d.rows)
		case d.rows > 0:
			v.Resize(d.rows)
			v.Resize(0)
		}
	}
}

// newArena makes the arena of the next batch, with room for as much as in this one and a
// little, and what is left over in it.
func (d *decoder) newArena(left []byte) {
	n := max(d.row+d.row/16, len(left)) + chunkBytes + arenaPadding
	if d.o.Room != nil {
		lanes := d.laneBytes()
		if mem := d.o.Room(lanes + n); mem != nil {
			d.lent, d.arena = mem[:lanes:lanes], append(mem[lanes:lanes], left...)
			return
		}
	}
	d.arena = long.Append(make([]byte, 0, n), left)
}

// laneBytes is the room for the lanes of as many rows as the last batch had.
func (d *decoder) laneBytes() (n int) {
	for _, c := range d.o.Columns {
		n += col.LaneBytes(c.Type, d.rows)
	}
	return n
}

// handOut gives the batch and its arena away. The row in progress moves to a new arena,
// where it is scanned again from its start.
func (d *decoder) handOut() {
	b := d.batch
	d.batch, d.rows = nil, b.N
	left := d.arena[d.row:]
	given := false
	for i := range b.Cols {
		if v := &b.Cols[i]; v.Kind.IsView() {
			v.Arenas[0] = d.arena[:d.row]
			given = true
		}
	}
	switch {
	case !given:
		d.arena = d.arena[:copy(d.arena, left)]
	case cap(d.spare) >= len(left)+arenaPadding:
		d.arena, d.spare = append(d.spare, left...), nil
	default:
		d.newArena(left)
	}
	d.at, d.row, d.field, d.inner, d.ends = 0, 0, 0, 0, d.ends[:0]
	d.format.restart()
	d.err = d.emit(b)
}

// span is where a field of a pending row lies in the arena.
func (d *decoder) span(r, k int) (start, end uint32, marked bool) {
	i := r*len(d.columns) + k
	e := d.ends[i]
	if k == 0 {
		return d.starts[r] + d.first, e & endMask, e&mark != 0
	}
	return d.ends[i-1]&endMask + d.gap, e & endMask, e&mark != 0
}

// value is the field of a pending row as its type's parser takes it.
func (d *decoder) value(r, k int) (b []byte, null bool) {
	start, end, marked := d.span(r, k)
	return d.format.value(d, k, d.arena[start:end:end], marked)
}

// lineContext is where an error in the line in progress is; with its text up to end, or
// without (noText).
func (d *decoder) lineContext(end int) string {
	where := fmt.Sprintf("COPY %s, line %d", d.o.Table, d.lineNumber())
	if end == noText {
		return where
	}
	return where + `: "` + shorten(d.arena[d.row:end]) + `"`
}

// failed says where an error in a value of a pending row is.
func (d *decoder) failed(r, k int, value []byte, err error) *pgerr.Error {
	e := *pgerr.From(err)
	if e.Where != "" {
		e.Where += "\n"
	}
	e.Where += fmt.Sprintf("COPY %s, line %d, column %s", d.o.Table, d.lines[r], d.o.Columns[k].Name)
	if d.o.Format != CopyBinary {
		e.Where += `: "` + shorten(value) + `"`
	}
	return &e
}

// shorten cuts what a context shows, at a character.
func shorten(b []byte) string {
	if len(b) <= displayBytes {
		return string(b)
	}
	n := displayBytes
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return string(b[:n]) + "..."
}
