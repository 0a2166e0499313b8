package exec

import (
	"container/heap"
	"time"
)

// noWake is the wake-up time of a node that has not asked for any.
const noWake = 1<<63 - 1

// Between two ticks that wake-ups alone ask for lies at least wakePause, so that rows that
// leave one by one cost ten ticks a second at most; a timer is set no further ahead than
// wakeAhead.
const (
	wakePause = 100 * time.Millisecond
	wakeAhead = time.Hour
)

// Wake asks for a Flush of this node in the last step of the first tick whose instant is at
// or after at (µs), whether or not a row comes; the engine makes that tick when nothing else
// does. A node has one wake-up, the earliest it asked for, and asks anew in the Flush that
// it brought. It lasts over restarts. In a dataflow that runs once no time passes.
func (t *Tick) Wake(at int64) {
	if t.n.flow.standing && at < t.n.wake() {
		t.n.wakeAt = &at
		heap.Push(&t.g.wakes, wakeUp{at, t.n.id})
	}
}

func (n *node) wake() int64 {
	if n.wakeAt == nil {
		return noWake
	}
	return *n.wakeAt
}

// wakeUp is a node's wish; it is void when the node has another one by now.
type wakeUp struct {
	at   int64
	node Ref
}

// wakeUps is a heap of wake-ups, the earliest first.
type wakeUps []wakeUp

func (w wakeUps) Len() int           { return len(w) }
func (w wakeUps) Less(i, j int) bool { return w[i].at < w[j].at }
func (w wakeUps) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *wakeUps) Push(x any)        { *w = append(*w, x.(wakeUp)) }
func (w *wakeUps) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

// nextWake is the instant of the earliest wake-up, noWake if there is none.
func (g *Graph) nextWake() int64 {
	for len(g.wakes) > 0 {
		first := g.wakes[0]
		if n := g.nodes[first.node]; n.wake() == first.at && n.flow.failed == nil {
			return first.at
		}
		heap.Pop(&g.wakes)
	}
	return noWake
}

// wakeDue touches the nodes whose time has come.
func (g *Graph) wakeDue(now int64) {
	for g.nextWake() <= now {
		n := g.nodes[g.wakes[0].node]
		n.wakeAt = nil
		g.touch(n)
		heap.Pop(&g.wakes)
	}
}

// setWake gives a node a wake-up from outside of a tick: after a restart, or when the node
// has come from another graph.
func (g *Graph) setWake(n *node, at int64) {
	if at != noWake {
		n.wakeAt = &at
		heap.Push(&g.wakes, wakeUp{at, n.id})
	}
}

// nextWake is the earliest of all workers' wake-ups.
func (e *Engine) nextWake() int64 {
	at := int64(noWake)
	for _, g := range e.graph.workers() {
		at = min(at, g.nextWake())
	}
	return at
}

// woken reports whether a node is due.
func (e *Engine) woken(now int64) bool {
	return e.fatal.Load() == nil && e.nextAlarm() <= now
}

// nextAlarm is when the next tick is due though nobody commits.
func (e *Engine) nextAlarm() int64 { return min(e.nextWake(), e.nextIdle()) }

// alarm has the queue let the tick's goroutine go on when the next wake-up is due.
func (e *Engine) alarm() {
	at := e.nextAlarm()
	if at == noWake || e.fatal.Load() != nil {
		return
	}
	wait := wakeAhead
	if us := at - e.clock(); us < wakeAhead.Microseconds() {
		wait = max(time.Duration(us)*time.Microsecond, wakePause-time.Since(e.rang))
	}
	if e.timer == nil {
		e.timer = time.AfterFunc(wait, e.queue.ring)
		return
	}
	e.timer.Reset(wait)
}
