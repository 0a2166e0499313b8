package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/table"
)

// Resolver decides the transactions of one tick, one after another in queue order,
// against the newest state and the effects of those before. Whatever can be refused is
// refused here, before the log. It belongs to the tick's goroutine and lasts for a tick.
type Resolver struct {
	e    *Engine
	tick uint64
	now  int64
	by   map[uint32]*pending
	list []*pending
	txn  *Txn
	undo []func()
	ddl  [][]byte
	// dropped are the store's names of the indexes that the transaction drops.
	dropped []string
	held    map[lockKey]heldRow // by the transactions so far
	// fresh are the relations that transactions of this tick create.
	fresh map[uint32]*relation
	// leaving are the relations that the transaction drops.
	leaving []uint32
	no      uint64     // of the transaction in the tick, from 1
	touched []*pending // by the transaction
}

// pending is what the tick does to one relation so far.
type pending struct {
	rel     *relation
	cut     bool                   // truncated: none of the rows before counts
	died    map[table.Ref]struct{} // rows of before that leave
	dead    *col.Batch             // the same, whole
	deadOut []bool                 // of dead: taken back when its transaction failed
	born    []*col.Batch
	where   []place          // of every row born
	gone    map[int]struct{} // rows born that left again
	unique  []map[uint64][]int
	mark    int64      // watermark after the transactions so far
	parts   partitions // as the watermark

	referrers []referrers // of the foreign keys; nil: not asked for yet
	mine      touched
}

// place is a row of pending.born.
type place struct{ batch, row int }

func (e *Engine) newResolver(tick uint64, now int64) *Resolver {
	return &Resolver{e: e, tick: tick, now: now, by: map[uint32]*pending{}, held: map[lockKey]heldRow{}, fresh: map[uint32]*relation{}}
}

// Now is the instant of the tick, µs since 2000-01-01.
func (r *Resolver) Now() int64 { return r.now }

func (r *Resolver) pending(oid uint32) (*pending, error) {
	if p := r.by[oid]; p != nil {
		r.touch(p)
		return p, nil
	}
	rel := r.fresh[oid]
	if rel == nil {
		var err error
		if rel, err = r.e.rels.get(oid); err != nil {
			return nil, err
		}
	}
	p := &pending{rel: rel, died: map[table.Ref]struct{}{}, gone: map[int]struct{}{}, mark: rel.mark, parts: rel.parts, unique: make([]map[uint64][]int, len(rel.Unique))}
	for i := range p.unique {
		p.unique[i] = map[uint64][]int{}
	}
	r.by[oid] = p
	r.list = append(r.list, p)
	r.touch(p)
	return p, nil
}

// resolve decides one transaction, and the indexes among what its diff asks for; on an
// error, or a panic, nothing of it remains.
func (r *Resolver) resolve(t *Txn, ops []Op) (err error) {
	r.txn, r.undo, r.touched = t, r.undo[:0], r.touched[:0]
	r.no++
	done := false
	defer func() {
		if !done {
			for _, f := range slices.Backward(r.undo) {
				f()
			}
		}
	}()
	r.dropped, r.leaving = droppedIn(ops)
	held, err := r.lockAll(t.locks)
	if err != nil {
		return err
	}
	for _, v := range t.Events {
		if !v.Close {
			r.event(v)
		}
	}
	for i := range t.Writes {
		if err := r.write(&t.Writes[i]); err != nil {
			return err
		}
	}
	for _, op := range ops {
		if op.Index != nil && !op.Index.Drop {
			if err := r.finish(op.Index, t); err != nil {
				return err
			}
		}
	}
	if err := r.references(); err != nil {
		if t.Explicit && pgerr.CodeOf(err) == pgerr.ForeignKeyViolation {
			return errConflict() // the client was told that every row finds its own
		}
		return err
	}
	for _, v := range t.Events {
		if v.Close {
			r.event(v)
		}
	}
	hold(r.held, held)
	done = true
	return nil
}

// droppedIn is the indexes and the relations that a transaction drops.
func droppedIn(ops []Op) (indexes []string, relations []uint32) {
	for _, op := range ops {
		switch {
		case op.Index != nil && op.Index.Drop:
			indexes = append(indexes, op.Index.Name)
		case op.Drop != 0:
			relations = append(relations, op.Drop)
		}
	}
	return indexes, relations
}

func (r *Resolver) write(w *Write) error {
	if w.Point != nil {
		return w.Point(r)
	}
	if w.Truncate {
		return r.truncate(w.Rel)
	}
	if w.Advance != nil {
		return r.advance(w.Rel, *w.Advance)
	}
	if w.Dead != nil && w.Dead.Len() > 0 {
		at := w.Snapshot
		if at == 0 {
			at = r.txn.Snapshot
		}
		if err := r.deleteAll(w.Rel, w.Dead.Compact(), at); err != nil {
			return err
		}
	}
	if w.New != nil && w.New.Len() > 0 {
		return r.insert(w)
	}
	return nil
}

func (r *Resolver) truncate(oid uint32) error {
	p, err := r.pending(oid)
	if err != nil {
		return err
	}
	saved := *p
	r.undo = append(r.undo, func() { *p = saved })
	mark := p.mark
	*p = pending{rel: p.rel, cut: true, parts: p.parts, died: map[table.Ref]struct{}{}, gone: map[int]struct{}{}, mark: mark, mine: touched{txn: r.no, cut: true}, unique: make([]map[uint64][]int, len(p.rel.Unique))}
	for i := range p.unique {
		p.unique[i] = map[uint64][]int{}
	}
	return nil
}

// deleteAll is Delete of dense rows, a part at a time.
func (r *Resolver) deleteAll(oid uint32, rows *col.Batch, snapshot uint64) error {
	for from := 0; from < rows.N; from += deletedTogether {
		if err := r.txn.mayEnd(0); err != nil {
			return err
		}
		part := rows
		if rows.N > deletedTogether {
			chosen := *rows
			chosen.Sel = make([]uint32, min(deletedTogether, rows.N-from))
			for i := range chosen.Sel {
				chosen.Sel[i] = uint32(from + i)
			}
			part = &chosen
		}
		if err := r.Delete(oid, part, snapshot); err != nil {
			return err
		}
	}
	return nil
}

// deletedTogether is how many rows are looked up together when they leave.
const deletedTogether = 1 << 16

// Delete lets whole rows leave. With a snapshot above 0 it is a conflict when a row is
// not the one that stood then; with 0 the rows are those that Lookup gave.
func (r *Resolver) Delete(oid uint32, rows *col.Batch, snapshot uint64) error {
	p, err := r.pending(oid)
	if err != nil {
		return err
	}
	rows = rows.Compact()
	keys := columnsAt(rows, p.rel.Key)
	refs, births := p.rel.store.Newest("", keys)
	canon, hash := r.hashed(keys)
	var leave []uint32
	for i := range rows.N {
		if err := r.txn.mayEnd(i); err != nil {
			return err
		}
		if snapshot == 0 {
			if at, ok := p.bornAt(r.e.seed, canon, hash[i], i); ok {
				p.gone[at] = struct{}{}
				p.mine.gone = append(p.mine.gone, at)
				r.undo = append(r.undo, func() { delete(p.gone, at) })
				continue
			}
		}
		_, died := p.died[refs[i]]
		if births[i] == 0 || died || p.cut || snapshot > 0 && births[i] > snapshot {
			return errConflict()
		}
		ref := refs[i]
		p.died[ref] = struct{}{}
		r.undo = append(r.undo, func() { delete(p.died, ref) })
		leave = append(leave, uint32(i))
	}
	if len(leave) == 0 {
		return nil
	}
	if p.dead == nil {
		p.dead = col.NewBatch(p.rel.Types...)
	}
	from := p.dead.N
	part := *rows
	part.Sel, part.W = leave, nil
	p.dead.AppendBatch(&part)
	p.deadOut = append(p.deadOut, make([]bool, p.dead.N-from)...)
	to := p.dead.N
	r.undo = append(r.undo, func() {
		for i := from; i < to; i++ {
			p.deadOut[i] = true
		}
	})
	return nil
}

func columnsAt(b *col.Batch, at []int) []*col.Vector {
	out := make([]*col.Vector, len(at))
	for i, c := range at {
		out[i] = &b.Cols[c]
	}
	return out
}

// Insert lets whole rows come, as an INSERT without ON CONFLICT does.
func (r *Resolver) Insert(oid uint32, rows *col.Batch) error {
	w := Write{Rel: oid, New: rows}
	return r.insert(&w)
}

func (r *Resolver) insert(w *Write) error {
	p, err := r.pending(w.Rel)
	if err != nil {
		return err
	}
	rows := w.New.Compact()
	if p.rel.Watermark >= 0 {
		if rows, err = r.dropLate(p, rows); err != nil || rows.N == 0 {
			return err
		}
	}
	rows = r.giveRowIDs(p, rows)
	if len(p.rel.Unique) == 0 {
		p.bear(r, rows, nil, nil)
		return nil
	}
	return r.insertUnique(p, w, rows)
}

// giveRowIDs fills the hidden column.
func (r *Resolver) giveRowIDs(p *pending, rows *col.Batch) *col.Batch {
	if p.rel.RowID < 0 {
		return rows
	}
	out := *rows
	out.Cols = slices.Clone(rows.Cols)
	ids := col.NewVector(col.Int8)
	ids.Resize(rows.N)
	for i := range rows.N {
		p.rel.rowID++
		ids.I64[i] = p.rel.rowID
	}
	out.Cols[p.rel.RowID] = *ids
	return &out
}

// bear adds rows to the tick. canon and hash are those of the unique sets, if any.
func (p *pending) bear(r *Resolver, rows *col.Batch, canon [][]*col.Vector, hash [][]uint64) {
	no, from := len(p.born), len(p.where)
	p.born = append(p.born, rows)
	mark := p.mark
	r.undo = append(r.undo, func() {
		for i := from; i < from+rows.N && i < len(p.where); i++ {
			p.gone[i] = struct{}{}
		}
		p.mark = mark
		if len(p.rel.Unique) == 0 && no < len(p.born) {
			p.born = p.born[:no]
		}
	})
	if len(p.rel.Unique) == 0 {
		return
	}
	for i := range rows.N {
		p.where = append(p.where, place{no, i})
		for u := range p.unique {
			p.unique[u][hash[u][i]] = append(p.unique[u][hash[u][i]], from+i)
		}
	}
}

// Lookup finds the newest living rows by the columns of a unique set: whole rows appended
// to dst, and the number of each one's key.
func (r *Resolver) Lookup(oid uint32, q *Unique, keys []*col.Vector, dst *col.Batch) (left []uint32, err error) {
	p, err := r.pending(oid)
	if err != nil {
		return nil, err
	}
	if !p.cut {
		refs, births := p.rel.store.Newest(q.Index, keys)
		var found []table.Ref
		for i := range refs {
			if _, died := p.died[refs[i]]; births[i] != 0 && !died {
				found, left = append(found, refs[i]), append(left, uint32(i))
			}
		}
		p.rel.store.Fetch(found, firstN(len(p.rel.Types)), dst)
	}
	u := slices.IndexFunc(p.rel.Unique, func(x Unique) bool { return x.Name == q.Name })
	if u < 0 || len(p.where) == 0 {
		return left, nil
	}
	canon, hash := r.hashed(keys)
	for i := range hash {
		if at, ok := p.find(u, canon, hash[i], i); ok {
			w := p.where[at]
			dst.AppendRow(p.born[w.batch], w.row, 1)
			left = append(left, uint32(i))
		}
	}
	return left, nil
}
