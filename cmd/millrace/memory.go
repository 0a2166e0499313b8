package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/millracedb/millrace/server"
)

const (
	// heapStep is how far the memory outside the heap moves before the heap's limit follows.
	heapStep = 64 << 20
	// heapPercent is how much the heap may grow between two collections, in percent of
	// what lives, and heapFloor, in bytes, how much it may at least: what lives of a small
	// database is a few megabytes, which would be marked again at every few thousand
	// statements.
	heapPercent = 200
	heapFloor   = 96 << 20
)

// tuneRuntime sets what the environment leaves open: two threads more than cores, so that
// the kernel and not a queue decides between a scan and a commit; a heap that may treble
// between collections, for rows are not on it; and the budget as its limit.
func tuneRuntime(environ []string, budget int64) {
	if !hasVariable(environ, "GOMAXPROCS") {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
	if !hasVariable(environ, "GOGC") {
		debug.SetGCPercent(heapPercent)
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

// growth is the percentage for what lives on the heap: the floor counts while it is within
// an eighth of the budget. Nothing lives before the first collection.
func growth(live uint64, budget int64) int {
	floor := uint64(heapFloor)
	if budget > 0 {
		floor = min(floor, uint64(budget/8))
	}
	if live == 0 || floor/heapPercent*100 <= live {
		return heapPercent
	}
	return int(floor * 100 / max(live, 1<<20))
}

// followMemory lowers and raises the heap's limit as the memory outside it grows and
// shrinks, and its growth as what lives on it does, until the returned function is called.
func followMemory(environ []string, budget int64, s *server.Server) (stop func()) {
	limited, paced := hasVariable(environ, "GOMEMLIMIT"), hasVariable(environ, "GOGC")
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		clock := time.NewTicker(250 * time.Millisecond)
		defer clock.Stop()
		var followed int64
		percent := heapPercent
		for {
			select {
			case <-done:
				return
			case <-clock.C:
			}
			if used := s.Metrics().PoolUsed; !limited && (used-followed >= heapStep || followed-used >= heapStep) {
				followed = used
				debug.SetMemoryLimit(heapLimit(budget, used))
			}
			metrics.Read(live)
			if p := growth(live[0].Value.Uint64(), budget); !paced && (p > percent*5/4 || p < percent*4/5) {
				percent = p
				debug.SetGCPercent(p)
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
