package exec

import "context"

// stopEvery is the units of work, rows or comparisons, between two looks at whether a
// statement is to end: some milliseconds of the dearest.
const stopEvery = 1 << 12

// stopper ends a computation that emits nothing for long, when its statement has ended: by a
// panic with the error, which the guards around operators turn back. Nil: nothing ends it.
type stopper struct {
	ctx  context.Context
	left int
}

// stopBy has a context end what the graph computes; nil: nothing does.
func (g *Graph) stopBy(ctx context.Context) {
	if g.stop = ctx; ctx != nil {
		g.work = &stopper{ctx: ctx, left: stopEvery}
	}
}

// unstoppable has nothing end what the graph computes from here on.
func (g *Graph) unstoppable() {
	g.stop = nil
	if g.work != nil {
		g.work.ctx = context.Background() // operators hold it
	}
}

// did counts units of work.
func (s *stopper) did(n int) {
	if s == nil {
		return
	}
	if s.left -= n; s.left > 0 {
		return
	}
	s.left = stopEvery
	if s.ctx.Err() != nil {
		panic(canceled(s.ctx))
	}
}

// mayEnd ends the statement if it is to end, between two parts of long work.
func (g *Graph) mayEnd() { g.work.did(stopEvery) }

// wrote counts bytes of keys that were written to be compared.
func (s *stopper) wrote(n int) { s.did(n / bytesOfWork) }

// bytesOfWork is how many bytes of a key are a unit of work: a megabyte takes some milliseconds.
const bytesOfWork = 1 << 8

// did counts units of work of an operator that makes pairs and may emit none of them.
func (t *Tick) did(n int) {
	if t.g != nil {
		t.g.work.did(n)
	}
}
