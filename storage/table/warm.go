package table

// A lookup misses the cache at the index slot, at the death's stamp and at each column of the
// key. Over many rows, short loops that only load, or that compare one column, let the misses
// of different rows overlap. The sums they return only keep the loads alive.

// warmFrom is the number of rows from which this pays.
const warmFrom = 16

// warmSlots loads the home slots of the hashes at idx.
func (h *hashTable) warmSlots(hash []uint64, idx []uint32) (sum uint64) {
	d := h.dir.Load()
	for _, pos := range idx {
		sum += d.warm(tagOf(hash[pos]))
	}
	return sum
}

// warmAll loads the home slots of all hashes.
func (h *hashTable) warmAll(hash []uint64) (sum uint64) {
	d := h.dir.Load()
	for _, x := range hash {
		sum += d.warm(tagOf(x))
	}
	return sum
}

func (d *directory) warm(tag uint32) uint64 {
	p := d.page(tag)
	return p.slots[tag&uint32(len(p.slots)-1)].Load()
}
