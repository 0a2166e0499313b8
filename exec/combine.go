package exec

import "github.com/millracedb/millrace/base/col"

// combining makes one row of the rows of a batch that are equal in what is read of them: in
// some columns, and in a time that is cut to what it lies in.
type combining struct {
	keep []int // the columns, but for the time
	cons consolidator
	cut  col.Vector // the time
}

func (b *Builder) newCombining() *combining {
	return &combining{cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
}

// sum returns a dense batch with c.cut as the time, equal rows as one with the sum of their
// weights. Columns that nobody reads are empty.
func (c *combining) sum(b *col.Batch, time int) *col.Batch {
	few := &col.Batch{N: b.N, W: b.W, Cols: append(make([]col.Vector, 0, 1+len(c.keep)), c.cut), Stable: b.Stable || b.Step}
	for _, k := range c.keep {
		few.Cols = append(few.Cols, b.Cols[k])
	}
	if few.N > 0 {
		few = c.cons.sum(few)
	}
	out := &col.Batch{N: few.N, W: few.W, Cols: make([]col.Vector, len(b.Cols)), Stable: few.Stable}
	for k := range out.Cols {
		out.Cols[k].Type = b.Cols[k].Type
	}
	for i, k := range c.keep {
		out.Cols[k] = few.Cols[i+1]
	}
	out.Cols[time] = few.Cols[0]
	return out
}

// pays reports whether equal rows were so many the last time that it is worth the while.
func (c *combining) pays() bool { return 2*c.cons.last <= c.cons.of }
