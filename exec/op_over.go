package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/over"
)

// Over adds window functions to rows: each row comes out with a value for every call, which
// looks at the rows around it in the order of its partition.
//
// The rows lie in an ordered state by partition, order and identity; beside each row stand
// what was emitted for it and, where a call counts from the partition's start, its State. A
// step's change is merged; then the rows whose values it can touch are evaluated anew, and
// what differs from what was emitted is emitted: -old +new. How far that is the calls' Reach
// tells: `ROWS n PRECEDING` touches the n rows behind a change, a running sum those behind it
// until a State comes out as it was, ntile the whole partition. A row at a partition's end is
// one way down the tree, with the State of the row before it. Equal rows are each a row.
//
// Where a watermark says that rows, or partitions, are final, and no row to come looks at them,
// they are forgotten (over_forget.go).
//
// In a dataflow that runs once all rows are sorted and evaluated in one pass.
type Over struct {
	spec  OverSpec
	eval  *over.Eval
	reach over.Reach
	bytes int // of a row's States
	types []col.Type
	out   []col.Type

	rows  *orderedRows // nil: it runs once
	delta *col.Batch
	cons  consolidator
	jobs  []overJob
	in    over.Rows
	one   *col.Batch // a row that is looked at
	keys  arena      // of the step's changes
	read  arena      // of the rows that are evaluated
	picks []overRow
	// evaluated is how many rows the last flush evaluated.
	evaluated int
	diff      overDiff
	sort      overSort
	value     []byte
	k1        []byte
	k2        []byte
	forget    overForget
}

// OverSpec describes window functions over one order of rows. Their output is the input's
// columns, then a column for each call. Ties of the order are broken by the rows' identity
// bytes.
type OverSpec struct {
	Partition []int
	Order     []OrderBy
	Calls     []over.Call
	// Carried are columns beside those of Partition that carry the input's watermark, because
	// rows come in their order and no row changes that has come.
	Carried []int
	// Margin is how much further back than a row before it a row's range may begin, in µs: offsets
	// in days and months are not equally long everywhere.
	Margin int64
}

// Over adds an Over.
func (b *Builder) Over(in Ref, s OverSpec) Ref {
	if len(s.Partition) == 0 {
		return b.over(in, s)
	}
	return b.spill([]Ref{in}, SpillSpec{[][]int{s.Partition}, func(b *Builder, in []Ref) (Ref, *takesRows) {
		return b.over(in[0], s), nil
	}})
}

func (b *Builder) over(in Ref, s OverSpec) Ref {
	types := b.Types(in)
	n := &Over{spec: s, eval: over.New(b.newCtx(), s.Calls), reach: over.ReachOf(s.Calls), bytes: over.StateBytes(s.Calls),
		types: types, out: append([]col.Type(nil), types...), cons: consolidator{seed: b.g.Seed, stop: b.g.work}}
	for _, c := range s.Calls {
		n.out = append(n.out, c.Ret)
	}
	n.delta, n.one = col.NewBatch(types...), col.NewBatch(types...)
	n.in.B = col.NewBatch(types...)
	if b.once {
		n.sort.seed, n.sort.order = b.g.Seed, rowOrder{by: s.Order, stop: b.g.work}
	}
	if n.forget = b.forgetting(in, s, n.reach); !b.once {
		n.rows = b.newOrderedRows(orderedSpec{Types: types, Group: closingFirst(s.Partition, n.forget.partition), Order: s.Order})
	}
	r := b.Add(n, n.out, b.once, in)
	b.g.nodes[r].closes = n.forget.closes()
	for _, c := range append(append([]int(nil), s.Partition...), s.Carried...) {
		b.Carry(r, c, 0, c, nil)
	}
	return r
}

// Apply keeps the batch until the flush.
func (n *Over) Apply(t *Tick, _ int, b *col.Batch, _ Emit) error {
	n.delta.AppendBatch(b)
	return t.keep(b)
}

// Flush emits how the values of the rows changed, and forgets what is final.
func (n *Over) Flush(t *Tick, emit Emit) error {
	err := n.changed(t, emit)
	if err == nil && n.forget.closes() && t.last {
		n.forgetPassed(t)
	}
	return err
}

func (n *Over) changed(t *Tick, emit Emit) error {
	d := n.cons.run(n.delta)
	defer n.delta.Reset()
	if d.N == 0 {
		return nil
	}
	if n.rows == nil {
		return n.once(t, d, emit)
	}
	n.evaluated = 0
	n.diff.begin(n.types, n.out)
	if err := n.merge(t, d); err != nil {
		return err
	}
	for i := range n.jobs {
		if n.forget.due != nil {
			if err := n.await(d, &n.jobs[i]); err != nil {
				return err
			}
		}
	}
	for open := n.jobs; len(open) > 0; {
		var err error
		if open, err = n.round(t, d, open); err != nil {
			return err
		}
	}
	n.jobs = n.jobs[:0]
	out := n.cons.run(n.diff.batch())
	if out.N == 0 {
		return nil
	}
	return emit(out)
}
