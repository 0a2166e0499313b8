package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// closeKeys finds the groups of a batch whose one key is a whole number and whose keys lie
// close: a list, which is read by key, numbers the different ones, and only these are looked up.
type closeKeys struct {
	number []uint32 // by key less the least: number + 1; 0: none. Empty between batches
	of     []uint32 // by row: its key's number
	rows   []uint32 // by number: the first row
	keys   col.Vector
	hash   []uint64
	at     []unsafe.Pointer
	ids    []state.RowID
}

// mostClose: of so many rows in a batch one may be a place in the list.
const mostClose = 4

// find puts the batch's groups into the table: their rows' addresses, ids and hashes are left
// in a.
func (a *Aggregate) find(table *state.RowTable, keys []*col.Vector, n int) {
	a.hash, a.at, a.ids = growTo(a.hash, n), growTo(a.at, n), growTo(a.ids, n)
	if len(keys) != 1 || !a.near.numbers(keys[0], n) {
		a.seed.Keys(a.hash, keys)
		table.GetOrInsert(a.at, a.ids, keys, a.hash)
		return
	}
	c := &a.near
	c.keys.ResetKind(keys[0].Type, keys[0].Kind, keys[0].Scale)
	c.keys.Gather(keys[0], c.rows)
	d, few := len(c.rows), []*col.Vector{&c.keys}
	c.hash, c.at, c.ids = growTo(c.hash, d), growTo(c.at, d), growTo(c.ids, d)
	a.seed.Keys(c.hash, few)
	table.GetOrInsert(c.at, c.ids, few, c.hash)
	hash, at, ids := c.hash, c.at, c.ids
	for i, k := range c.of {
		a.hash[i], a.at[i], a.ids[i] = hash[k], at[k], ids[k]
	}
}

// numbers numbers the keys of n rows; false: they are not close.
func (c *closeKeys) numbers(v *col.Vector, n int) bool {
	if n < 8 || v.AnyNull() {
		return false
	}
	switch v.Kind {
	case col.KindI32:
		return numberClose(c, v.I32[:n])
	case col.KindI64:
		return numberClose(c, v.I64[:n])
	}
	return false
}

func numberClose[T int32 | int64](c *closeKeys, keys []T) bool {
	least, most := keys[0], keys[0]
	for _, k := range keys {
		least, most = min(least, k), max(most, k)
	}
	span := uint64(int64(most) - int64(least))
	if span >= uint64(len(keys)/mostClose) {
		return false
	}
	if uint64(len(c.number)) <= span {
		c.number = make([]uint32, len(keys)/mostClose)
	}
	c.of, c.rows = growTo(c.of, len(keys)), c.rows[:0]
	for i, k := range keys {
		place := &c.number[k-least]
		if *place == 0 {
			c.rows = append(c.rows, uint32(i))
			*place = uint32(len(c.rows))
		}
		c.of[i] = *place - 1
	}
	for _, i := range c.rows {
		c.number[keys[i]-least] = 0
	}
	return true
}
