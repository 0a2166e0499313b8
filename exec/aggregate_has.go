package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// has tells the rows of a dense batch whose group is there from those whose group is not.
func (a *Aggregate) has(b *col.Batch) (in, out []uint32) {
	keys := canonicalKeys(b, a.spec.Group)
	a.hash, a.at, a.ids = growTo(a.hash, b.N), growTo(a.at, b.N), growTo(a.ids, b.N)
	a.seed.Keys(a.hash, keys)
	a.state.one.Find(a.at, a.ids, keys, a.hash)
	in = make([]uint32, 0, b.N)
	for i, id := range a.ids {
		if id == state.Absent {
			out = append(out, uint32(i))
		} else {
			in = append(in, uint32(i))
		}
	}
	return in, out
}
