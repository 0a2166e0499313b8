package exec

import (
	"runtime/debug"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// tickOf is the tick as a node sees it: no node's calls are within each other.
func (g *Graph) tickOf(n *node) *Tick {
	n.tick = g.t
	n.tick.n = n
	return &n.tick
}

// apply is its operator's Apply, guarded.
func (n *node) apply(t *Tick, in int, b *col.Batch, emit Emit) (err error) {
	defer caught(&err)
	return n.op.Apply(t, in, b, emit)
}

// flush is its operator's Flush, guarded.
func (n *node) flush(t *Tick, g *Graph) (err error) {
	defer caught(&err)
	if n.arr != nil {
		return n.arr.flush(g, n)
	}
	return n.op.Flush(t, g.emitter(n))
}

// guard runs what may have a defect.
func guard(f func() error) (err error) {
	defer caught(&err)
	return f()
}

// caught turns a panic of an operator into an error: a defect takes a view out of service,
// never the server.
func caught(err *error) {
	r := recover()
	if e, ok := r.(*pgerr.Error); ok {
		*err = e
	} else if r != nil {
		defect := pgerr.New(pgerr.InternalError, "internal error: %v", r).WithHint("This is a defect of Millrace: the server's log says where.")
		defect.Stack = string(debug.Stack())
		*err = defect
	}
}
