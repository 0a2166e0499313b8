package exec

import (
	"unsafe"

	"github.com/millracedb/millrace/base/col"
)

// passing is the rows of a batch that a FILTER lets pass, found once for all calls that
// have it. Its memory lasts from batch to batch.
type passing struct {
	filter int // column of the input
	fresh  bool
	sel    []uint32
	rows   []unsafe.Pointer // of their groups
	w      []int64
	weight []int64
}

// filterOf notes a call's FILTER.
func (a *Aggregate) filterOf(filter int) {
	for _, p := range a.filters {
		if p.filter == filter {
			return
		}
	}
	if filter >= 0 {
		a.filters = append(a.filters, &passing{filter: filter, sel: []uint32{}}) // nil would select all
	}
}

// passing finds the rows of a batch, whose groups are in a.at, that pass a filter; nil: all
// do.
func (a *Aggregate) passing(filter int, b *col.Batch) *passing {
	for _, p := range a.filters {
		if p.filter == filter {
			p.find(a, b)
			if len(p.sel) == b.N {
				return nil
			}
			return p
		}
	}
	return nil
}

func (p *passing) find(a *Aggregate, b *col.Batch) {
	if p.fresh {
		return
	}
	p.fresh = true
	f := &b.Cols[p.filter]
	p.sel = col.SelBits(p.sel[:0], b.N, f.Bits, f.Valid)
	p.rows, p.w = growTo(p.rows, len(p.sel)), nil
	for i, s := range p.sel {
		p.rows[i] = a.at[s]
	}
	if b.W == nil {
		return
	}
	p.weight = growTo(p.weight, len(p.sel))
	for i, s := range p.sel {
		p.weight[i] = b.W[s]
	}
	p.w = p.weight
}

// refilter says that another batch begins.
func (a *Aggregate) refilter() {
	for _, p := range a.filters {
		p.fresh = false
	}
}
