package planner

import (
	"errors"
	"fmt"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
)

// point is an exchange: a channel from each worker to each.
type point [][]chan *col.Batch

// exchange returns what adds the exchanges of a worker's plan, which are the same ones in the
// same order at each.
func (s *site) exchange() func(in exec.Ref, keys []int) exec.Ref {
	asked, number, known := 0, 0, map[string]exec.Ref{}
	return func(in exec.Ref, keys []int) exec.Ref {
		if asked++; asked-1 == s.leaveOut {
			return in
		}
		name := fmt.Sprint(in, keys)
		if r, ok := known[name]; ok {
			return r
		}
		if number == len(s.points) {
			s.points = append(s.points, newPoint(s.n))
		}
		x := &exchanger{s: s, keys: keys, by: s.points[number], types: s.b.Types(in)}
		number++
		known[name] = s.carryAll(s.b.Add(x, x.types, s.b.AppendOnly(in), in))
		return known[name]
	}
}

func newPoint(n int) point {
	p := make(point, n)
	for i := range p {
		for range n {
			p[i] = append(p[i], make(chan *col.Batch, 1))
		}
	}
	return p
}

// exchanger is a worker's end of an exchange, by the contract of exec.Builder.Exchange.
type exchanger struct {
	s     *site
	keys  []int
	by    point
	types []col.Type
	to    []*col.Batch
}

func (x *exchanger) Apply(_ *exec.Tick, _ int, b *col.Batch, _ exec.Emit) error {
	x.open()
	dense := b.Compact()
	if isEverywhere(x.keys) {
		for _, to := range x.to {
			to.AppendBatch(dense)
		}
		return nil
	}
	for i, to := range x.s.destinations(dense, x.keys) {
		x.to[to].AppendRow(dense, i, dense.Weight(i))
	}
	return nil
}

func (x *exchanger) open() {
	for len(x.to) < x.s.n {
		x.to = append(x.to, col.NewBatch(x.types...))
	}
}

var errStopped = errors.New("another worker has failed")

func (x *exchanger) Flush(_ *exec.Tick, emit exec.Emit) error {
	x.open()
	for to, b := range x.to {
		x.by[x.s.at][to] <- b
	}
	x.to = nil
	for from := range x.s.n {
		select {
		case b := <-x.by[from][x.s.at]:
			if err := emit(b); err != nil {
				return err
			}
		case <-x.s.stop:
			return errStopped
		}
	}
	return nil
}
