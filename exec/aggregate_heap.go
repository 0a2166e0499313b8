package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/storage/pool"
	"github.com/millracedb/millrace/storage/state"
)

// groupHeap lets accumulators keep variable-length values in the heap of their table.
type groupHeap struct {
	h   *state.Heap
	p   *pool.Pool
	one col.Vector
}

var _ agg.Heap = (*groupHeap)(nil)

// Put stores a copy of b. Values are bounded long before they get here.
func (g *groupHeap) Put(b []byte) col.Str {
	g.one.ResetKind(col.Bytea, col.KindStr, 0)
	g.one.AppendBytes(b)
	s, err := g.h.PutStr(&g.one, 0)
	if err != nil {
		panic(err)
	}
	return s
}

// Free gives the bytes of a view back; they stay readable until the step ends.
func (g *groupHeap) Free(s col.Str) { g.h.FreeStr(s) }

// Arenas is what views lead into.
func (g *groupHeap) Arenas() [][]byte { return g.p.Arenas() }

// mustAggregate finds a built-in aggregate that operators use themselves.
func mustAggregate(name string, args ...col.Type) *agg.Aggregate {
	a, _, err := agg.Resolve(name, args)
	if err != nil {
		panic(err)
	}
	return a
}
