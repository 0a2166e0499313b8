package beside

import (
	"runtime"
	"sync"
)

// Run computes f on a goroutine of its own and waits for it, unless done is closed before: then f,
// which must touch nothing that its caller uses afterwards, goes on alone. It reports whether f has
// ended; f's panic becomes the caller's. While as many computations go on alone as there are
// processors, and two at least, the next waits for one of them to end before it begins.
func Run(done <-chan struct{}, f func()) (ended bool) {
	if !alone.await(done) {
		return false
	}
	c := computation{finished: make(chan any, 1)}
	go func() {
		defer func() {
			c.finished <- recover()
			alone.over(&c)
		}()
		f()
	}()
	select {
	case broken := <-c.finished:
		if broken != nil {
			panic(broken)
		}
		return true
	case <-done:
		alone.leave(&c)
		return false
	}
}

// Ended reports whether done is closed, without waiting; nil never is.
func Ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// computation is one f. The mutex of alone guards what becomes of it.
type computation struct {
	finished   chan any // what it panicked with
	over, left bool
}

// alone counts the computations that nobody waits for.
var alone = crowd{most: max(2, runtime.NumCPU())}

type crowd struct {
	mu    sync.Mutex
	most  int
	n     int
	freed chan struct{} // closed when one ends; nil: nobody waits for that
}

// await waits until another may begin; false: done was closed before.
func (a *crowd) await(done <-chan struct{}) bool {
	for {
		a.mu.Lock()
		if a.n < a.most {
			a.mu.Unlock()
			return true
		}
		if a.freed == nil {
			a.freed = make(chan struct{})
		}
		freed := a.freed
		a.mu.Unlock()
		select {
		case <-freed:
		case <-done:
			return false
		}
	}
}

func (a *crowd) leave(c *computation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !c.over {
		c.left = true
		a.n++
	}
}

func (a *crowd) over(c *computation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.over = true; !c.left {
		return
	}
	if a.n--; a.freed != nil {
		close(a.freed)
		a.freed = nil
	}
}
