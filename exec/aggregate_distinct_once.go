package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/state"
)

// writtenValues is what distinctValues writes aside, in a dataflow that runs once over rows that
// only come, when the different values have no room within work_mem: those that it does not
// have. They go to parts by bits of their hash; when all have come a part is read after the
// other, and divided by further bits where it has no room either. A row of a part is the id of
// a group, the FILTERs that let the row pass as bits, and the values.
type writtenValues struct {
	g     *Graph
	used  *Usage
	types []col.Type
	files []*tempFile // by part; nil: nothing is written
	mask  []int64
	found []uint32
	lost  []uint32
	sel   [spillParts][]uint32
}

func (b *Builder) newWrittenValues(values []col.Type) *writtenValues {
	return &writtenValues{g: b.g, used: b.usage(), types: append([]col.Type{col.Int8, col.Int8}, values...)}
}

// open begins the files.
func (w *writtenValues) open() ([]*tempFile, error) {
	files := make([]*tempFile, spillParts)
	for p := range files {
		f, err := w.g.spill.create(w.types, w.used)
		if err != nil {
			return nil, err
		}
		files[p] = f
	}
	return files, nil
}

// divide writes the rows of a batch of ids, bits and values to parts.
func (w *writtenValues) divide(files []*tempFile, level int, b *col.Batch, rows []uint32, hash []uint64) error {
	for p := range w.sel {
		w.sel[p] = w.sel[p][:0]
	}
	for _, i := range rows {
		p := hash[i] >> (level * spillBits) % spillParts
		w.sel[p] = append(w.sel[p], i)
	}
	part := *b
	for p, sel := range w.sel {
		if len(sel) == 0 {
			continue
		}
		part.Sel = sel
		if err := files[p].add(&part); err != nil {
			return err
		}
	}
	return nil
}

// overflows reports whether the values have no room any more, and then begins to write.
func (d *distinctValues) overflows() (bool, error) {
	w := d.written
	if w == nil || w.g.spill == nil {
		return false, nil
	}
	w.used.kept(d.state.one.Bytes())
	if w.files != nil || d.state.one.Bytes() <= w.g.spill.most {
		return w.files != nil, nil
	}
	var err error
	w.files, err = w.open()
	return true, err
}

// updateFull is update where no value enters: rows with values that are there count, the others
// are written.
func (d *distinctValues) updateFull(a *Aggregate, table *state.RowTable, b *col.Batch) error {
	w := d.written
	d.wanted(a, b)
	rows := d.some
	if rows == nil {
		rows = firstPlaces(b.N)
	}
	if len(rows) == 0 {
		return nil
	}
	w.mask = growTo(w.mask, b.N)
	clear(w.mask)
	for k, u := range d.uses {
		sel := rows
		if p := a.passing(u.filter, b); p != nil {
			sel = p.sel
		}
		for _, i := range sel {
			w.mask[i] |= 1 << k
		}
	}
	keys := d.keysOf(a, b)
	n := keys[0].N
	d.at, d.ids, d.hash = growTo(d.at, b.N), growTo(d.ids, b.N), growTo(d.hash, b.N)
	d.seed.Keys(d.hash[:n], keys)
	d.state.one.Find(d.at, d.ids, keys, d.hash[:n])
	d.spread()
	w.found, w.lost = w.found[:0], w.lost[:0]
	for _, i := range rows {
		if d.ids[i] == state.Absent {
			w.lost = append(w.lost, i)
		} else {
			w.found = append(w.found, i)
		}
	}
	columns := d.uses[0].calls[0].columns(b)
	d.turnBits(a, table, w.found, w.mask, a.at, columns)
	if len(w.lost) == 0 {
		return nil
	}
	return w.divide(w.files, 0, w.rowsOf(a.ids[:b.N], w.mask, columns), w.lost, d.hash)
}

// rowsOf is a batch of ids, bits and values.
func (w *writtenValues) rowsOf(ids []state.RowID, mask []int64, values []*col.Vector) *col.Batch {
	out := &col.Batch{N: len(ids), Cols: make([]col.Vector, 2, len(w.types))}
	for c := range 2 {
		out.Cols[c].Reset(col.Int8)
		out.Cols[c].Resize(out.N)
	}
	for i, id := range ids {
		out.Cols[0].I64[i], out.Cols[1].I64[i] = int64(id), mask[i]
	}
	for _, v := range values {
		out.Cols = append(out.Cols, *v)
	}
	return out
}

// turnBits sets bits in the payloads of values at some rows, and tells the kernels which are new.
func (d *distinctValues) turnBits(a *Aggregate, table *state.RowTable, rows []uint32, mask []int64, groups []unsafe.Pointer, values []*col.Vector) {
	off := uintptr(d.state.payloadAt)
	for k, u := range d.uses {
		bit := int64(1) << k
		d.turned = d.turned[:0]
		for _, i := range rows {
			if x := (*int64)(unsafe.Add(d.at[i], off)); mask[i]&bit != 0 && *x&bit == 0 {
				*x |= bit
				d.turned = append(d.turned, i)
			}
		}
		d.tell(a, table, u, groups, values, nil)
	}
}

// complete counts the values that were written.
func (d *distinctValues) complete(a *Aggregate) error {
	if d.written == nil || d.written.files == nil {
		return nil
	}
	return d.readParts(a, d.written.files, 1)
}

func (d *distinctValues) readParts(a *Aggregate, files []*tempFile, level int) error {
	for _, f := range files {
		if err := f.finish(); err != nil {
			return err
		}
	}
	for _, f := range files {
		if f.at > 0 {
			if err := d.readPart(a, f, level); err != nil {
				return err
			}
		}
		f.drop()
	}
	return nil
}

// readPart counts the values of a part, in a table of their own.
func (d *distinctValues) readPart(a *Aggregate, f *tempFile, level int) error {
	w := d.written
	owner := w.g.childOwner()
	table := state.New(w.g.Pool, owner, d.state.one.Layout())
	free := func() { freeTable(w.g.Pool, owner, table) }
	defer func() { free() }()
	w.used.Batches++
	var files []*tempFile
	err := f.each(func(b *col.Batch) error {
		w.g.work.did(b.N)
		keys := []*col.Vector{&b.Cols[0]}
		for c := range d.args {
			keys = append(keys, col.CanonicalOf(&b.Cols[2+c]))
		}
		d.at, d.ids, d.hash = growTo(d.at, b.N), growTo(d.ids, b.N), growTo(d.hash, b.N)
		d.seed.Keys(d.hash[:b.N], keys)
		rows := firstPlaces(b.N)
		if files == nil {
			table.GetOrInsert(d.at, d.ids, keys, d.hash[:b.N])
		} else {
			table.Find(d.at, d.ids, keys, d.hash[:b.N])
			var lost []uint32
			in := rows[:0]
			for i, id := range d.ids[:b.N] {
				if id == state.Absent {
					lost = append(lost, uint32(i))
				} else {
					in = append(in, uint32(i))
				}
			}
			rows = in
			if err := w.divide(files, level, b, lost, d.hash); err != nil {
				return err
			}
		}
		groups, values := make([]unsafe.Pointer, b.N), make([]*col.Vector, len(d.args))
		for i, id := range b.Cols[0].I64 {
			groups[i] = a.state.one.Row(state.RowID(id))
		}
		for c := range values {
			values[c] = &b.Cols[2+c]
		}
		d.turnBits(a, a.state.one, rows, b.Cols[1].I64, groups, values)
		w.used.kept(table.Bytes())
		if owner.Out() {
			return w.g.errMemory()
		}
		if files != nil || table.Bytes() <= w.g.spill.most || level == mostLevels {
			return nil
		}
		var err error
		files, err = w.open()
		return err
	})
	if err != nil || files == nil {
		return err
	}
	free()
	free = func() {}
	return d.readParts(a, files, level+1)
}

// freeTable gives the memory of a table back that had an owner of its own.
func freeTable(p *pool.Pool, o *pool.Owner, t *state.RowTable) {
	t.Clear()
	p.Forget(o)
}
