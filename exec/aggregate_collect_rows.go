package exec

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
)

// collectedGroup is one group's rows in order. With DISTINCT only Each is asked for.
type collectedGroup struct {
	s      *collected
	at     []int // the arguments among the rows' columns
	prefix []byte
}

func (g *collectedGroup) Len() int64 {
	return g.s.rows.weight(g.prefix, afterPlace(nil, g.prefix))
}

func (g *collectedGroup) args(rows *col.Batch) []*col.Vector {
	out := make([]*col.Vector, len(g.at))
	for i, c := range g.at {
		out[i] = &rows.Cols[c]
	}
	return out
}

func (g *collectedGroup) Each(f func(r *agg.Run) error) error {
	o := g.s.rows
	rows := col.NewBatch(o.spec.Types...)
	var run agg.Run
	var last []byte
	hand := func() error {
		if rows.N == 0 {
			return nil
		}
		run.N, run.Args = rows.N, g.args(rows)
		err := f(&run)
		rows.Reset()
		run.W, run.Peer = run.W[:0], run.Peer[:0]
		return err
	}
	for c := o.first(g.prefix); c.valid(); c.Next() {
		place, w := o.place(c.Key()), c.Weight()
		peer := last != nil && bytes.Equal(place, last)
		if g.s.distinct {
			if peer {
				continue
			}
			w = 1
		}
		last = append(last[:0], place...)
		o.read(rows, &c, w)
		run.W, run.Peer = append(run.W, w), append(run.Peer, peer)
		if rows.N == col.BatchRows {
			if err := hand(); err != nil {
				return err
			}
		}
	}
	return hand()
}

func (g *collectedGroup) At(n int64) (args []*col.Vector, lane int) {
	c, _ := g.s.rows.at(g.prefix, n)
	rows := col.NewBatch(g.s.rows.spec.Types...)
	g.s.rows.read(rows, &c, 1)
	return g.args(rows), 0
}

func (g *collectedGroup) Place(values []*col.Vector, lane int) (before, through int64) {
	o := g.s.rows
	place := o.appendPlace(bytes.Clone(g.prefix), values, lane)
	return o.weight(g.prefix, place), o.weight(g.prefix, afterPlace(nil, place))
}

func (g *collectedGroup) Different(values []*col.Vector, lane int) (n int64) {
	o := g.s.rows
	end := o.appendPlace(bytes.Clone(g.prefix), values, lane)
	var last []byte
	for c := o.first(g.prefix); c.valid() && bytes.Compare(c.Key(), end) < 0; c.Next() {
		if place := o.place(c.Key()); last == nil || !bytes.Equal(place, last) {
			last = append(last[:0], place...)
			n++
		}
	}
	return n
}

// arrive enters the step's rows behind all others, in the order in which they came, and then
// takes out what was withdrawn: of rows with the same values the one that came first.
func (s *collected) arrive(a *Aggregate) error {
	d := s.delta
	row := &col.Batch{N: 1, Cols: make([]col.Vector, len(s.types)+1)}
	for _, entering := range []bool{true, false} {
		for i := range d.N {
			w := d.Weight(i)
			if w == 0 || w > 0 != entering {
				continue
			}
			for c := range d.Cols {
				row.Cols[c] = *gatherKeys([]*col.Vector{&d.Cols[c]}, []uint32{uint32(i)})[0]
			}
			if !entering {
				if err := s.leave(row, -w); err != nil {
					return err
				}
				continue
			}
			if err := s.enter(row, a.nextNumber(), w); err != nil {
				return err
			}
		}
	}
	return nil
}

// enter adds the weight of a row that has a number.
func (s *collected) enter(row *col.Batch, number, w int64) error {
	no := &row.Cols[len(s.types)]
	no.Reset(col.Int8)
	no.AppendI64(number)
	row.W = []int64{w}
	for _, o := range []*orderedRows{s.rows, s.numbers} {
		if err := o.merge(row, o.keysOf(row)); err != nil {
			return err
		}
	}
	return nil
}

// leave takes out a row of the same values that came first.
func (s *collected) leave(row *col.Batch, w int64) error {
	o := s.numbers
	keys := make([]*col.Vector, len(s.types))
	for c := range keys {
		keys[c] = &row.Cols[c]
	}
	prefix := o.appendGroup(nil, keys, 0)
	for w > 0 {
		number, has := s.firstOf(row, prefix)
		if has == 0 {
			return defect("a row that does not stand in its group is withdrawn")
		}
		n := min(w, has)
		if err := s.enter(row, number, -n); err != nil {
			return err
		}
		w -= n
	}
	return nil
}

// firstOf finds the least number of the rows that are equal to one, and its weight.
func (s *collected) firstOf(row *col.Batch, prefix []byte) (number, w int64) {
	o := s.numbers
	rows := col.NewBatch(o.spec.Types...)
	want := col.AppendIdentity(nil, row.Cols[:len(s.types)], 0)
	for c := o.first(prefix); c.valid(); c.Next() {
		rows.Reset()
		o.read(rows, &c, 1)
		if bytes.Equal(col.AppendIdentity(nil, rows.Cols[:len(s.types)], 0), want) {
			return rows.Cols[len(s.types)].I64[0], c.Weight()
		}
	}
	return 0, 0
}
