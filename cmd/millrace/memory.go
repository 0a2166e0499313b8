package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/millracedb/millrace/server"
)

// heapStep is how far the memory outside the heap moves before the heap's limit follows.
const heapStep = 64 << 20

// tuneRuntime sets what the environment leaves open: two threads more than cores, so that
// the kernel and not a queue decides between a scan and a commit; a heap that may treble
// between collections, for rows are not on it; and the budget as its limit.
func tuneRuntime(environ []string, budget int64) {
	if !hasVariable(environ, "GOMAXPROCS") {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
	if !hasVariable(environ, "GOGC") {
		debug.SetGCPercent(200)
	}
	if !hasVariable(environ, "GOMEMLIMIT") {
		debug.SetMemoryLimit(heapLimit(budget, 0))
	}
}

// heapLimit is what of the budget is left to the Go heap: at least an eighth, so that the
// collector never spins.
func heapLimit(budget, outside int64) int64 {
	return max(budget-outside, budget/8)
}

// followMemory lowers and raises the heap's limit as the memory outside it grows and
// shrinks, until the returned function is called.
func followMemory(environ []string, budget int64, s *server.Server) (stop func()) {
	if hasVariable(environ, "GOMEMLIMIT") {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		clock := time.NewTicker(250 * time.Millisecond)
		defer clock.Stop()
		var followed int64
		for {
			select {
			case <-done:
				return
			case <-clock.C:
			}
			if used := s.Metrics().PoolUsed; used-followed >= heapStep || followed-used >= heapStep {
				followed = used
				debug.SetMemoryLimit(heapLimit(budget, used))
			}
		}
	}()
	return func() { close(done); <-ended }
}

func hasVariable(environ []string, name string) bool {
	for _, e := range environ {
		if strings.HasPrefix(e, name+"=") {
			return true
		}
	}
	return false
}
