package exec

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// bigGroup is the number of rows that a group may have before what is read again whenever
// its first rows leave moves to an ordered state.
const bigGroup = 10_000

// bigExtremes is the values of the groups that have too many to be read again whenever the
// extremum leaves: in order, so that any change costs one way down the tree. A group that
// has been moved here stays until its last value leaves. A key is the group's canonical
// columns, the value's order key and its identity.
type bigExtremes struct {
	tree *state.Ordered
	arg  col.Type
	key  []byte
}

// appendGroup appends the prefix of the group of row i.
func (x *bigExtremes) appendGroup(dst []byte, d *col.Batch, i int) []byte {
	return col.AppendIdentity(dst, d.Cols[:len(d.Cols)-1], i)
}

// has reports whether the group of row i is here.
func (x *bigExtremes) has(d *col.Batch, i int) bool {
	if x.tree.Len() == 0 {
		return false
	}
	x.key = x.appendGroup(x.key[:0], d, i)
	c := x.tree.Seek(x.key)
	return c.Valid() && bytes.HasPrefix(c.Key(), x.key)
}

// add adds the value of row i, the batch's last column, with a weight.
func (x *bigExtremes) add(d *col.Batch, i int, w int64) error {
	last := len(d.Cols) - 1
	x.key = x.appendGroup(x.key[:0], d, i)
	x.key = col.AppendOrderKey(x.key, &d.Cols[last], i, col.Order{})
	x.key = col.AppendIdentity(x.key, d.Cols[last:], i)
	sum, err := x.tree.Add(x.key, w, nil)
	if err == nil && sum < 0 {
		err = defect("the weight of a value of min or max fell below zero")
	}
	return err
}

// ends appends to v the values of a group that are equal to its extremum.
func (x *bigExtremes) ends(v []col.Vector, group []byte, least bool) {
	after := state.AfterPrefix(nil, group)
	c := x.tree.SeekBefore(after)
	if least {
		c = x.tree.Seek(group)
	}
	var place []byte
	for c.Valid() && bytes.HasPrefix(c.Key(), group) {
		id := col.SkipOrderKey(c.Key()[len(group):], x.arg, col.Order{})
		at := c.Key()[:len(c.Key())-len(id)]
		if place == nil {
			place = slices.Clone(at)
		} else if !bytes.Equal(place, at) {
			return
		}
		col.ReadIdentity(v, id)
		if least {
			c.Next()
		} else {
			c.Prev()
		}
	}
}

// dropBig forgets groups.
func (x *extremes) dropBig(keys []*col.Vector, n int) {
	if x.big.tree.Len() == 0 {
		return
	}
	d := &col.Batch{N: n, Cols: make([]col.Vector, len(keys)+1)}
	for i, k := range keys {
		d.Cols[i] = *k
	}
	for i := range n {
		if x.big.has(d, i) {
			x.big.tree.DeleteRange(x.big.key, state.AfterPrefix(nil, x.big.key))
		}
	}
}

// settleBig merges the step's values of groups that lie in order, and returns the others.
func (x *extremes) settleBig(a *Aggregate, c *call, d *col.Batch) (*col.Batch, error) {
	if x.big.tree.Len() == 0 {
		return d, nil
	}
	var rest []uint32
	by := map[*state.RowTable][]uint32{}
	keys := x.keysOf(d)
	for i := range d.N {
		if !x.big.has(d, i) {
			rest = append(rest, uint32(i))
			continue
		}
		t := a.state.tableOf(a, keys, i)
		by[t] = append(by[t], uint32(i))
	}
	for t, rows := range by {
		for _, i := range rows {
			if err := x.big.add(d, int(i), d.Weight(int(i))); err != nil {
				return nil, err
			}
		}
		x.takeEnds(a, c, t, d, keys, rows)
	}
	out := *d
	if out.Sel = rest; len(rest) == 0 {
		out.Sel = []uint32{}
	}
	return out.Compact(), nil
}

// takeEnds gives groups of a table, those of some rows, their extremum anew.
func (x *extremes) takeEnds(a *Aggregate, c *call, t *state.RowTable, d *col.Batch, keys []*col.Vector, rows []uint32) {
	hash := make([]uint64, len(rows))
	keys = gatherKeys(keys, rows)
	x.seed.Keys(hash, keys)
	at := make([]unsafe.Pointer, len(rows))
	t.FindForWrite(at, make([]state.RowID, len(rows)), keys, hash)
	values := []col.Vector{*col.NewVector(x.arg)}
	var to []unsafe.Pointer
	done := map[unsafe.Pointer]bool{}
	off, k := uintptr(c.payloadOff(a)), c.kernel(t)
	var group []byte
	for i, p := range at {
		if done[p] {
			continue
		}
		done[p] = true
		k.Release([]unsafe.Pointer{p}, off)
		clear(unsafe.Slice((*byte)(unsafe.Add(p, off)), c.size))
		group = x.big.appendGroup(group[:0], d, int(rows[i]))
		x.big.ends(values, group, c.agg.Extremum < 0)
		for len(to) < values[0].N {
			to = append(to, p)
		}
	}
	if len(to) > 0 {
		k.Update(a.ctx, to, off, []*col.Vector{&values[0]}, nil)
	}
}

// moveBig moves the values of groups to the ordered state: the groups at sel of the keys,
// whose columns are those of groups.
func (x *extremes) moveBig(groups []*col.Vector, hash []uint64, sel []uint32) error {
	if len(sel) == 0 {
		return nil
	}
	keys, h := gatherKeys(groups, sel), make([]uint64, len(sel))
	for i, s := range sel {
		h[i] = hash[s]
	}
	err := x.values.Probe(keys, h, []int{0}, func(left []uint32, got *col.Batch) error {
		d := &col.Batch{N: got.N, W: got.W}
		for _, k := range gatherKeys(keys, left) {
			d.Cols = append(d.Cols, *k)
		}
		d.Cols = append(d.Cols, got.Cols[0])
		for i := range d.N {
			if err := x.big.add(d, i, d.Weight(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		x.values.DeleteKeys(keys, h)
	}
	return err
}
