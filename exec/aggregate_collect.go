package exec

import (
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/state"
)

// collected is the rows of every group that some calls make their results of, in order: all
// calls of the same columns, order, FILTER and DISTINCT share it. A change costs a way down
// an ordered state, and once a step the results of the groups that changed, which stand in
// their accumulators.
//
// Without an order of their own rows lie as they arrived, each with a number drawn from the
// groups' counter; then a second state leads from a row's values to its numbers, of which
// the least leaves first.
type collected struct {
	collects
	seed    col.Seed
	calls   []*call
	rows    *orderedRows // group's number, the columns; by arrival: number of the row
	numbers *orderedRows // group's number, the columns, number of the row; nil: there is an order
	delta   *col.Batch   // of the step: group's number, the columns
	cons    consolidator
	types   []col.Type
	once    *sortedGroups // in a dataflow that runs once it is all; nil: it does not
}

// collects is what makes states of rows the same.
type collects struct {
	columns  []int     // of the input
	order    []OrderBy // by places in columns; none: as they arrive
	filter   int
	distinct bool // peers of the order are one row
	skip     bool // rows with NULL in the first column do not count
}

func (x collects) same(y collects) bool {
	return slices.Equal(x.columns, y.columns) && slices.Equal(x.order, y.order) && x.filter == y.filter && x.distinct == y.distinct && x.skip == y.skip
}

// collecting reports whether the call makes its result of a group's rows in order. Of
// DISTINCT values that are equal, but not the same, the least is taken, which only an order
// finds again when it leaves.
func (c AggregateCall) collecting(in []col.Type) bool {
	return c.Agg.Collecting != nil || c.Distinct && c.Agg.Extremum == 0 && c.Agg.Name != "count" &&
		slices.ContainsFunc(c.Args, func(x int) bool {
			return !col.CanonicalSame(in[x]) && in[x].Kind() != col.KindF64 && in[x].Kind() != col.KindF32
		})
}

// Arrives reports whether the order in which rows come shows in the result.
func (c AggregateCall) Arrives() bool {
	return c.Agg.Collecting != nil && len(c.collects().order) == 0
}

// collects is what the call wants to see.
func (c AggregateCall) collects() collects {
	x := collects{filter: c.Filter, distinct: c.Distinct}
	place := func(column int) int {
		i := slices.Index(x.columns, column)
		if i < 0 {
			i = len(x.columns)
			x.columns = append(x.columns, column)
		}
		return i
	}
	for _, a := range c.Args {
		place(a)
	}
	for _, o := range c.Order {
		x.order = append(x.order, OrderBy{Col: place(o.Col), Order: o.Order})
	}
	if how := c.Agg.Collecting; how == nil {
		x.skip = true
	} else {
		x.skip = how.SkipNulls
	}
	if c.Distinct || len(c.Order) == 0 && c.Agg.Collecting != nil && c.Agg.Collecting.Sorted {
		for i := range len(c.Args) {
			if !slices.ContainsFunc(x.order, func(o OrderBy) bool { return o.Col == i }) {
				x.order = append(x.order, OrderBy{Col: i})
			}
		}
	}
	return x
}

// collectedOf enters a call in the state of the rows that it wants to see.
func (a *Aggregate) collectedOf(b *Builder, c *call) {
	x := c.collects()
	i := slices.IndexFunc(a.collected, func(s *collected) bool { return s.same(x) })
	if i < 0 {
		i = len(a.collected)
		a.collected = append(a.collected, newCollected(b, a, x))
	}
	s := a.collected[i]
	s.calls, c.collected = append(s.calls, c), s
	for _, arg := range c.Args {
		c.at = append(c.at, 1+slices.Index(x.columns, arg))
	}
}

func newCollected(b *Builder, a *Aggregate, x collects) *collected {
	s := &collected{collects: x, seed: b.g.Seed, cons: consolidator{seed: b.g.Seed, stop: b.g.work}, types: []col.Type{col.Int8}}
	all := []int{0}
	for i, c := range x.columns {
		s.types, all = append(s.types, a.inType[c]), append(all, 1+i)
	}
	if a.once {
		s.once = b.newSortedGroups(s)
		return s
	}
	spec := orderedSpec{Types: s.types, Group: []int{0}}
	for _, o := range x.order {
		spec.Order = append(spec.Order, OrderBy{Col: 1 + o.Col, Order: o.Order})
	}
	if len(x.order) == 0 {
		no := len(s.types)
		spec.Types = append(slices.Clone(s.types), col.Int8)
		spec.Order = []OrderBy{{Col: no}}
		s.numbers = b.newOrderedRows(orderedSpec{Types: spec.Types, Group: all, Order: spec.Order})
	}
	s.rows = b.newOrderedRows(spec)
	s.delta = col.NewBatch(s.types...)
	return s
}

// groupsOf is what the rows of a batch are kept by: the groups' numbers or, where it runs once,
// their ids.
func (s *collected) groupsOf(a *Aggregate, b *col.Batch) *col.Vector {
	n := &col.Vector{}
	n.Reset(col.Int8)
	n.Resize(b.N)
	if s.once != nil {
		for i, id := range a.ids[:b.N] {
			n.I64[i] = int64(id)
		}
		return n
	}
	off := uintptr(a.state.payloadAt + a.numberAt)
	for i, p := range a.at[:b.N] {
		n.I64[i] = *(*int64)(unsafe.Add(p, off))
	}
	return n
}

// add notes the rows of a batch whose groups are in a.at and a.ids.
func (s *collected) add(a *Aggregate, b *col.Batch) error {
	n := s.groupsOf(a, b)
	part := &col.Batch{N: b.N, W: b.W, Cols: []col.Vector{*n}, Step: b.Step, Stable: b.Stable}
	for _, c := range s.columns {
		part.Cols = append(part.Cols, *b.Cols[c].StoredKind())
	}
	if p := a.passing(s.filter, b); p != nil {
		if len(p.sel) == 0 {
			return nil // and no selection would stand for all rows
		}
		part.Sel = p.sel
	}
	if s.skip && part.Cols[1].Valid != nil {
		v, sel := &part.Cols[1], make([]uint32, 0, b.N)
		if part.Sel == nil {
			sel = col.SelBits(sel, b.N, v.Valid, nil)
		}
		for _, i := range part.Sel {
			if !v.Null(int(i)) {
				sel = append(sel, i)
			}
		}
		part.Sel = sel
	}
	if s.once != nil {
		return s.once.addRows(part)
	}
	s.delta.AppendBatch(part)
	return nil
}

// settle enters the step's rows and makes the results of the groups that they belong to.
func (s *collected) settle(a *Aggregate) error {
	if s.delta.N == 0 {
		return nil
	}
	changed := slices.Clone(s.delta.Cols[0].I64[:s.delta.N])
	slices.Sort(changed)
	if err := s.merge(a); err != nil {
		return err
	}
	s.delta.Reset()
	var groups []touch
	for _, x := range a.touched {
		row := x.table.Row(x.id)
		if _, found := slices.BinarySearch(changed, a.numberOf(row)); !found {
			continue
		}
		if n := len(groups); n > 0 && (groups[0].table != x.table || n == col.BatchRows) {
			if err := s.results(a, groups); err != nil {
				return err
			}
			groups = groups[:0]
		}
		groups = append(groups, x)
	}
	if len(groups) == 0 {
		return nil
	}
	return s.results(a, groups)
}

func (a *Aggregate) numberOf(row unsafe.Pointer) int64 {
	return *(*int64)(unsafe.Add(row, a.state.payloadAt+a.numberAt))
}

func (s *collected) merge(a *Aggregate) error {
	if s.numbers != nil {
		return s.arrive(a)
	}
	d := s.cons.run(s.delta)
	return s.rows.merge(d, s.rows.keysOf(d))
}

// results makes the results of groups of one table.
func (s *collected) results(a *Aggregate, groups []touch) error {
	at := make([]unsafe.Pointer, len(groups))
	for i, x := range groups {
		at[i] = x.table.Row(x.id)
	}
	table := groups[0].table
	by := a.groupRows(table, groups[0].pane, at)
	for _, c := range s.calls {
		direct, errs := c.directArgs(a.ctx, by)
		k := c.kernel(table).(*collectedKernel)
		for i, row := range at {
			v := col.NewVector(c.Type())
			err := errs[i]
			if err == nil {
				err = c.make(a.ctx, s.groupOf(a.numberOf(row), c.at), direct, i, v)
			}
			k.set(unsafe.Add(row, c.payloadOff(a)), v, err)
		}
	}
	return nil
}

// directArgs computes the arguments in front of WITHIN GROUP for groups; errs are by group.
func (c *call) directArgs(ctx *fn.Ctx, by *col.Batch) (direct []*col.Vector, errs map[int]error) {
	direct, errs = make([]*col.Vector, len(c.Direct)), map[int]error{}
	for i, x := range c.Direct {
		direct[i] = ctx.Expand(x.Eval(ctx, by, nil), by.N)
		for _, m := range ctx.Marks() {
			errs[m.Lane] = m.Err
		}
		ctx.ClearMarks()
	}
	return direct, errs
}

// groupOf is the rows of a group, of which a call sees some columns.
func (s *collected) groupOf(number int64, at []int) *collectedGroup {
	no := col.NewVector(col.Int8)
	no.AppendI64(number)
	return &collectedGroup{s: s, at: at, prefix: s.rows.appendGroup(nil, []*col.Vector{no}, 0)}
}

// drop forgets the rows of all groups of a table, that of a pane which closes.
func (s *collected) drop(a *Aggregate, table *state.RowTable) error {
	ids := make([]state.RowID, col.BatchRows)
	for from := state.RowID(0); ; {
		n, next := table.Scan(from, ids)
		if n == 0 {
			return nil
		}
		for _, id := range ids[:n] {
			prefix := s.groupOf(a.numberOf(table.Row(id)), nil).prefix
			for _, o := range []*orderedRows{s.rows, s.numbers} {
				if o != nil {
					o.deleteGroup(prefix)
				}
			}
		}
		from = next
	}
}

// deleteGroup takes all rows out whose keys begin with a prefix.
func (o *orderedRows) deleteGroup(prefix []byte) {
	for c := o.first(prefix); c.valid(); c = o.first(prefix) {
		var keys [][]byte
		for ; c.valid() && len(keys) < col.BatchRows; c.Next() {
			keys = append(keys, slices.Clone(c.Key()))
		}
		for _, k := range keys {
			o.tree.Delete(k)
		}
	}
}

var _ agg.Rows = (*collectedGroup)(nil)
