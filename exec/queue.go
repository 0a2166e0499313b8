package exec

import (
	"context"
	"slices"
	"sync"

	"github.com/millracedb/millrace/base/col"
)

// Bounds of the queue: beyond them sessions wait.
const (
	queueCommits = 4096
	queueBytes   = 64 << 20
	smallRows    = 4096 // a commit of at most so many rows is small
)

// entry is a transaction that waits for its tick.
type entry struct {
	txn   *Txn
	rows  int
	bytes int64
	tick  uint64
	err   error
	done  chan struct{}
	task  func() // instead of a transaction: work of the tick's goroutine between ticks
}

func (x *entry) answer(tick uint64, err error) {
	x.tick, x.err = tick, err
	close(x.done)
}

// waitingRows counts the rows that entries bring.
func waitingRows(batch []*entry) (n int) {
	for _, x := range batch {
		n += x.rows
	}
	return n
}

// queue is the commits that wait. Small ones go first, for one tick at most; then a big
// one goes, alone.
type queue struct {
	mu     sync.Mutex
	some   sync.Cond
	room   sync.Cond
	small  []*entry
	big    []*entry
	bytes  int64
	yield  bool // the last tick was of small ones while a big one waited
	rung   bool // the tick's goroutine is to go on, commits or not
	closed bool
}

func (q *queue) init() {
	q.some.L, q.room.L = &q.mu, &q.mu
}

func (q *queue) put(ctx context.Context, x *entry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full(x) {
		q.await(ctx, x)
	}
	if ctx.Err() != nil {
		return canceled(ctx)
	}
	if q.closed {
		return errShutdown()
	}
	if x.rows > smallRows {
		q.big = append(q.big, x)
	} else {
		q.small = append(q.small, x)
	}
	q.bytes += x.bytes
	q.some.Signal()
	return nil
}

// withdraw takes an entry back that is in no tick yet; false: it is.
func (q *queue) withdraw(x *entry) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, waiting := range []*[]*entry{&q.small, &q.big} {
		if i := slices.Index(*waiting, x); i >= 0 {
			*waiting = slices.Concat((*waiting)[:i], (*waiting)[i+1:]) // batches share the old one
			q.bytes -= x.bytes
			q.room.Broadcast()
			return true
		}
	}
	return false
}

// full says whether an entry must wait.
func (q *queue) full(x *entry) bool {
	return !q.closed && (len(q.small)+len(q.big) >= queueCommits || q.bytes > 0 && q.bytes+x.bytes > queueBytes)
}

// await waits, with the lock held, until there is room for an entry or ctx has ended.
func (q *queue) await(ctx context.Context, x *entry) {
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.room.Broadcast()
	})
	defer stop()
	for ctx.Err() == nil && q.full(x) {
		q.room.Wait()
	}
}

// take returns the commits of the next tick. If it is to wait, it waits for some, or a ring; open is
// false once the queue is closed and empty.
func (q *queue) take(wait bool) (batch []*entry, open bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for wait && len(q.small)+len(q.big) == 0 && !q.closed && !q.rung {
		q.some.Wait()
	}
	q.rung = false
	if len(q.big) > 0 && (len(q.small) == 0 || q.yield) {
		batch, q.big, q.yield = q.big[:1:1], q.big[1:], false
	} else {
		n, rows := 0, 0
		for n < len(q.small) && (n == 0 || rows+q.small[n].rows <= col.StepRows) {
			rows += q.small[n].rows
			n++
			if t := q.small[n-1].txn; t != nil && t.DDL != nil {
				break // what comes after it in a tick would be decided without it
			}
		}
		batch, q.small = q.small[:n:n], q.small[n:]
		q.yield = len(q.big) > 0
	}
	for _, x := range batch {
		q.bytes -= x.bytes
	}
	q.room.Broadcast()
	return batch, len(batch) > 0 || !q.closed
}

// goesOn reports whether commits wait, of which none that is next has more than so many rows.
func (q *queue) goesOn(most int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.small)+len(q.big) > 0 && (len(q.big) == 0 || q.big[0].rows <= most)
}

// ring ends a wait of take.
func (q *queue) ring() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rung = true
	q.some.Signal()
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.some.Broadcast()
	q.room.Broadcast()
}
