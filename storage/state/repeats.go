package state

import "unsafe"

// repeats finds the rows of a batch that have the hash of one before, so that a key which many
// rows have is looked for once. It works by hashes alone: what was found for one row is what
// another's search would have tried first, and compare decides.
type repeats struct {
	last  [repeatSlots]uint32 // by hash: the number of the key that came last, + 1
	of    []uint32            // by row: the number of its key
	first []uint32            // by key: the first row that has it
	hash  []uint64            // by key
	at    []unsafe.Pointer
	ids   []RowID
}

const (
	repeatSlots = 1 << 10 // a key that lost its slot gets another number
	repeatRows  = 256     // fewer are looked for one by one
	repeatTrial = 64      // and so are those whose first rows have more than half as many keys
)

// number fills x from the hashes of a batch, and reports whether it pays to look for its keys
// instead of its rows.
func (x *repeats) number(hash []uint64) bool {
	if len(hash) < repeatRows {
		return false
	}
	clear(x.last[:])
	if cap(x.of) < len(hash) {
		x.of = make([]uint32, len(hash))
	}
	x.of, x.first, x.hash = x.of[:len(hash)], x.first[:0], x.hash[:0]
	x.run(hash, 0, repeatTrial)
	if len(x.first) > repeatTrial/2 {
		return false
	}
	x.run(hash, repeatTrial, len(hash))
	n := len(x.first)
	if cap(x.at) < n {
		x.at, x.ids = make([]unsafe.Pointer, len(hash)), make([]RowID, len(hash))
	}
	x.at, x.ids = x.at[:n], x.ids[:n]
	return true
}

func (x *repeats) run(hash []uint64, from, to int) {
	of := x.of[from:to]
	for i, h := range hash[from:to] {
		e := &x.last[h%repeatSlots]
		if *e == 0 || x.hash[*e-1] != h {
			x.first, x.hash = append(x.first, uint32(from+i)), append(x.hash, h)
			*e = uint32(len(x.first))
		}
		of[i] = *e - 1
	}
}

// deal gives each row what was found for its key.
func (x *repeats) deal(at []unsafe.Pointer, ids []RowID) {
	at, ids = at[:len(x.of)], ids[:len(x.of)]
	for i, k := range x.of {
		at[i], ids[i] = x.at[k], x.ids[k]
	}
}
