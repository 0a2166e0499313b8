package exec

import (
	"github.com/millracedb/millrace/base/col"
)

// bigParts is the partitions of a TopN that have too many rows to be read whenever one of
// the first leaves: their rows lie in order, and the first of them are read. A partition
// that was moved here stays until its last row leaves.
type bigParts struct {
	rows *orderedRows // nil: the dataflow runs once
	most int          // rows of a partition that are read again
	here []bool       // of the touched partitions
	key  []byte
}

func (b *Builder) newBigParts(types []col.Type, s TopNSpec, closing int) bigParts {
	if b.once {
		return bigParts{}
	}
	return bigParts{rows: b.newOrderedRows(orderedSpec{Types: types, Group: closingFirst(s.Partition, closing), Order: s.Order}), most: b.g.bigGroup}
}

// prefix is that of the partition of row i.
func (x *bigParts) prefix(d *col.Batch, i int) []byte {
	x.key = x.key[:0]
	for _, p := range x.rows.spec.Group {
		x.key = col.AppendOrderKey(x.key, &d.Cols[p], i, col.Order{})
	}
	return x.key
}

// find notes which of the partitions, of which first has a row each, are here.
func (x *bigParts) find(d *col.Batch, first []uint32) (any bool) {
	x.here = growTo(x.here, len(first))
	clear(x.here)
	if x.rows == nil || x.rows.tree.Len() == 0 {
		return false
	}
	for p, row := range first {
		c := x.rows.first(x.prefix(d, int(row)))
		x.here[p] = c.valid()
		any = any || x.here[p]
	}
	return any
}

// remember merges a step's change into the states.
func (n *TopN) remember(d *col.Batch, keys []*col.Vector, hash []uint64, first, part []uint32) error {
	if !n.big.find(d, first) {
		return n.rows.Merge(keys, hash, stored(d))
	}
	sel := [2][]uint32{{}, {}}
	for i, p := range part {
		if n.big.here[p] {
			sel[1] = append(sel[1], uint32(i))
		} else {
			sel[0] = append(sel[0], uint32(i))
		}
	}
	some := *d
	some.Sel = sel[1]
	big := some.Compact()
	if err := n.big.rows.merge(big, n.big.rows.keysOf(big)); err != nil || len(sel[0]) == 0 {
		return err
	}
	some.Sel = sel[0]
	h := make([]uint64, len(sel[0]))
	for i, s := range sel[0] {
		h[i] = hash[s]
	}
	return n.rows.Merge(gatherKeys(keys, sel[0]), h, stored(some.Compact()))
}

// readFirst adds the first rows of a partition that lies in order to n.all, and lists them.
func (n *TopN) readFirst(prefix []byte, rest int) {
	rows, k := col.NewBatch(n.types...), n.spec.Limit+n.spec.Offset
	places, peers := int64(0), []byte(nil)
	for c := n.big.rows.first(prefix); c.valid(); c.Next() {
		if n.spec.Rank == RowNumber {
			if places >= k {
				break
			}
			places += c.Weight()
		} else if place := n.big.rows.place(c.Key()); string(place) != string(peers) {
			if places >= k {
				break
			}
			peers = append(peers[:0], place...)
			if n.spec.Rank == DenseRank {
				places++
			}
		}
		if n.spec.Rank == Rank {
			places += c.Weight()
		}
		n.big.rows.read(rows, &c, c.Weight())
	}
	at := uint32(n.all.N)
	n.all.AppendBatch(rows)
	for i := range rows.N {
		n.by.add(uint32(rest), at+uint32(i))
	}
}

// moveBig moves the rows of partitions to the ordered state.
func (n *TopN) moveBig(keys []*col.Vector, hash []uint64, sel []uint32) error {
	if len(sel) == 0 {
		return nil
	}
	h := make([]uint64, len(sel))
	for i, s := range sel {
		h[i] = hash[s]
	}
	keys = gatherKeys(keys, sel)
	err := n.rows.Probe(keys, h, firstN(len(n.types)), func(_ []uint32, rows *col.Batch) error {
		return n.big.rows.merge(rows, n.big.rows.keysOf(rows))
	})
	if err == nil {
		n.rows.DeleteKeys(keys, h)
	}
	return err
}
