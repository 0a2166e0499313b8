package exec

import (
	"context"
	"errors"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/table"
)

// ErrFillAgain is what Commit gives a transaction one of whose Indexes is of no use any
// more: the relation was truncated, or versions that it needs have been let go. Nothing of
// the transaction happened; after another CatchUp it may be committed again.
var ErrFillAgain = pgerr.New(pgerr.SerializationFailure, "could not serialize access due to concurrent update")

// IndexFill is a secondary index that was filled beside running ticks and waits to be
// attached by the tick of its CREATE INDEX (Txn.Indexes). One goroutine at a time uses it.
type IndexFill struct {
	// Op is what it is attached as. Until Commit it may be replaced by one of the same
	// columns.
	Op *IndexOp
	// Own tells of rows, by their identity columns, that the transaction itself has deleted:
	// they do not count as living where uniqueness is decided. nil: none are.
	Own func(id *col.Batch) bool

	e    *Engine
	rel  *relation
	pin  *table.Pin
	fill *table.Fill
	rows int64 // entered so far
	// ofTick says that nobody filled it before its tick, which let it be attached or gives
	// it up.
	ofTick bool
}

// NewIndexFill begins a secondary index over what a relation holds; Fill fills it.
func (e *Engine) NewIndexFill(op *IndexOp) (*IndexFill, error) {
	r, err := e.rels.get(op.Rel)
	if err != nil {
		return nil, err
	}
	return &IndexFill{Op: op, e: e, rel: r}, nil
}

// begin takes a new pin and an empty index.
func (f *IndexFill) begin() {
	f.Release()
	f.pin = f.e.pins.HoldHorizon()
	f.fill, f.rows = f.rel.store.NewFill(f.Op.Cols, f.Op.Unique, f.pin.Tick()), 0
}

// Fill is CatchUp over all that the relation holds: CPU-bound work like a query, of which at
// most as many run as there are cores. It is not for those who run a query.
func (f *IndexFill) Fill(ctx context.Context, progress func(rows int64)) error {
	select {
	case f.e.slots <- struct{}{}:
		defer func() { <-f.e.slots }()
	case <-ctx.Done():
		return canceled(ctx)
	}
	return f.CatchUp(ctx, progress)
}

// CatchUp enters, while ticks go on, what the relation holds and what has come meanwhile,
// until less than a small commit remains; the tick of the CREATE INDEX does the rest. progress
// (nil: none) is told the rows now and then. Errors: 23505 for a unique index when a key stands
// twice at one of the ticks passed, 57014 when ctx ends.
func (f *IndexFill) CatchUp(ctx context.Context, progress func(rows int64)) error {
	each := func(n int) error {
		if f.rows += int64(n); progress != nil && f.rows%col.BatchRows < int64(n) {
			progress(f.rows)
		}
		return endOf(ctx)
	}
	for n := int64(smallRows); n >= smallRows; {
		if f.lost() {
			f.begin()
		}
		var err error
		n, err = f.fill.Advance(f.e.pins.Published(), f.skip(), each)
		switch {
		case errors.Is(err, table.ErrTruncated) || f.lost():
			f.Release()
			n = smallRows
		case err != nil:
			return f.asked(err)
		}
	}
	return nil
}

// lost reports that there is no index yet, or that versions it needs have been let go.
func (f *IndexFill) lost() bool { return f.fill == nil || f.pin.Err() != nil }

// Yield says that the index will wait for its tick for as long as the client likes, so that
// old versions are not kept for it beyond what readers may hold back.
func (f *IndexFill) Yield() {
	if f.pin != nil {
		f.pin.Yield()
	}
}

// Release gives the index up, unless a tick has attached it.
func (f *IndexFill) Release() {
	if f.pin != nil {
		f.pin.Release()
	}
	f.pin, f.fill = nil, nil
}

// Lookup finds rows at a tick by the index before it is attached, as table.Store.Lookup
// does. The tick is a pinned one that CatchUp has passed.
func (f *IndexFill) Lookup(tick uint64, in []*col.Vector, cols []int, dst *col.Batch) (left []uint32, err error) {
	if f.lost() {
		return nil, table.ErrSnapshotTooOld
	}
	left, err = f.fill.Lookup(tick, in, cols, dst, nil)
	if err == nil {
		err = f.pin.Err()
	}
	return left, err
}

// skip is Own as the store asks it.
func (f *IndexFill) skip() func(table.Ref) bool {
	if f.Own == nil {
		return nil
	}
	id := col.NewBatch(typesAt(f.rel.Types, f.rel.Key)...)
	return func(r table.Ref) bool {
		id.Reset()
		f.fill.Copy(r, f.rel.Key, id)
		return f.Own(id)
	}
}

func typesAt(types []col.Type, at []int) []col.Type {
	out := make([]col.Type, len(at))
	for i, c := range at {
		out[i] = types[c]
	}
	return out
}

// asked is an error of the store in the words of the one who asked for the index.
func (f *IndexFill) asked(err error) error {
	var twice *table.Duplicate
	if errors.As(err, &twice) {
		return errTwice(f.rel, f.Op, twice.Key)
	}
	return err
}

// errTwice is the error for a unique index that rows of the relation forbid, with the key
// that stands twice, a row of the index's columns.
func errTwice(r *relation, x *IndexOp, key *col.Batch) error {
	e := pgerr.New(pgerr.UniqueViolation, "could not create unique index %q", x.Label)
	e.Table, e.Constraint = r.Name, x.Label
	return e.WithDetail("Key (%s)=(%s) is duplicated.", namesOf(&r.Relation, x.Cols), textOf(key, firstN(len(x.Cols)), 0))
}

// finish completes, in the tick, the index of a transaction whose writes are resolved, and
// decides whether it may be unique.
func (r *Resolver) finish(x *IndexOp, t *Txn) error {
	p, fresh := r.by[x.Rel], r.fresh[x.Rel]
	f := t.index(x.Name)
	if f == nil && fresh == nil {
		var err error
		if f, err = r.e.NewIndexFill(x); err != nil {
			return nil // a view of this very tick, whose index is made with it
		}
		f.begin()
		f.ofTick = true
		t.Indexes = append(t.Indexes, f)
	}
	var err error
	if f != nil {
		if f.lost() {
			return ErrFillAgain
		}
		err = f.asked(f.fill.Finish(p.leaves))
		if errors.Is(err, table.ErrTruncated) {
			return ErrFillAgain
		}
	}
	if err == nil && x.Unique && p != nil {
		err = p.bornTwice(r.e.seed, x, f)
	}
	if err != nil && t.Explicit && pgerr.CodeOf(err) == pgerr.UniqueViolation {
		return errConflict() // the client was told that there is no such key
	}
	return err
}

// index is the transaction's filled index of a name in the store, nil if there is none.
func (t *Txn) index(name string) *IndexFill {
	for _, f := range t.Indexes {
		if f.Op.Name == name {
			return f
		}
	}
	return nil
}

// giveUp releases the indexes that a refused transaction did not bring itself.
func (t *Txn) giveUp() {
	t.Indexes = slices.DeleteFunc(t.Indexes, func(f *IndexFill) bool {
		if f.ofTick {
			f.Release()
		}
		return f.ofTick
	})
}

// leaves reports whether a row of before the tick leaves in it.
func (p *pending) leaves(r table.Ref) bool {
	if p == nil {
		return false
	}
	_, died := p.died[r]
	return p.cut || died
}

// bornTwice is the error when a row that comes in this tick has the key of another one, or
// of one of before it that stays. f is nil when there are none of before.
func (p *pending) bornTwice(seed col.Seed, x *IndexOp, f *IndexFill) error {
	type row struct {
		canon []*col.Vector
		at    int
	}
	seen := map[uint64][]row{}
	for _, b := range p.coming() {
		keys, canon := columnsAt(b, x.Cols), canonicalKeys(b, x.Cols)
		taken := make([]bool, b.N)
		if f != nil {
			left, refs := f.fill.Living(keys)
			for i, l := range left {
				taken[l] = taken[l] || !p.leaves(refs[i])
			}
		}
		hash := make([]uint64, b.N)
		seed.Keys(hash, canon)
		for i := range b.N {
			if anyNull(b, x.Cols, i) {
				continue
			}
			for _, o := range seen[hash[i]] {
				taken[i] = taken[i] || equalKeys(canon, i, o.canon, o.at)
			}
			if taken[i] {
				return p.errTwice(x, b, i)
			}
			seen[hash[i]] = append(seen[hash[i]], row{canon, i})
		}
	}
	return nil
}

func (p *pending) errTwice(x *IndexOp, b *col.Batch, i int) error {
	key := col.NewBatch(typesAt(p.rel.Types, x.Cols)...)
	part := &col.Batch{N: b.N}
	for _, c := range x.Cols {
		part.Cols = append(part.Cols, b.Cols[c])
	}
	key.AppendRow(part, i, 1)
	return errTwice(p.rel, x, key)
}

func equalKeys(a []*col.Vector, i int, b []*col.Vector, j int) bool {
	for k := range a {
		if !col.EqualAt(a[k], i, b[k], j) {
			return false
		}
	}
	return true
}

// attachIndex gives a relation a secondary index that was decided: the filled one, or in
// replay one made at once.
func (e *Engine) attachIndex(r *relation, x *IndexOp, f *IndexFill) {
	if f != nil {
		r.store.Attach(f.fill, x.Name)
		f.Release()
	} else {
		fill := r.store.NewFill(x.Cols, x.Unique, e.pins.Horizon())
		if err := fill.Finish(func(table.Ref) bool { return true }); err != nil {
			e.stop(err)
			return
		}
		r.store.Attach(fill, x.Name)
	}
	e.rels.reshape(r, x.Relation)
}

// indexes is the filled indexes of a tick's transactions by their names in the store.
func indexes(in []*entry) map[string]*IndexFill {
	out := map[string]*IndexFill{}
	for _, x := range in {
		for _, f := range x.txn.Indexes {
			out[f.Op.Name] = f
		}
	}
	return out
}
