package server

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/storage/table"
)

// buffer is what a transaction has done to one relation: the rows it has deleted, as it
// saw them, and those it has inserted. It only grows, and a savepoint takes back by the
// transaction's undo list. Constraints are decided at once, against the statement's
// snapshot and the buffer; the commit validates them again.
type buffer struct {
	t      *transaction
	rel    *catalog.Relation
	shape  *exec.Relation
	store  *table.Store // nil: the transaction has created the relation
	cut    bool
	deaths []death
	dead   map[string]struct{} // identities of rows that are deleted
	born   *col.Batch
	gone   map[int]struct{} // of born
	ids    map[string]int   // living born rows by identity
	unique []map[string]int // by constraint
	nextID int64            // of the hidden row id, below 0 until the engine gives one
	// checked is the snapshot in which no row of others met one that was born.
	checked uint64
	refs    []referrers // by foreign key; nil: not asked for yet
	// from is where the statement's rows begin in born, lost the rows that it let go, if
	// their going matters to a foreign key.
	from int
	lost *col.Batch
}

type death struct {
	rows     *col.Batch
	snapshot uint64
}

// peek is the buffer of a relation, an empty one that is not the transaction's if it has not
// written to it.
func (t *transaction) peek(r *catalog.Relation) (*buffer, error) {
	if b := t.buffers[r.OID]; b != nil {
		return b, nil
	}
	x, err := engineRelation(t.catalog(), r)
	if err != nil {
		return nil, err
	}
	b := &buffer{t: t, rel: r, shape: x, dead: map[string]struct{}{}, born: col.NewBatch(x.Types...), gone: map[int]struct{}{}, ids: map[string]int{}}
	if !t.creates(r.OID) {
		if b.store, err = t.s.srv.engine.StoreAt(t.snap, uint32(r.OID)); err != nil {
			return nil, err
		}
	}
	for range x.Unique {
		b.unique = append(b.unique, map[string]int{})
	}
	return b, nil
}

// buffer finds or begins the buffer of a relation.
func (t *transaction) buffer(r *catalog.Relation) (*buffer, error) {
	b, err := t.peek(r)
	if err != nil || t.buffers[r.OID] != nil {
		return b, err
	}
	t.buffers[r.OID] = b
	t.order = append(t.order, b)
	t.undo = append(t.undo, func() { // its shape may be that of indexes which go, too
		delete(t.buffers, r.OID)
		t.order = slices.DeleteFunc(t.order, func(o *buffer) bool { return o == b })
	})
	t.behind, t.s.env = nil, nil
	return b, nil
}

// Insert adds rows; a conflict is 23505.
func (b *buffer) Insert(_ uint32, rows *col.Batch) error {
	_, _, err := b.insert(rows, false, nil)
	return err
}

// insert adds rows and returns the positions of those left out because they conflict
// where skip allows it; with 23505, the position of the row that conflicts.
func (b *buffer) insert(rows *col.Batch, skip bool, arbiter *exec.Unique) (skipped []int, refused int, err error) {
	rows = b.numbered(rows.Compact())
	taken := make([][]bool, len(b.shape.Unique))
	for u := range b.shape.Unique {
		if taken[u], err = b.taken(&b.shape.Unique[u], rows); err != nil {
			return nil, 0, err
		}
	}
	if b.living().Len() == 0 {
		b.checked = b.t.snap.Tick
	}
rows:
	for i := range rows.N {
		if err := b.t.mayEnd(i); err != nil {
			return nil, 0, err
		}
		for u := range b.shape.Unique {
			q := &b.shape.Unique[u]
			if !q.Primary && hasNull(rows, q.Cols, i) {
				continue
			}
			_, here := b.unique[u][keyText(rows, q.Cols, i)]
			if !here && !taken[u][i] {
				continue
			}
			if skip && (arbiter == nil || arbiter.Name == q.Name) {
				skipped = append(skipped, i)
				continue rows
			}
			return nil, i, inSchema(b.t.catalog(), b.rel.OID, duplicate(b.rel, q, rows, i))
		}
		b.bear(rows, i)
	}
	return skipped, 0, nil
}

// numbered gives rows provisional hidden ids, by which the transaction finds them again.
func (b *buffer) numbered(rows *col.Batch) *col.Batch {
	if b.shape.RowID < 0 {
		return rows
	}
	out := *rows
	out.Cols = append([]col.Vector(nil), rows.Cols...)
	ids := col.NewVector(col.Int8)
	for range rows.N {
		b.nextID--
		ids.AppendI64(b.nextID)
	}
	out.Cols[b.shape.RowID] = *ids
	return &out
}

// taken tells which rows meet a row of the snapshot that the transaction has not deleted.
func (b *buffer) taken(q *exec.Unique, rows *col.Batch) ([]bool, error) {
	out := make([]bool, rows.N)
	if b.store == nil || b.cut || q.Name == "" {
		return out, nil
	}
	for from := 0; from < rows.N; from += col.StepRows {
		if err := b.t.mayEnd(from); err != nil {
			return nil, err
		}
		to := min(from+col.StepRows, rows.N)
		if err := b.meet(q, rows.Range(from, to), out[from:to]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// meet sets in out which rows do so.
func (b *buffer) meet(q *exec.Unique, rows *col.Batch, out []bool) error {
	keys := make([]*col.Vector, len(q.Cols))
	for i, c := range q.Cols {
		keys[i] = &rows.Cols[c]
	}
	types := make([]col.Type, len(b.shape.Key))
	for i, k := range b.shape.Key {
		types[i] = b.shape.Types[k]
	}
	found := col.NewBatch(types...)
	left, err := b.stored(q, keys, b.shape.Key, found)
	if err != nil {
		return err
	}
	for i, l := range left {
		if _, dead := b.dead[keyText(found, upto(len(types)), i)]; !dead {
			out[l] = true
		}
	}
	return nil
}

func upto(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// bear adds one row.
func (b *buffer) bear(rows *col.Batch, i int) {
	at := b.born.N
	b.born.AppendRow(rows, i, 1)
	if b.shape.Key != nil {
		b.index(b.ids, b.shape.Key, at)
	}
	for u := range b.shape.Unique {
		b.index(b.unique[u], b.shape.Unique[u].Cols, at)
	}
	b.t.undo = append(b.t.undo, func() { b.kill(at) })
}

func (b *buffer) index(m map[string]int, cols []int, at int) {
	k := keyText(b.born, cols, at)
	before, had := m[k]
	m[k] = at
	b.t.undo = append(b.t.undo, func() {
		if had {
			m[k] = before
		} else {
			delete(m, k)
		}
	})
}

// kill lets a born row be gone.
func (b *buffer) kill(at int) {
	b.gone[at] = struct{}{}
	if b.shape.Key != nil {
		delete(b.ids, keyText(b.born, b.shape.Key, at))
	}
	for u := range b.unique {
		k := keyText(b.born, b.shape.Unique[u].Cols, at)
		if b.unique[u][k] == at {
			delete(b.unique[u], k)
		}
	}
}

// revive takes a kill back.
func (b *buffer) revive(at int) {
	delete(b.gone, at)
	b.checked = 0
	if b.shape.Key != nil {
		b.ids[keyText(b.born, b.shape.Key, at)] = at
	}
	for u := range b.unique {
		b.unique[u][keyText(b.born, b.shape.Unique[u].Cols, at)] = at
	}
}

// Delete lets whole rows go: the transaction's own, or those that it saw at a snapshot.
func (b *buffer) Delete(_ uint32, rows *col.Batch, snapshot uint64) error {
	if snapshot == 0 {
		snapshot = b.t.snap.Tick
	}
	rows = rows.Compact()
	d := col.NewBatch(b.shape.Types...)
	var keys []string
	for i := range rows.N {
		if err := b.t.mayEnd(i); err != nil {
			return err
		}
		k := keyText(rows, b.shape.Key, i)
		if at, own := b.ids[k]; own {
			if at < b.from {
				b.lose(rows, i)
			}
			b.kill(at)
			b.t.undo = append(b.t.undo, func() { b.revive(at) })
			continue
		}
		if _, twice := b.dead[k]; twice {
			continue
		}
		b.dead[k] = struct{}{}
		b.t.undo = append(b.t.undo, func() { delete(b.dead, k) })
		keys = append(keys, k)
		d.AppendRow(rows, i, 1)
		b.lose(rows, i)
	}
	if d.N > 0 {
		b.t.hold(b.rel.OID, keys, exec.LockUpdate)
		n := len(b.deaths)
		b.deaths = append(b.deaths, death{d, snapshot})
		b.t.undo = append(b.t.undo, func() { b.deaths = b.deaths[:n] })
	}
	return nil
}

// Lookup finds the rows that the transaction sees by a unique set.
func (b *buffer) Lookup(_ uint32, q *exec.Unique, keys []*col.Vector, dst *col.Batch) (left []uint32, err error) {
	if b.store != nil && !b.cut {
		found := col.NewBatch(b.shape.Types...)
		at, err := b.stored(q, keys, upto(len(b.shape.Types)), found)
		if err != nil {
			return nil, err
		}
		for i, l := range at {
			if _, dead := b.dead[keyText(found, b.shape.Key, i)]; !dead {
				dst.AppendRow(found, i, 1)
				left = append(left, l)
			}
		}
	}
	kb := &col.Batch{N: keys[0].N}
	for _, k := range keys {
		kb.Cols = append(kb.Cols, *k)
	}
	for u := range b.shape.Unique {
		if b.shape.Unique[u].Name != q.Name {
			continue
		}
		for i := range kb.N {
			if at, ok := b.unique[u][keyText(kb, upto(len(keys)), i)]; ok {
				dst.AppendRow(b.born, at, 1)
				left = append(left, uint32(i))
			}
		}
	}
	return left, nil
}

// truncate empties the relation.
func (b *buffer) truncate() {
	saved := *b
	b.t.undo = append(b.t.undo, func() { *b = saved })
	b.cut, b.deaths, b.dead = true, nil, map[string]struct{}{}
	b.born, b.gone, b.ids = col.NewBatch(b.shape.Types...), map[int]struct{}{}, map[string]int{}
	b.unique, b.refs, b.from, b.lost = nil, nil, 0, nil
	for range b.shape.Unique {
		b.unique = append(b.unique, map[string]int{})
	}
}

// forget takes back all that the transaction has done to the relation.
func (b *buffer) forget() {
	b.truncate()
	b.deaths, b.cut = nil, false
}

// living is the rows that were born and are not gone.
func (b *buffer) living() *col.Batch {
	out := *b.born
	if len(b.gone) == 0 {
		return &out
	}
	out.Sel = make([]uint32, 0, out.N)
	for i := range out.N {
		if _, gone := b.gone[i]; !gone {
			out.Sel = append(out.Sel, uint32(i))
		}
	}
	return &out
}

// own is the buffer as a query of the transaction reads it.
func (b *buffer) own() *exec.OwnWrites {
	o := &exec.OwnWrites{Cut: b.cut, Inserted: b.living(), Key: b.shape.Key}
	if len(b.dead) > 0 {
		cols := upto(len(b.shape.Key))
		o.Deleted = func(keys *col.Batch, row int) bool {
			_, dead := b.dead[keyText(keys, cols, row)]
			return dead
		}
	}
	return o
}

// writes is the buffer as the engine takes it.
func (b *buffer) writes() (out []exec.Write) {
	oid := uint32(b.rel.OID)
	if b.cut {
		out = append(out, exec.Write{Rel: oid, Truncate: true})
	}
	for _, d := range b.deaths {
		out = append(out, exec.Write{Rel: oid, Dead: d.rows, Snapshot: d.snapshot})
	}
	if l := b.living(); l.Len() > 0 {
		out = append(out, exec.Write{Rel: oid, New: l.Compact()})
	}
	return out
}
