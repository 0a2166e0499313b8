package server

import (
	"context"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// upsert is INSERT … ON CONFLICT DO UPDATE, row by row against the newest rows; where subqueries say what becomes
// of rows, against those that the statement sees, and these rows after the others.
type upsert struct {
	ctx     context.Context
	s       *Session
	c       *fn.Ctx
	p       *planner.InsertPlan
	arbiter *exec.Unique
	touched map[string]bool
	count   int64
	stored  *col.Batch
	from    []int64    // stored row i comes from this row of the statement
	met     *col.Batch // that wait for their subqueries: the existing row, and the one to insert
	metFrom []int64
}

func (s *Session) upsertOf(ctx context.Context, c *fn.Ctx, p *planner.InsertPlan) *upsert {
	if p.Conflict == nil || p.Conflict.Update == nil {
		return nil
	}
	return &upsert{ctx: ctx, s: s, c: c, p: p, arbiter: s.arbiter(p.Relation, p.Conflict.Arbiter)}
}

func (u *upsert) run(w writer, rows *col.Batch) error {
	types := u.p.Relation.Types()
	u.count, u.stored, u.touched, u.from = 0, col.NewBatch(types...), map[string]bool{}, nil
	u.met, u.metFrom = col.NewBatch(slices.Concat(types, types)...), nil
	for i := range rows.N {
		if u.ctx.Err() != nil {
			return causeOf(u.ctx)
		}
		one := col.NewBatch(types...)
		one.AppendRow(rows, i, 1)
		keys := make([]*col.Vector, len(u.arbiter.Cols))
		for k, c := range u.arbiter.Cols {
			keys[k] = &one.Cols[c]
		}
		old := col.NewBatch(types...)
		if !hasNull(one, u.arbiter.Cols, 0) {
			if _, err := w.Lookup(uint32(u.p.Relation.OID), u.arbiter, keys, old); err != nil {
				return err
			}
		}
		if err := u.one(w, one, old, int64(i)); err != nil {
			return err
		}
	}
	return u.late(w)
}

// one takes a row to insert, and the row with its key if there is one.
func (u *upsert) one(w writer, one, old *col.Batch, from int64) error {
	key := keyText(one, u.arbiter.Cols, 0)
	switch {
	case old.N == 0:
		u.touched[key] = true
		u.keep(one, from)
		return w.Insert(uint32(u.p.Relation.OID), one)
	case u.touched[key]:
		return errSecondTime()
	}
	both := &col.Batch{N: 1, Cols: slices.Concat(old.Cols, one.Cols)}
	if u.p.Conflict.Beside != nil {
		u.met.AppendBatch(both)
		u.metFrom = append(u.metFrom, from)
		return nil
	}
	return u.update(w, both, from)
}

func errSecondTime() error {
	return pgerr.New(pgerr.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
		WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
}

// late updates the rows that wait for their subqueries.
func (u *upsert) late(w writer) error {
	if u.met.N == 0 {
		return nil
	}
	rows, err := u.s.beside(u.ctx, u.c, u.p.Conflict.Beside, u.met)
	if err != nil {
		return err
	}
	for i, from := range u.metFrom {
		both := col.NewBatch(rows.Types()...)
		both.AppendRow(rows, i, 1)
		if u.touched[keyText(&col.Batch{N: 1, Cols: both.Cols[len(u.p.Relation.Columns):]}, u.arbiter.Cols, 0)] {
			return errSecondTime()
		}
		if err := u.update(w, both, from); err != nil {
			return err
		}
	}
	order := make([]uint32, len(u.from))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return int(u.from[a] - u.from[b]) })
	u.stored.Sel = order
	u.stored = u.stored.Compact()
	return nil
}

// update puts what the statement says in the place of an existing row: both is this row, and behind it the one to
// insert.
func (u *upsert) update(w writer, both *col.Batch, from int64) error {
	defer u.c.Reset()
	oid, width := uint32(u.p.Relation.OID), len(u.p.Relation.Columns)
	if u.p.Conflict.Where != nil {
		sel := expr.Filter(u.c, u.p.Conflict.Where, both, nil)
		if m := u.c.Marks(); len(m) > 0 {
			return m[0].Err
		}
		if len(sel) == 0 {
			return nil
		}
	}
	made, err := u.s.makeRows(u.c, u.p.Relation, u.p.Conflict.Update, both)
	if err != nil {
		return err
	}
	row := ownRows(u.p.Relation.Types(), made)
	if err := w.Delete(oid, &col.Batch{N: 1, Cols: both.Cols[:width]}, 0); err != nil {
		return err
	}
	u.touched[keyText(&col.Batch{N: 1, Cols: both.Cols[width:]}, u.arbiter.Cols, 0)] = true
	u.keep(row, from)
	return w.Insert(oid, row)
}

func (u *upsert) keep(row *col.Batch, from int64) {
	u.count++
	u.stored.AppendRow(row, 0, 1)
	u.from = append(u.from, from)
}

// beside runs the subqueries of a statement over rows that it has at hand: the rows in their order, their numbers,
// and behind them what the subqueries give. There is one row at least.
func (s *Session) beside(ctx context.Context, c *fn.Ctx, b *planner.Beside, rows *col.Batch) (*col.Batch, error) {
	numbers := *col.NewVector(col.Int8)
	for i := range rows.N {
		numbers.AppendI64(int64(i))
	}
	s.atHand = []*col.Batch{{N: rows.N, Cols: append(rows.Cols[:b.Width:b.Width], numbers)}}
	defer func() { s.atHand = nil }()
	var kept []*col.Batch
	snap := s.snapshot()
	defer snap.Release()
	if err := s.run(ctx, s.context(c.Params), snap.Snapshot, b.Root, keeping(s, &kept).put); err != nil {
		return nil, err
	}
	out := col.NewBatch(kept[0].Types()...)
	for _, made := range kept {
		out.AppendBatch(made)
	}
	order := make([]uint32, out.N)
	for i := range out.N {
		order[out.Cols[b.Width].I64[i]] = uint32(i)
	}
	out.Sel = order
	return out.Compact(), nil
}
