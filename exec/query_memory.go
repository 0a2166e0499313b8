package exec

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/pool"
)

// Every byte that a query keeps has an owner: states lie in chunks of the pool, and operators
// book the rows that they keep on the heap. Past its cap the owner is marked, and the query
// ends at the next batch.

// book books bytes of the heap on a private graph's owner.
func (g *Graph) book(n int64) {
	if g.owner != nil && n != 0 {
		g.Pool.Book(g.owner, n)
	}
}

// spend books what an operator's expressions take, and ends the statement when that is too much,
// or when it is to end.
func (g *Graph) spend(n int64) {
	g.book(n)
	if n < 0 {
		return
	}
	if err := g.outOfMemory(); err != nil {
		panic(err)
	}
	g.work.did(stopEvery)
}

// childOwner pays for a part of a query whose memory goes before the query ends.
func (g *Graph) childOwner() *pool.Owner {
	o := &pool.Owner{Name: g.owner.Name, Volatile: true}
	if g.owner.Cap > 0 {
		o.Cap = max(g.owner.Cap-g.owner.Used(), 1)
	}
	return o
}

// outOfMemory is the error of a private graph whose owner is past its cap; nil: it is not.
func (g *Graph) outOfMemory() error {
	if g.owner == nil || !g.owner.Out() {
		return nil
	}
	return g.errMemory()
}

func (g *Graph) errMemory() error {
	e := pgerr.New(pgerr.OutOfMemory, "out of memory")
	if limit := g.owner.Cap; limit > 0 && g.owner.Used() > limit {
		return e.WithDetail("Failed on a query that needs more than its limit of %d kB.", limit>>10).WithHint("%s", g.raise)
	}
	return e.WithDetail("The server's memory is used up, and this query uses most of it.").
		WithHint("Let the query keep less, or start the server with more --memory.")
}
