package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/wire"
)

// copy carries out COPY FROM STDIN or TO STDOUT.
func (s *Session) copy(ctx context.Context, c *fn.Ctx, p *planner.CopyPlan) (string, error) {
	o, err := s.copyOptions(p)
	if err != nil {
		return "", err
	}
	if p.From {
		return s.copyIn(ctx, c, p, o)
	}
	return s.copyOut(ctx, c, p, o)
}

func (s *Session) copyOptions(p *planner.CopyPlan) (wire.CopyOptions, error) {
	format := map[string]wire.CopyFormat{"text": wire.CopyText, "csv": wire.CopyCSV, "binary": wire.CopyBinary}[p.Format]
	name := ""
	if p.Relation != nil {
		name = p.Relation.Name
	}
	o := wire.DefaultCopyOptions(format, name, p.Columns)
	if p.Delimiter != 0 {
		o.Delimiter = p.Delimiter
	}
	if p.Quote != 0 {
		o.Quote, o.Escape = p.Quote, p.Quote
	}
	if p.Escape != 0 {
		o.Escape = p.Escape
	}
	o.Null = p.Null
	o.Header = map[string]wire.CopyHeader{"": wire.HeaderNone, "true": wire.HeaderSkip, "match": wire.HeaderMatch}[p.Header]
	o.ForceQuote, o.ForceNull, o.ForceNotNull = marked(p.ForceQuote, len(p.Columns)), marked(p.ForceNull, len(p.Columns)), marked(p.ForceNotNul, len(p.Columns))
	times := s.times // what is read beside the statement may outlive it
	o.Settings = &times
	return o, o.Check()
}

func marked(at []int, n int) []bool {
	if len(at) == 0 {
		return nil
	}
	out := make([]bool, n)
	for _, i := range at {
		out[i] = true
	}
	return out
}

// copyIn gathers the rows of COPY FROM and lets them come: all at once, or so many rows
// a transaction as commit_every says.
type copyIn struct {
	s     *Session
	ctx   context.Context
	c     *fn.Ctx
	p     *planner.CopyPlan
	dec   wire.CopyDecoder
	room  copyRoom
	plain bool  // the data's columns are the relation's, as they come
	seen  int64 // rows of the data that were taken
	rows  []*col.Batch
	from  []origin // of each of rows
	kept  []uint32 // rows of the last batch that WHERE let through; nil without one
	n     int64    // rows gathered
	bytes int64
	total int64
	open  string   // the partition that is open; empty: none
	came  bool     // data have come
	ended bool     // no more will
	told  exec.Txn // what there is to tell of late rows
}

func (s *Session) copyIn(ctx context.Context, c *fn.Ctx, p *planner.CopyPlan, o wire.CopyOptions) (string, error) {
	in := &copyIn{s: s, ctx: ctx, c: c, p: p, plain: plainCopy(p)}
	in.room = s.srv.newCopyRoom()
	if in.plain {
		o.Room = in.room.give
	}
	o.Done = ctx.Done()
	var err error
	if in.dec, err = wire.NewCopyDecoder(o, in.take); err != nil {
		return "", err
	}
	defer in.dec.Close(in.room.close)
	defer in.closePartition()
	s.conn.CopyInResponse(o.Format, len(p.Columns))
	if err := s.conn.Flush(); err != nil {
		return "", err
	}
	if err := in.receive(); err != nil {
		return "", err
	}
	in.ended = true
	switch err := in.dec.Flush(); {
	case ctx.Err() != nil:
		return "", causeOf(ctx)
	case err != nil:
		return "", err
	}
	if err := in.store(); err != nil {
		return "", err
	}
	s.tellLate(&in.told)
	return fmt.Sprintf("COPY %d", in.total), nil
}

// plainCopy reports whether the rows are stored just as the data has them.
func plainCopy(p *planner.CopyPlan) bool {
	if p.Where != nil || len(p.Program.Generated)+len(p.Program.NotNull)+len(p.Program.Checks) > 0 {
		return false
	}
	return passes(p.Relation, p.Program)
}

// passes reports whether a program hands its input's columns on as the relation's, but for
// hidden ones, which the engine fills.
func passes(r *catalog.Relation, p *planner.RowProgram) bool {
	for i, x := range p.Exprs {
		if r.Columns[i].Hidden {
			continue
		}
		if c, ok := x.(*expr.Column); !ok || c.Index != i || !c.Type().Is(r.Columns[i].Type) || c.Type() != r.Columns[i].Type {
			return false
		}
	}
	return true
}

// receive feeds the decoder until the data end. After an error the client goes on sending
// until it sees it; the session drops what is left over.
func (in *copyIn) receive() error {
	for {
		if err := in.openPartition(); err != nil {
			return err
		}
		m, err := in.s.conn.Receive()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = pgerr.New(pgerr.ConnectionFailure, "unexpected EOF on client connection with an open transaction")
			}
			return err
		}
		switch m := m.(type) {
		case *wire.CopyData:
			in.sign()
			err := in.dec.Feed(m.Data)
			if err == nil && in.p.CommitEvery > 0 {
				err = in.dec.Drain()
			}
			if in.ctx.Err() != nil {
				err = causeOf(in.ctx)
			}
			if err != nil {
				return err
			}
		case *wire.CopyDone:
			return nil
		case *wire.CopyFail:
			return pgerr.New(pgerr.QueryCanceled, "COPY from stdin failed: %s", m.Reason)
		case *wire.Flush, *wire.Sync:
		default:
			return pgerr.New(pgerr.ProtocolViolation, "unexpected message during COPY from stdin")
		}
	}
}

func causeOf(ctx context.Context) error {
	var e *pgerr.Error
	if errors.As(context.Cause(ctx), &e) {
		return e
	}
	return errCanceled()
}

// take gets the next rows.
func (in *copyIn) take(b *col.Batch) error {
	rows, err := in.makeRows(b)
	if err != nil {
		return in.placed(b, err)
	}
	from := origin{first: in.seen, kept: in.kept}
	in.seen += int64(b.Len())
	if !in.plain { // the rows are copies
		in.dec.Reuse(b)
	}
	if rows.N == 0 {
		return nil
	}
	in.rows, in.from = append(in.rows, rows), append(in.from, from)
	in.n += int64(rows.N)
	in.bytes += rows.Bytes()
	if in.p.CommitEvery > 0 && in.n >= in.p.CommitEvery && in.s.txn == nil {
		return in.store()
	}
	if most := in.s.srv.opt.Memory / 4; most > 0 && in.bytes > most || in.room.owner.Out() {
		return pgerr.New(pgerr.OutOfMemory, "this COPY takes more than a quarter of the memory budget").
			WithHint("Commit it in parts: COPY … WITH (commit_every 65536).")
	}
	return nil
}

// origin is where the rows of a batch stood in the data: one after another from the first
// on, or at the kept places behind it.
type origin struct {
	first int64
	kept  []uint32 // nil: all
}

func (o origin) row(i int) int64 {
	if o.kept != nil {
		return o.first + int64(o.kept[i])
	}
	return o.first + int64(i)
}

// placed says where in the data the first row is that cannot be stored.
func (in *copyIn) placed(b *col.Batch, err error) error {
	for i := range b.Len() {
		one := col.NewBatch(b.Types()...)
		one.AppendRow(b, b.Row(i), 1)
		if _, failed := in.makeRows(one); failed != nil {
			return in.at(in.seen+int64(i), failed)
		}
	}
	return err
}

// at says where the row of the data is that an error is about.
func (in *copyIn) at(row int64, err error) error {
	e := *pgerr.From(err)
	e.Where = fmt.Sprintf("COPY %s, line %d", in.p.Relation.Name, in.dec.Line(row))
	return &e
}

func (in *copyIn) makeRows(b *col.Batch) (*col.Batch, error) {
	if in.plain {
		out := &col.Batch{N: b.N, Cols: append([]col.Vector(nil), b.Cols...)}
		for i := len(out.Cols); i < len(in.p.Relation.Columns); i++ {
			out.Cols = append(out.Cols, *col.NullVector(in.p.Relation.Columns[i].Type, b.N))
		}
		return out, nil
	}
	defer in.c.Reset()
	if in.p.Where != nil {
		sel := expr.Filter(in.c, in.p.Where, b, nil)
		if m := in.c.Marks(); len(m) > 0 {
			return nil, m[0].Err
		}
		part := *b
		if part.Sel = sel; sel == nil {
			part.Sel = []uint32{}
		}
		in.kept = slices.Clone(part.Sel)
		b = part.Compact()
	}
	rows, err := in.s.makeRows(in.c, in.p.Relation, in.p.Program, b)
	if err != nil {
		return nil, err
	}
	return ownRows(in.p.Relation.Types(), rows), nil
}

// store lets the gathered rows come.
func (in *copyIn) store() error {
	defer in.room.release()
	rows, from := in.rows, in.from
	in.total += in.n
	in.rows, in.from, in.n, in.bytes = nil, nil, 0, 0
	if len(rows) == 0 {
		return nil
	}
	if in.s.txn != nil {
		return in.buffer(rows, from)
	}
	x := &exec.Txn{Partition: in.open, Events: in.closing()}
	for _, r := range rows {
		x.Writes = append(x.Writes, exec.Write{Rel: uint32(in.p.Relation.OID), New: r, Refused: -1})
	}
	err := in.s.commit(in.ctx, in.p.Relation.OID, x)
	for i, w := range x.Writes {
		if err != nil && w.Refused >= 0 {
			return in.at(from[i].row(w.Refused), err)
		}
	}
	in.closed(x, err)
	in.told.LateRows += x.LateRows
	in.told.Diverted += x.Diverted
	in.told.LateKept += x.LateKept
	in.dec.Line(in.seen) // what is stored is not asked for any more
	return err
}

// buffer lets the rows come in the transaction.
func (in *copyIn) buffer(rows []*col.Batch, from []origin) error {
	b, err := in.s.txn.buffer(in.p.Relation)
	if err != nil {
		return err
	}
	for i, r := range rows {
		if _, refused, err := b.insert(r, false, nil); pgerr.CodeOf(err) == pgerr.UniqueViolation {
			return in.at(from[i].row(refused), err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// copyOut sends the rows of COPY TO.
func (s *Session) copyOut(ctx context.Context, c *fn.Ctx, p *planner.CopyPlan, o wire.CopyOptions) (string, error) {
	if p.Subscribe != nil {
		return "", s.subscribe(ctx, p.Subscribe, &o, nil)
	}
	e, err := wire.NewCopyEncoder(o)
	if err != nil {
		return "", err
	}
	started := false
	start := func() {
		if !started {
			started = true
			s.conn.CopyOutResponse(o.Format, len(p.Columns))
		}
	}
	out := &output{s: s, copy: func(b *col.Batch) error { start(); return s.conn.CopyRows(e, b) }}
	if err := s.query(ctx, c, p.Query, out); err != nil {
		return "", err
	}
	start()
	if err := s.conn.CopyEnd(e); err != nil {
		return "", err
	}
	return fmt.Sprintf("COPY %d", out.rows), nil
}
