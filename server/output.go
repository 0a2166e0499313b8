package server

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/wire"
)

// output is where the rows of a statement go: to the client at once, or into a portal
// that is asked for them a part at a time.
type output struct {
	s        *Session
	describe bool // the columns are told first (simple protocol)
	formats  []int16
	encoder  *wire.Encoder
	names    []*fn.Scalar // of columns that hold numbers of objects and are sent as names
	rows     int64
	kept     *keptRows // not nil: rows wait for the client to ask
	// committed: what the rows tell of has been, so that nothing may refuse them.
	committed bool
	copy      func(b *col.Batch) error
}

// keptRows are the rows of a portal that the client reads in parts.
type keptRows struct {
	batches []*col.Batch
	bytes   int64
	skip    int64 // rows of the first batch that were sent
	encoder *wire.Encoder
	tag     string
}

// mostKept bounds the rows of a portal that wait for its client.
const mostKept = 256 << 20

// begin tells the columns.
func (o *output) begin(columns []col.Column) {
	if o.copy != nil {
		return
	}
	types := make([]col.Type, len(columns))
	for i, c := range columns {
		types[i] = c.Type
	}
	o.named(types)
	o.encoder = wire.NewEncoder(types, o.formats, &o.s.times)
	if o.describe {
		o.s.conn.RowDescription(wire.FieldsOf(columns, o.formats))
	}
}

// named finds the columns that are sent as names: regclass and its like, in text.
func (o *output) named(types []col.Type) {
	for i, t := range types {
		f := planner.NameOf(t)
		if f == nil || len(o.formats) == 1 && o.formats[0] == 1 || len(o.formats) > 1 && o.formats[i] == 1 {
			continue
		}
		if o.names == nil {
			o.names = make([]*fn.Scalar, len(types))
		}
		o.names[i], types[i] = f, col.Text
	}
}

// put takes a batch of rows, valid for the call.
func (o *output) put(b *col.Batch) error {
	if o.names != nil {
		c := o.s.context(nil)
		cols := append([]col.Vector(nil), b.Cols...)
		for i, f := range o.names {
			if f != nil {
				cols[i] = *f.Apply(c, []*col.Vector{&b.Cols[i]}, b.Sel, b.N, col.Text)
			}
		}
		b = &col.Batch{N: b.N, Cols: cols, W: b.W, Sel: b.Sel}
	}
	for i := range b.Len() {
		o.rows += max(b.Weight(b.Row(i)), 0)
	}
	if len(o.s.drawn) > 0 {
		if err := o.s.secure(o.s.running); err != nil {
			return err
		}
	}
	switch {
	case o.copy != nil:
		return o.copy(b)
	case o.kept != nil:
		c := col.NewBatch(b.Types()...)
		c.AppendBatch(b)
		c.Own()
		if o.kept.bytes += c.Bytes(); o.kept.bytes > mostKept && !o.committed {
			return pgerr.New(pgerr.OutOfMemory, "the rows of this portal take more than %d MB", mostKept>>20).
				WithHint("Read all rows at once, or narrow the query.")
		}
		o.kept.batches = append(o.kept.batches, c)
		return nil
	}
	_, err := o.s.conn.Rows(o.encoder, b, 0, -1)
	return err
}

// send sends at most limit rows of a portal (0: all), and reports whether more wait.
func (k *keptRows) send(c *wire.Conn, limit int64) (sent int64, more bool, err error) {
	for len(k.batches) > 0 {
		b := k.batches[0]
		left := int64(-1)
		if limit > 0 {
			if left = limit - sent; left == 0 {
				return sent, true, nil
			}
		}
		n, err := c.Rows(k.encoder, b, k.skip, left)
		if err != nil {
			return sent, false, err
		}
		sent += n
		total := int64(0)
		for i := range b.Len() {
			total += max(b.Weight(b.Row(i)), 0)
		}
		if k.skip += n; k.skip >= total {
			k.batches, k.skip = k.batches[1:], 0
		}
	}
	return sent, limit > 0 && sent == limit, nil // as PostgreSQL: it has not looked further
}

// textRows makes a batch of text columns.
func textRows(columns int, rows [][]string) *col.Batch {
	types := make([]col.Type, columns)
	for i := range types {
		types[i] = col.Text
	}
	b := col.NewBatch(types...)
	for _, r := range rows {
		for c := range columns {
			b.Cols[c].AppendString(r[c])
		}
		b.Grow(b.N+1, 1)
	}
	return b
}

// notice sends a notice or warning, unless client_min_messages asks for worse only.
func (s *Session) notice(e *pgerr.Error) {
	least, _ := s.Setting("client_min_messages")
	if least == "error" || least == "warning" && e.Severity != "WARNING" {
		return
	}
	s.conn.Notice(e)
}
