package wire

import (
	"sync"

	"github.com/millracedb/millrace/base/beside"
)

// besideBytes is the length of a row from which on it is read, or written, beside the statement: what
// is shorter takes some milliseconds, forty at most.
const besideBytes = 1 << 20

// aside has work of a decoder done beside who waits for it. Where the statement ends before, the
// decoder is left to that work: nothing of it may be looked at any more.
type aside struct {
	done   <-chan struct{}
	left   bool       // to work that goes on alone
	busy   sync.Mutex // held while work is done
	closed bool       // no more work begins; guarded by busy
}

// ended reports whether the statement has ended.
func (a *aside) ended() bool {
	a.left = a.left || beside.Ended(a.done)
	return a.left
}

// run does work on so many bytes; false: the statement has ended before.
func (a *aside) run(bytes int, work func()) bool {
	switch {
	case a.ended():
		return false
	case a.done == nil || bytes <= besideBytes:
		work()
		return true
	}
	a.left = !beside.Run(a.done, func() {
		a.busy.Lock()
		defer a.busy.Unlock()
		if !a.closed {
			work()
		}
	})
	return !a.left
}

// close calls release when no work is done any more.
func (a *aside) close(release func()) {
	if a.busy.TryLock() {
		a.closed = true
		a.busy.Unlock()
		release()
		return
	}
	go func() {
		a.busy.Lock()
		defer a.busy.Unlock()
		a.closed = true
		release()
	}()
}
