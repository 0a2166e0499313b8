package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// denseRows is the state of an Arrange in a dataflow that runs once, by one whole number,
// whose rows only come. While no two rows have one key and the keys lie close, a key is a place in a
// list; from the first rows that are otherwise on, all lie in an arrangement.
type denseRows struct {
	*state.Arrangement
	g      *Graph
	held   int64 // bytes of the heap that are booked
	keys   *col.Vector
	hash   []uint64
	rows   *col.Batch
	filled bool // the list is made, no row comes any more
	given  bool // the rows lie in the arrangement
	least  int64
	at     []uint32 // by key less the least: row + 1; 0: none

	left, right []uint32
	found       col.Batch
}

const (
	mostDense = 1 << 20 // rows
	mostLoose = 4       // places for each row
)

func newDenseRows(g *Graph, a *state.Arrangement, l state.ArrLayout) *denseRows {
	return &denseRows{Arrangement: a, g: g, keys: col.NewVector(l.Keys[0]), rows: col.NewBatch(l.Payload...)}
}

// countsKeys reports whether keys of a type are whole numbers in lanes of their own.
func countsKeys(t col.Type) bool { return t.Kind() == col.KindI32 || t.Kind() == col.KindI64 }

// Merge keeps the rows for the list, while it may be made.
func (d *denseRows) Merge(keys []*col.Vector, hash []uint64, rows *col.Batch) error {
	if !d.given && rows.W == nil && d.rows.N+rows.N <= mostDense && !keys[0].AnyNull() {
		d.keys.AppendAll(keys[0])
		d.rows.AppendBatch(rows)
		d.hash = append(d.hash, hash...)
		d.filled = false
		d.book(rows.Bytes() + 16*int64(rows.N))
		return d.g.outOfMemory()
	}
	if err := d.give(); err != nil {
		return err
	}
	return d.Arrangement.Merge(keys, hash, rows)
}

// give puts the rows into the arrangement.
func (d *denseRows) give() error {
	if d.given {
		return nil
	}
	d.given = true
	if d.rows.N == 0 {
		return nil
	}
	err := d.Arrangement.Merge([]*col.Vector{d.keys}, d.hash, d.rows)
	d.keys, d.rows, d.hash, d.at = nil, nil, nil, nil
	d.book(-d.held)
	return err
}

func (d *denseRows) book(n int64) {
	d.held += n
	d.g.book(n)
}

// ready makes the list, or gives the rows away; false: they lie in the arrangement.
func (d *denseRows) ready() (bool, error) {
	if d.given || d.filled {
		return !d.given, nil
	}
	n, most := d.keys.N, int64(0)
	if n > 0 {
		d.least, most = laneInt(d.keys, 0), laneInt(d.keys, 0)
	}
	for i := range n {
		k := laneInt(d.keys, i)
		d.least, most = min(d.least, k), max(most, k)
	}
	span := uint64(most - d.least) // of the whole range of int64 too
	if span >= uint64(mostLoose*n+1024) {
		return false, d.give()
	}
	d.book(4 * int64(span+1))
	d.at = make([]uint32, span+1)
	for i := range n {
		at := &d.at[laneInt(d.keys, i)-d.least]
		if *at != 0 {
			return false, d.give()
		}
		*at = uint32(i + 1)
	}
	d.filled = true
	return true, nil
}

// find lists the keys that are there: their positions, and the rows.
func (d *denseRows) find(keys *col.Vector) {
	d.left, d.right = growTo(d.left, keys.N)[:0], growTo(d.right, keys.N)[:0]
	if keys.Kind == col.KindI32 {
		d.left, d.right = findDense(d.left, d.right, d.at, d.least, keys.I32[:keys.N], keys)
	} else {
		d.left, d.right = findDense(d.left, d.right, d.at, d.least, keys.I64[:keys.N], keys)
	}
}

func findDense[T int32 | int64](left, right, at []uint32, least int64, lanes []T, keys *col.Vector) ([]uint32, []uint32) {
	nulls := keys.AnyNull()
	for i, k := range lanes {
		p := uint64(int64(k) - least)
		if p >= uint64(len(at)) || at[p] == 0 || nulls && keys.Null(i) {
			continue
		}
		left, right = append(left, uint32(i)), append(right, at[p]-1)
	}
	return left, right
}

// Probe is state.Arrangement's; of the list it hands on all rows at once.
func (d *denseRows) Probe(keys []*col.Vector, hash []uint64, cols []int, f func(left []uint32, rows *col.Batch) error) error {
	if ok, err := d.ready(); err != nil || !ok {
		if err != nil {
			return err
		}
		return d.Arrangement.Probe(keys, hash, cols, f)
	}
	d.find(keys[0])
	if len(d.left) == 0 {
		return nil
	}
	if d.found.N = len(d.left); len(d.found.Cols) != len(cols) {
		d.found.Cols = make([]col.Vector, len(cols))
	}
	for i, c := range cols {
		from, to := &d.rows.Cols[c], &d.found.Cols[i]
		to.ResetKind(from.Type, from.Kind, from.Scale)
		to.Gather(from, d.right)
	}
	return f(d.left, &d.found)
}

// Weight is state.Arrangement's.
func (d *denseRows) Weight(w []int64, keys []*col.Vector, hash []uint64) {
	ok, err := d.ready()
	if err != nil {
		panic(err)
	}
	if !ok {
		d.Arrangement.Weight(w, keys, hash)
		return
	}
	d.find(keys[0])
	clear(w)
	for _, l := range d.left {
		w[l] = 1
	}
}

// byHash reports whether the keys of a side's changes are looked up by their hashes; false: they are
// places in a list.
func (j *Join) byHash(in int) bool {
	listed, ok := j.sides[1-in].arr.state.(*denseRows)
	if !ok || j.spec.Kind != Inner {
		return true
	}
	ready, err := listed.ready()
	return err != nil || !ready
}
