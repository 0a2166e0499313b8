package exec

import (
	"bytes"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// orderedSpec says which rows an orderedRows keeps and how they lie.
type orderedSpec struct {
	Types []col.Type // of the rows' columns
	Group []int      // columns; rows that are equal in them, as SQL has it, are a group
	Order []OrderBy  // of a group's rows; what ties lies by its identity bytes
	Extra int        // bytes beside each row that are the operator's own, at most 500; zeros at first
}

// orderedRows is rows with weights, in order within their groups, in one ordered state
// (state.Ordered): what windows, Top-N of big groups, extremes, joins by range and times
// that fall due need. A row is found, entered or withdrawn, a place counted and the row at
// a place found in one way down the tree; from there a cursor walks both ways.
//
// A row's key is its group (the order keys of its Group columns), the order keys of its
// Order columns and its identity bytes, so that
//
//   - a *prefix* is a group alone: appendGroup, or rowKeys.prefix of a row;
//   - a *place* is a prefix and the order keys of some first columns of Order: before all
//     rows of the group that have these values. What is after all of them is afterPlace;
//   - a *key* is a row's own: rowKeys.key.
//
// All are bytes that compare as the rows lie, so any of them may be handed where a cursor
// begins or ends. Values that are compared with those of a column have its type, modifier
// included.
//
// It belongs to the goroutine of its operator. Cursors, and keys and values read through
// them, are void once the state changes (setExtra changes nothing); what read and walk
// hand out is copied and good for the step.
type orderedRows struct {
	spec orderedSpec
	tree *state.Ordered
	keys rowKeys
	zero []byte
	stop *stopper
}

// newOrdered makes an ordered state.
func (b *Builder) newOrdered() *state.Ordered {
	t := state.NewOrdered(b.g.Pool, b.flow.owner)
	b.keep(t, t.Len)
	return t
}

// newOrderedRows makes a state of rows in order.
func (b *Builder) newOrderedRows(s orderedSpec) *orderedRows {
	return &orderedRows{spec: s, tree: b.newOrdered(), zero: make([]byte, s.Extra), stop: b.g.work}
}

// rowKeys is the keys of a batch's rows.
type rowKeys struct {
	buf    []byte
	ends   [][3]uint32 // of each row: where its prefix, its place and its key end
	sorted []uint32    // the rows in order of their keys
}

func (k *rowKeys) from(i int) uint32 {
	if i == 0 {
		return 0
	}
	return k.ends[i-1][2]
}

// prefix is the group of row i.
func (k *rowKeys) prefix(i int) []byte { return k.buf[k.from(i):k.ends[i][0]:k.ends[i][0]] }

// place is where row i and its peers begin.
func (k *rowKeys) place(i int) []byte { return k.buf[k.from(i):k.ends[i][1]:k.ends[i][1]] }

// key is row i's own.
func (k *rowKeys) key(i int) []byte { return k.buf[k.from(i):k.ends[i][2]:k.ends[i][2]] }

// keysOf makes the keys of a dense batch's rows; they are good until the next call.
func (o *orderedRows) keysOf(b *col.Batch) *rowKeys {
	k := &o.keys
	k.buf, k.ends, k.sorted = k.buf[:0], k.ends[:0], k.sorted[:0]
	from := 0
	for i := range b.N {
		o.stop.did(1)
		o.stop.wrote(len(k.buf) - from)
		from = len(k.buf)
		var e [3]uint32
		for _, g := range o.spec.Group {
			k.buf = col.AppendOrderKey(k.buf, &b.Cols[g], i, col.Order{})
		}
		e[0] = uint32(len(k.buf))
		for _, by := range o.spec.Order {
			k.buf = col.AppendOrderKey(k.buf, &b.Cols[by.Col], i, by.Order)
		}
		e[1] = uint32(len(k.buf))
		k.buf = col.AppendIdentity(k.buf, b.Cols, i)
		e[2] = uint32(len(k.buf))
		k.ends, k.sorted = append(k.ends, e), append(k.sorted, uint32(i))
	}
	slices.SortFunc(k.sorted, func(i, j uint32) int {
		o.stop.did(1)
		return bytes.Compare(k.key(int(i)), k.key(int(j)))
	})
	return k
}

// merge adds the weights of a batch whose keys k are (from keysOf). A weight that falls
// below zero is a defect; the batch is consolidated, or what it says of a row twice comes
// to no less in between.
func (o *orderedRows) merge(b *col.Batch, k *rowKeys) error {
	for _, i := range k.sorted {
		o.stop.did(1)
		if w := b.Weight(int(i)); w != 0 {
			if sum, err := o.tree.Add(k.key(int(i)), w, o.zero); err != nil {
				return err
			} else if sum < 0 {
				return defect("a row's weight fell below zero in an ordered state")
			}
		}
	}
	return nil
}

// appendGroup appends the prefix of the group that has the values of lane i.
func (o *orderedRows) appendGroup(dst []byte, values []*col.Vector, i int) []byte {
	for _, v := range values {
		dst = col.AppendOrderKey(dst, v, i, col.Order{})
	}
	return dst
}

// appendPlace appends to a prefix the values of lane i for the first columns of the order.
func (o *orderedRows) appendPlace(dst []byte, values []*col.Vector, i int) []byte {
	for k, v := range values {
		dst = col.AppendOrderKey(dst, v, i, o.spec.Order[k].Order)
	}
	return dst
}

// afterPlace appends what is behind all rows of a prefix or place and before all others;
// nil: the end of the state.
func afterPlace(dst, place []byte) []byte { return state.AfterPrefix(dst, place) }

// weight is the weight of the rows from one place or key on up to another, not included;
// nil: from the first row, to the last.
func (o *orderedRows) weight(from, to []byte) int64 {
	w := o.tree.Weight()
	if to != nil {
		w = o.tree.Before(to)
	}
	if from != nil {
		w -= o.tree.Before(from)
	}
	return w
}

// rowCursor stands at a row of a group, or at none.
type rowCursor struct {
	state.Cursor
	group []byte
}

// valid reports whether the cursor stands at a row.
func (c *rowCursor) valid() bool { return c.Valid() && bytes.HasPrefix(c.Key(), c.group) }

// extra is the operator's own bytes beside the row.
func (c *rowCursor) extra() []byte { return c.Value() }

// setExtra writes them.
func (c *rowCursor) setExtra(v []byte) { c.SetValue(v) }

// seek stands at the group's first row at or behind a place or key. The cursor keeps the
// prefix.
func (o *orderedRows) seek(prefix, at []byte) rowCursor { return rowCursor{o.tree.Seek(at), prefix} }

// seekBefore stands at the group's last row before a place or key; nil: at the state's end.
func (o *orderedRows) seekBefore(prefix, at []byte) rowCursor {
	return rowCursor{o.tree.SeekBefore(at), prefix}
}

// first stands at the group's first row.
func (o *orderedRows) first(prefix []byte) rowCursor { return o.seek(prefix, prefix) }

// last stands at the group's last row.
func (o *orderedRows) last(prefix []byte) rowCursor {
	return o.seekBefore(prefix, afterPlace(nil, prefix))
}

// at stands at the row that holds a place of the group, counted from 0 by weights, and
// returns how much of its weight stands before that place.
func (o *orderedRows) at(prefix []byte, n int64) (c rowCursor, within int64) {
	if n >= 0 {
		n += o.tree.Before(prefix)
	}
	at, within := o.tree.At(n)
	return rowCursor{at, prefix}, within
}

// place is the key of the row at the cursor up to its identity: where it and its peers begin.
func (o *orderedRows) place(key []byte) []byte {
	return key[: len(key)-len(o.identity(key)) : len(key)-len(o.identity(key))]
}

// group is the prefix of a key.
func (o *orderedRows) group(key []byte) []byte {
	rest := key
	for _, g := range o.spec.Group {
		rest = col.SkipOrderKey(rest, o.spec.Types[g], col.Order{})
	}
	return key[: len(key)-len(rest) : len(key)-len(rest)]
}

// identity is the identity bytes at the end of a key.
func (o *orderedRows) identity(key []byte) []byte {
	for _, g := range o.spec.Group {
		key = col.SkipOrderKey(key, o.spec.Types[g], col.Order{})
	}
	for _, by := range o.spec.Order {
		key = col.SkipOrderKey(key, o.spec.Types[by.Col], by.Order)
	}
	return key
}

// read appends the row at a cursor to a batch of the rows' columns, with a weight.
func (o *orderedRows) read(dst *col.Batch, c *rowCursor, w int64) {
	o.stop.did(1)
	col.ReadIdentity(dst.Cols[:len(o.spec.Types)], o.identity(c.Key()))
	dst.Grow(dst.N+1, w)
}

// walk hands out the rows from a cursor on that are below a key or place (nil: all of its
// group), in order and some at a time, with their weights. f does not change the state and
// keeps no batch.
func (o *orderedRows) walk(c rowCursor, to []byte, f func(rows *col.Batch) error) error {
	rows := col.NewBatch(o.spec.Types...)
	for ; c.valid() && (to == nil || bytes.Compare(c.Key(), to) < 0); c.Next() {
		if rows.N == col.BatchRows {
			if err := f(rows); err != nil {
				return err
			}
			rows.Reset()
		}
		o.read(rows, &c, c.Weight())
	}
	if rows.N == 0 {
		return nil
	}
	return f(rows)
}
