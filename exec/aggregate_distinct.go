package exec

import (
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// distinctValues is the different values of some arguments in each group, for all calls
// that take them DISTINCT. A row of its state is a group's number and a value, and for
// each different FILTER of those calls how many rows it lets pass: one probe a row, however
// many calls. A kernel sees a value once: when its count rises above zero and when it
// falls back. Where rows only come, a bit a FILTER is enough.
type distinctValues struct {
	seed   col.Seed
	args   []int
	uses   []distinctUse // by FILTER
	bits   bool
	state  groupTables
	number *col.Vector // of the rows' groups
	at     []unsafe.Pointer
	ids    []state.RowID
	hash   []uint64
	turned []uint32 // rows of the batch whose value came or went
	sign   []int64
	rows   []unsafe.Pointer
	some   []uint32 // rows of the batch that matter; nil: all
	list   []uint32
	pass   []uint64
	gone   []touch
	// written takes the values that have no room; nil: none are written.
	written *writtenValues
}

// distinctUse is the calls of one FILTER.
type distinctUse struct {
	filter int // column of the input; -1: none
	calls  []*call
}

// maxFilterBits is how many FILTERs have a bit each.
const maxFilterBits = 64

// distinctOf enters a call in the distinctValues of its arguments, a new one if need be.
func (a *Aggregate) distinctOf(b *Builder, c *call, args []col.Type) {
	i := slices.IndexFunc(a.distinct, func(d *distinctValues) bool { return slices.Equal(d.args, c.Args) })
	if i < 0 {
		i = len(a.distinct)
		a.distinct = append(a.distinct, &distinctValues{seed: b.g.Seed, args: c.Args, number: col.NewVector(col.Int8)})
	}
	d := a.distinct[i]
	c.distinct = d
	u := slices.IndexFunc(d.uses, func(u distinctUse) bool { return u.filter == c.Filter })
	if u < 0 {
		u = len(d.uses)
		d.uses = append(d.uses, distinctUse{filter: c.Filter})
	}
	d.uses[u].calls = append(d.uses[u].calls, c)
}

// open makes the state, once all calls are known.
func (d *distinctValues) open(b *Builder, a *Aggregate, appendOnly bool) {
	d.bits = appendOnly && len(d.uses) <= maxFilterBits
	l := state.Layout{Keys: []col.Type{col.Int8}, Payload: 8 * len(d.uses)}
	if d.bits {
		l.Payload = 8
	}
	for _, x := range d.args {
		l.Keys = append(l.Keys, a.inType[x])
	}
	if d.bits && a.once {
		d.written = b.newWrittenValues(l.Keys[1:])
	}
	d.state = b.newGroupTables(l, a.pane >= 0)
}

// update feeds a batch, of one pane, whose groups are in a.at.
func (d *distinctValues) update(a *Aggregate, table *state.RowTable, pane int64, b *col.Batch) error {
	if full, err := d.overflows(); full || err != nil {
		if err == nil {
			err = d.updateFull(a, table, b)
		}
		return err
	}
	values := d.state.one
	if values == nil {
		values = d.state.panes.Pane(pane)
	}
	d.probe(a, values, b)
	for k, u := range d.uses {
		p := a.passing(u.filter, b)
		d.turned, d.sign = d.turned[:0], d.sign[:0]
		switch {
		case d.bits && p == nil:
			d.setAll(b.N, k)
		case d.bits:
			d.set(p.sel, k)
		case p == nil:
			d.countAll(values, b, k)
		default:
			d.count(values, p, k)
		}
		sign := d.sign
		if d.bits {
			sign = nil
		}
		d.tell(a, table, u, a.at, u.calls[0].columns(b), sign)
	}
	return nil
}

// probe finds or makes the rows of the batch's values, but for rows that no use lets pass.
func (d *distinctValues) probe(a *Aggregate, values *state.RowTable, b *col.Batch) {
	n := b.N
	d.at, d.ids, d.hash = growTo(d.at, n), growTo(d.ids, n), growTo(d.hash, n)
	d.wanted(a, b)
	keys := d.keysOf(a, b)
	k := keys[0].N
	d.seed.Keys(d.hash[:k], keys)
	values.GetOrInsert(d.at, d.ids, keys, d.hash[:k])
	d.spread()
}

// keysOf is the groups' numbers and the values of the rows that matter.
func (d *distinctValues) keysOf(a *Aggregate, b *col.Batch) []*col.Vector {
	n := b.N
	d.number.Reset(col.Int8)
	off := uintptr(a.state.payloadAt + a.numberAt)
	keys := make([]*col.Vector, 1, 1+len(d.args))
	if d.some == nil {
		d.number.Resize(n)
		for i, p := range a.at[:n] {
			d.number.I64[i] = *(*int64)(unsafe.Add(p, off))
		}
	} else {
		d.number.Resize(len(d.some))
		for i, s := range d.some {
			d.number.I64[i] = *(*int64)(unsafe.Add(a.at[s], off))
		}
	}
	keys[0] = d.number
	for _, x := range d.args {
		v := &b.Cols[x]
		if d.some != nil {
			v = gatherKeys([]*col.Vector{v}, d.some)[0]
		}
		keys = append(keys, col.CanonicalOf(v))
	}
	return keys
}

// spread brings what was found of the rows that matter to their places in the batch.
func (d *distinctValues) spread() {
	for i := len(d.some) - 1; i >= 0; i-- { // upwards they would overwrite each other
		s := d.some[i]
		d.at[s], d.ids[s], d.hash[s] = d.at[i], d.ids[i], d.hash[i]
	}
}

// wanted lists the rows that some use lets pass; nil: all.
func (d *distinctValues) wanted(a *Aggregate, b *col.Batch) {
	d.some = nil
	d.pass = growTo(d.pass, col.Words(b.N))
	clear(d.pass)
	for _, u := range d.uses {
		p := a.passing(u.filter, b)
		if p == nil {
			return
		}
		for _, s := range p.sel {
			d.pass[s>>6] |= 1 << (s & 63)
		}
	}
	d.list = col.SelBits(d.list[:0], b.N, d.pass, nil)
	if d.list == nil {
		d.list = []uint32{}
	}
	d.some = d.list
}

// setAll sets the bit of use k in the rows of all values.
func (d *distinctValues) setAll(n, k int) {
	off, bit := uintptr(d.state.payloadAt), uint64(1)<<k
	for i, p := range d.at[:n] {
		if x := (*uint64)(unsafe.Add(p, off)); *x&bit == 0 {
			*x |= bit
			d.turned = append(d.turned, uint32(i))
		}
	}
}

func (d *distinctValues) set(sel []uint32, k int) {
	off, bit := uintptr(d.state.payloadAt), uint64(1)<<k
	for _, i := range sel {
		if x := (*uint64)(unsafe.Add(d.at[i], off)); *x&bit == 0 {
			*x |= bit
			d.turned = append(d.turned, i)
		}
	}
}

// countAll adds the weights of all rows to the counters of use k.
func (d *distinctValues) countAll(values *state.RowTable, b *col.Batch, k int) {
	for i := range b.N {
		d.add(values, uint32(i), b.Weight(i), k)
	}
}

func (d *distinctValues) count(values *state.RowTable, p *passing, k int) {
	for i, s := range p.sel {
		w := int64(1)
		if p.w != nil {
			w = p.w[i]
		}
		d.add(values, s, w, k)
	}
}

func (d *distinctValues) add(values *state.RowTable, i uint32, w int64, k int) {
	count := (*int64)(unsafe.Add(d.at[i], uintptr(d.state.payloadAt+8*k)))
	before := *count
	*count += w
	if (before > 0) != (*count > 0) {
		d.turned = append(d.turned, i)
		if before > 0 {
			d.sign = append(d.sign, -1)
		} else {
			d.sign = append(d.sign, 1)
		}
	}
	if *count == 0 {
		d.gone = append(d.gone, touch{table: values, id: d.ids[i], hash: d.hash[i]})
	}
}

// tell tells the kernels of a use which values came and went: those at d.turned, in groups by row.
func (d *distinctValues) tell(a *Aggregate, table *state.RowTable, u distinctUse, groups []unsafe.Pointer, values []*col.Vector, sign []int64) {
	if len(d.turned) == 0 {
		return
	}
	d.rows = growTo(d.rows, len(d.turned))
	for i, s := range d.turned {
		d.rows[i] = groups[s]
	}
	args := gatherKeys(values, d.turned)
	for _, c := range u.calls {
		c.kernel(table).Update(a.ctx, d.rows, uintptr(c.payloadOff(a)), args, sign)
	}
}

// forget removes the values that have no rows any more.
func (d *distinctValues) forget() {
	for _, v := range d.gone {
		row := v.table.Row(v.id)
		if *(*byte)(row) != 0 && d.empty(row) { // it may stand in the list twice
			v.table.Delete([]state.RowID{v.id}, []uint64{v.hash})
		}
	}
	d.gone = d.gone[:0]
}

func (d *distinctValues) empty(row unsafe.Pointer) bool {
	for k := range d.uses {
		if *(*int64)(unsafe.Add(row, d.state.payloadAt+8*k)) != 0 {
			return false
		}
	}
	return true
}

// numberGroups gives new groups of a batch their numbers, by which the states beside the
// groups know them: drawn from a counter, so that none comes twice.
func (a *Aggregate) numberGroups(n int) {
	if a.numbers == nil {
		return
	}
	last := a.counter()
	off := uintptr(a.state.payloadAt + a.numberAt)
	for _, p := range a.at[:n] {
		if no := (*int64)(unsafe.Add(p, off)); *no == 0 {
			*last++
			*no = *last
		}
	}
}

// counter is the greatest number given so far.
func (a *Aggregate) counter() *int64 {
	var at [1]unsafe.Pointer
	var id [1]state.RowID
	var hash [1]uint64
	a.seed.Keys(hash[:], nil)
	a.numbers.GetOrInsert(at[:], id[:], nil, hash[:])
	return (*int64)(unsafe.Add(at[0], a.numbers.Layout().PayloadAt()))
}

// nextNumber is a number that nothing has.
func (a *Aggregate) nextNumber() int64 {
	last := a.counter()
	*last++
	return *last
}
