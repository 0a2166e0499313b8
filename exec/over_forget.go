package exec

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/storage/state"
)

// overForget is how an Over lets rows go by a watermark: whole partitions, where one of their
// columns carries it, or the rows that have come in the order of the window and that none to
// come looks at. What was emitted for them stays.
type overForget struct {
	partition int            // the column by which partitions close; -1: none
	due       *state.Ordered // times and the partitions that have rows of them; nil: rows do not go
	margin    int64          // OverSpec.Margin
}

// forgetting finds what an Over's rows can go by.
func (b *Builder) forgetting(in Ref, s OverSpec, reach over.Reach) overForget {
	f := overForget{partition: b.closingColumn(in, s.Partition), margin: s.Margin}
	if b.once || f.partition >= 0 || len(s.Order) == 0 || !reach.Passes() || !b.AppendOnly(in) {
		return f
	}
	if by := s.Order[0]; !by.Desc && !by.NullsFirst && b.closingColumn(in, []int{by.Col}) >= 0 {
		f.due = b.newOrdered()
	}
	return f
}

func (f *overForget) closes() bool { return f.partition >= 0 || f.due != nil }

// await notes the latest time of a partition's change, by which its rows go.
func (n *Over) await(d *col.Batch, j *overJob) error {
	v := &d.Cols[n.spec.Order[0].Col]
	for i := len(j.changes) - 1; i >= 0; i-- {
		if row := j.changes[i].row; !v.Null(row) {
			_, err := n.forget.due.Put(append(ageKey(nil, v.I64[row]), j.prefix...), nil)
			return err
		}
	}
	return nil
}

// forgetPassed lets go what the watermark, as it stands after the tick, has passed.
func (n *Over) forgetPassed(t *Tick) {
	f := &n.forget
	if f.partition >= 0 {
		n.rows.forgetGroups(t.Watermark(0, f.partition))
		return
	}
	w := t.Watermark(0, n.spec.Order[0].Col)
	if w == NoWatermark {
		return
	}
	end := ageKey(nil, w)
	var done []byte
	for c := f.due.Seek(nil); c.Valid() && bytes.Compare(c.Key(), end) < 0; c = f.due.Seek(nil) {
		key := bytes.Clone(c.Key())
		f.due.Delete(key)
		if prefix := key[8:]; done == nil || !bytes.Equal(prefix, done) {
			n.trim(prefix, w)
			done = prefix
		}
	}
}

// trim forgets the rows of a partition that no row from w on can look at: all that come before
// those within the reach of its last ones, less the first that all look at.
func (n *Over) trim(prefix []byte, w int64) {
	from := n.needed(prefix, w)
	if from == nil {
		return
	}
	c := n.rows.first(prefix)
	for range n.reach.Head {
		if !c.valid() {
			return
		}
		c.Next()
	}
	for c.valid() && bytes.Compare(c.Key(), from) < 0 {
		key := bytes.Clone(c.Key())
		n.rows.tree.Delete(key)
		c = n.rows.seek(prefix, key)
	}
}

// needed is the key of the first row that rows from w on, or those that they matter to, may
// look at, or whose State they begin with; nil: all are needed.
func (n *Over) needed(prefix []byte, w int64) []byte {
	by := n.spec.Order[0]
	c := n.rows.seekBefore(prefix, n.rows.timeKey(bytes.Clone(prefix), by.Col, w, by.Order))
	if !c.valid() {
		return nil
	}
	last := col.NewBatch(n.types...)
	n.rows.read(last, &c, 1)
	front, behind := n.reach.Front, n.reach.Behind
	rows, groups := front.Rows+behind.Rows+1, max(front.Groups, 1)+behind.Groups+2
	var place []byte
	for counting := false; c.valid(); c.Prev() {
		counting = counting || !n.bounded(last, &c)
		if !counting {
			continue
		}
		if p := n.rows.place(c.Key()); !bytes.Equal(p, place) {
			place, groups = bytes.Clone(p), groups-1
		}
		if rows--; rows < 0 && groups < 0 {
			if n.reach.Carries && c.Value()[0]&overCarried == 0 {
				return nil
			}
			return bytes.Clone(c.Key())
		}
	}
	return nil
}

// bounded reports whether a bound of the last row that is passed reaches the row at a cursor:
// those of later rows reach no further back, but for the margin.
func (n *Over) bounded(last *col.Batch, c *rowCursor) bool {
	if len(n.reach.Front.Bounds) == 0 {
		return false
	}
	n.one.Reset()
	n.rows.read(n.one, c, 1)
	for _, x := range n.reach.Front.Bounds {
		bound, key := &last.Cols[x.Bound], &n.one.Cols[x.Frame.Key]
		if bound.Null(0) || key.Null(0) || key.I64[0] >= bound.I64[0]-n.forget.margin {
			return true
		}
	}
	return false
}
