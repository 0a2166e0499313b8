package server

import (
	"context"
	"strings"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/storage/table"
	"github.com/millracedb/millrace/wire"
)

var tableAll table.Access

// subscription sends a relation's changes as they happen: first its rows, then what each
// tick does to it, as rows mr_tick, mr_diff and the columns.
type subscription struct {
	s        *Session
	rel      *catalog.Relation
	cols     []int
	types    []col.Type
	put      func(b *col.Batch) error
	snapshot bool
}

var _ = statement(func(ctx context.Context, s *Session, x *ast.Subscribe, out *output) (string, error) {
	return "", s.subscribe(ctx, x, nil, out)
})

// subscribe carries out SUBSCRIBE until the client cancels it or goes, and puts the rows
// out; copy, if not nil, is the form of COPY (SUBSCRIBE …) TO STDOUT.
func (s *Session) subscribe(ctx context.Context, x *ast.Subscribe, copy *wire.CopyOptions, out *output) error {
	if s.txn != nil && s.txn.block && len(s.txn.order) > 0 {
		return pgerr.New(pgerr.ActiveSQLTransaction, "SUBSCRIBE cannot run in a transaction that has written")
	}
	sub, err := s.subscription(x)
	if err != nil {
		return err
	}
	columns := []col.Column{{Name: "mr_tick", Type: col.Int8}, {Name: "mr_diff", Type: col.Int8}}
	for _, i := range sub.cols {
		columns = append(columns, col.Column{Name: sub.rel.Columns[i].Name, Type: sub.rel.Columns[i].Type})
	}
	if copy != nil {
		o := *copy
		o.Columns = columns
		e, err := wire.NewCopyEncoder(o)
		if err != nil {
			return err
		}
		s.conn.CopyOutResponse(o.Format, len(columns))
		sub.put = func(b *col.Batch) error { return s.conn.CopyRows(e, b) }
		return sub.run(ctx, x)
	}
	out.begin(columns)
	sub.put = out.put
	return sub.run(ctx, x)
}

// subscription finds what is subscribed to.
func (s *Session) subscription(x *ast.Subscribe) (*subscription, error) {
	env := s.environment("")
	q := x.Query
	sub := &subscription{s: s, snapshot: true}
	if q == nil {
		r, err := env.Catalog.Lookup(env.Path, x.Relation.Schema, x.Relation.Name)
		if err != nil {
			return nil, err
		}
		sub.rel = r
	} else {
		p, err := planner.Query(env, q, nil)
		if err != nil {
			return nil, err
		}
		if sub.rel = p.Query.Relation; sub.rel == nil {
			return nil, pgerr.Unsupported("SUBSCRIBE to a query").WithHint("Create a materialized view with the query and subscribe to that.")
		}
	}
	if sub.rel.Kind == catalog.View || !sub.rel.Stored() && sub.rel.Kind == catalog.System {
		return nil, pgerr.New(pgerr.WrongObjectType, "cannot subscribe to %s %q", sub.rel.Kind, sub.rel.Name).
			WithHint("Subscribe to a table, a stream or a materialized view.")
	}
	for i, c := range sub.rel.Columns {
		if !c.Hidden {
			sub.cols = append(sub.cols, i)
			sub.types = append(sub.types, c.Type)
		}
	}
	return sub, sub.options(x.Options)
}

func (sub *subscription) options(with []*ast.Option) error {
	for _, o := range with {
		on := !strings.EqualFold(o.Value, "false") && !strings.EqualFold(o.Value, "off") && o.Value != "0"
		switch strings.ToLower(o.Name) {
		case "snapshot":
			sub.snapshot = on
		case "progress":
			if on {
				return pgerr.Unsupported("SUBSCRIBE … WITH (progress)")
			}
		default:
			return pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", o.Name)
		}
	}
	return nil
}

// run sends the rows and then the changes.
func (sub *subscription) run(ctx context.Context, x *ast.Subscribe) error {
	if x.AsOf != nil {
		return pgerr.Unsupported("SUBSCRIBE … AS OF")
	}
	e := sub.s.srv.engine
	store, err := e.Store(uint32(sub.rel.OID))
	if err != nil {
		return err
	}
	snap := e.Snapshot()
	defer snap.Release()
	if sub.snapshot {
		for b, err := range store.At(snap.AsOf(uint32(sub.rel.OID)), sub.cols, tableAll) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return sub.ended(ctx, err)
			}
			if err := sub.send(snap.Tick, b); err != nil {
				return err
			}
		}
	}
	if err := sub.s.conn.Flush(); err != nil {
		return err
	}
	return sub.follow(ctx, e, snap)
}

// follow sends the changes of each tick, and notices when the client has gone.
func (sub *subscription) follow(ctx context.Context, e *exec.Engine, snap *exec.Snapshot) error {
	go sub.watch(ctx)
	for {
		p, err := e.Await(ctx, snap.Tick)
		if err != nil {
			return sub.ended(ctx, err)
		}
		if err := snap.Err(); err != nil {
			return pgerr.From(err).WithDetail("The subscription had read up to tick %d.", snap.Tick)
		}
		store, err := e.Store(uint32(sub.rel.OID))
		if pgerr.CodeOf(err) == pgerr.UndefinedTable {
			return pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", sub.rel.Name).WithDetail("It was dropped.")
		}
		if err != nil {
			return err
		}
		err = store.Changes(snap.Tick, p.Tick, sub.cols, func(tick uint64, b *col.Batch) error { return sub.send(tick, b) })
		if err != nil {
			return sub.ended(ctx, err)
		}
		snap.Advance(p.Tick)
		if err := sub.s.conn.Flush(); err != nil {
			return err
		}
	}
}

// watch ends the statement once the client has closed its end.
func (sub *subscription) watch(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if !sub.s.conn.Alive() {
				sub.s.interrupt(pgerr.New(pgerr.ConnectionFailure, "the client has gone"))
				return
			}
		}
	}
}

func (sub *subscription) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return causeOf(ctx)
	}
	return err
}

// send sends rows with their tick and weights.
func (sub *subscription) send(tick uint64, b *col.Batch) error {
	out := &col.Batch{N: b.N, Sel: b.Sel, Cols: make([]col.Vector, 2, 2+len(b.Cols))}
	for k := range 2 {
		out.Cols[k].Reset(col.Int8)
		out.Cols[k].Resize(b.N)
	}
	for i := range b.N {
		out.Cols[0].I64[i], out.Cols[1].I64[i] = int64(tick), b.Weight(i)
	}
	out.Cols = append(out.Cols, b.Cols...)
	return sub.put(out)
}
