package state

import (
	"unsafe"

	"github.com/millracedb/millrace/storage/pool"
)

const (
	shards     = 16
	shardsPast = 64 << 10 // rows beyond which a table is split
)

// Maintain does between ticks what would stall one: a table that has grown past 64K rows
// becomes 16 shards. It reports whether it did, and then all ids and addresses are void.
func (t *RowTable) Maintain() bool {
	if len(t.sh) != 1 || t.n <= shardsPast {
		return false
	}
	old, pages := t.sh[0], t.pages
	t.sh, t.pages = make([]shard, shards), nil
	t.slotMask = pageSlots - 1
	t.limbo = nil // the rows are not moved
	for no := range t.sh {
		t.startShard(&t.sh[no], uint32(no), t.n/shards*5/4)
	}
	t.n = 0
	for _, pg := range pages {
		for _, v := range t.slots(pg.chunk) {
			if v != 0 {
				t.moveRow(&old, v)
			}
		}
		t.p.Free(t.o, pool.Chunk(pg.chunk))
	}
	for _, c := range old.chunks {
		t.p.Free(t.o, pool.Chunk(c))
	}
	t.gen++
	return true
}

// moveRow copies the row of a slot of the old only shard into its own. The bits of the
// hash that a slot has not are in the row's first byte.
func (t *RowTable) moveRow(old *shard, slot uint64) {
	from := t.rowOf(old, uint32(slot)-1)
	vnode := uint64(*(*byte)(from) &^ liveBit)
	hash := vnode<<58 | slot>>32<<26
	s := &t.sh[shardOf(hash)]
	pos := emptySlot(t.slots(s.dirs[tagOf(hash)>>s.shift]), tagOf(hash))
	_, r := t.insert(s, hash, pos)
	copy(unsafe.Slice((*byte)(r), t.stride), unsafe.Slice((*byte)(from), t.stride))
}
