package server

import (
	"bytes"
	"errors"
	"iter"
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// ordering puts each tick's changes, and the rows at the beginning, in an order that follows from the rows alone, since the
// order in which a view's rows lie depends on how its workers shared them: those that went
// first, and then by the rows' identity bytes. Of a tick of more rows than maxOrdered each run
// of so many is ordered by itself.
type ordering struct {
	put  func(tick uint64, b *col.Batch) error
	tick uint64
	rows *col.Batch // of the tick; valid until the next one
	keys []byte
	ends []int // of each row's key
}

// maxOrdered is how many rows of a tick are held for their order.
const maxOrdered = 1 << 18

// add takes a batch of a tick's changes, which is the caller's again afterwards.
func (o *ordering) add(tick uint64, b *col.Batch) error {
	if o.rows == nil {
		types := make([]col.Type, len(b.Cols))
		for i := range b.Cols {
			types[i] = b.Cols[i].Type
		}
		o.rows = col.NewBatch(types...)
	}
	if tick != o.tick || o.rows.N >= maxOrdered {
		if err := o.flush(); err != nil {
			return err
		}
	}
	o.tick = tick
	o.rows.AppendBatch(b)
	return nil
}

// flush hands on what has been added.
func (o *ordering) flush() error {
	if o.rows == nil || o.rows.N == 0 {
		return nil
	}
	order := o.sorted()
	for from := 0; from < len(order); from += col.BatchRows {
		b := *o.rows
		b.Sel = order[from:min(from+col.BatchRows, len(order))]
		if err := o.put(o.tick, b.Compact()); err != nil {
			return err
		}
	}
	o.rows.Reset()
	return nil
}

// errEnough ends an ordering whose rows nobody wants any more.
var errEnough = errors.New("enough rows")

// inOrder is rows in the order of a tick that brings them all.
func inOrder(rows iter.Seq2[*col.Batch, error]) iter.Seq2[*col.Batch, error] {
	return func(yield func(*col.Batch, error) bool) {
		o := ordering{put: func(_ uint64, b *col.Batch) error {
			if !yield(b, nil) {
				return errEnough
			}
			return nil
		}}
		err := error(nil)
		for b, e := range rows {
			if err = e; err == nil {
				err = o.add(0, b)
			}
			if err != nil {
				break
			}
		}
		if err == nil {
			err = o.flush()
		}
		if err != nil && err != errEnough {
			yield(nil, err)
		}
	}
}

// sorted is the rows' positions in their order.
func (o *ordering) sorted() []uint32 {
	o.keys, o.ends = o.keys[:0], append(o.ends[:0], 0)
	stored := make([]col.Vector, len(o.rows.Cols))
	for c := range stored {
		stored[c] = *col.IdentityOf(&o.rows.Cols[c])
	}
	order := make([]uint32, o.rows.N)
	for i := range order {
		came := byte(0)
		if o.rows.Weight(i) > 0 {
			came = 1
		}
		o.keys = col.AppendIdentity(append(o.keys, came), stored, i)
		order[i], o.ends = uint32(i), append(o.ends, len(o.keys))
	}
	key := func(i uint32) []byte { return o.keys[o.ends[i]:o.ends[i+1]] }
	slices.SortFunc(order, func(a, b uint32) int { return bytes.Compare(key(a), key(b)) })
	return order
}
