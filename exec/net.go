package exec

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/base/typeio"
)

// change is what a tick does to one relation, net: the log keeps it, the store and the
// graph apply it. Replay makes it anew from the log.
type change struct {
	rel  *relation
	cut  bool       // emptied first
	dead *col.Batch // whole rows; nil: none
	born []*col.Batch
	mark int64 // the watermark after the tick
	// parts are the partitions after the tick.
	parts partitions
}

// changes nets what the resolver let happen.
func (r *Resolver) changes() []change {
	var out []change
	for _, p := range r.list {
		c := change{rel: p.rel, cut: p.cut, dead: p.leaving(), born: p.coming(), mark: p.mark, parts: p.parts}
		if c.cut || c.dead != nil || len(c.born) > 0 || c.mark != p.rel.mark || !slices.Equal(c.parts, p.rel.parts) {
			out = append(out, c)
		}
	}
	return out
}

func (p *pending) leaving() *col.Batch {
	if p.dead == nil {
		return nil
	}
	out := *p.dead
	out.Sel = make([]uint32, 0, out.N)
	for i := range out.N {
		if !p.deadOut[i] {
			out.Sel = append(out.Sel, uint32(i))
		}
	}
	if len(out.Sel) == 0 {
		return nil
	}
	return out.Compact()
}

func (p *pending) coming() []*col.Batch {
	if len(p.gone) == 0 {
		return p.born
	}
	var out []*col.Batch
	at := 0
	for _, b := range p.born {
		sel := make([]uint32, 0, b.N)
		for i := range b.N {
			if _, gone := p.gone[at]; !gone {
				sel = append(sel, uint32(i))
			}
			at++
		}
		if len(sel) > 0 {
			part := *b
			part.Sel = sel
			out = append(out, part.Compact())
		}
	}
	return out
}

// piece is a part of a change that goes into one step.
type piece struct {
	rel  *relation
	rows *col.Batch
	sign int64
}

// pieces cuts changes into steps of at most so many rows, in their order: of a relation
// first what leaves, then what comes. The cut is a function of the record.
func pieces(cs []change, most int) [][]piece {
	var steps [][]piece
	var step []piece
	room := most
	put := func(rel *relation, b *col.Batch, sign int64) {
		for from := 0; from < b.N; {
			n := min(room, b.N-from)
			part := b
			if n < b.N {
				part = slice(b, from, n)
			}
			step = append(step, piece{rel: rel, rows: part, sign: sign})
			from, room = from+n, room-n
			if room == 0 {
				steps, step, room = append(steps, step), nil, most
			}
		}
	}
	for _, c := range cs {
		if c.dead != nil {
			put(c.rel, c.dead, -1)
		}
		for _, b := range c.born {
			put(c.rel, b, 1)
		}
	}
	if len(step) > 0 || len(steps) == 0 {
		steps = append(steps, step)
	}
	return steps
}

// slice is n rows of a dense batch from a position on.
func slice(b *col.Batch, from, n int) *col.Batch {
	part := *b
	part.Sel = make([]uint32, n)
	for i := range part.Sel {
		part.Sel[i] = uint32(from + i)
	}
	return part.Compact()
}

// delta is the piece as the store and the graph take it.
func (p piece) delta() *col.Batch {
	d := *p.rows
	d.Step, d.Consolidated, d.W, d.Hash, d.HashOf = true, true, nil, nil, nil
	if p.rel.Bag {
		d.AppendOnly, d.Consolidated = true, false
	}
	if p.sign < 0 {
		d.W = make([]int64, d.N)
		for i := range d.W {
			d.W[i] = -1
		}
	}
	return &d
}

func namesOf(r *Relation, cols []int) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = string(pgtext.AppendIdent(nil, []byte(r.Names[c])))
	}
	return strings.Join(out, ", ")
}

// textOf is the values of a row's columns, as constraint errors show them.
func textOf(rows *col.Batch, cols []int, i int) string {
	var b []byte
	for k, c := range cols {
		if k > 0 {
			b = append(b, ", "...)
		}
		if rows.Cols[c].Null(i) {
			b = append(b, "null"...)
			continue
		}
		b = typeio.AppendText(b, &rows.Cols[c], i, nil)
	}
	return string(b)
}
