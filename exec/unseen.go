package exec

import (
	"context"
	"slices"
	"time"

	"github.com/millracedb/millrace/storage/log"
)

// unseen is a tick that has been applied and is not visible yet: it is once its record is durable.
//
// While the disk takes the record of a tick of many rows, the tick's goroutine may carry out the next
// one, if both do nothing but bring rows to streams: such rows meet no others, so that nothing which
// is decided for the second depends on who sees the first, and if the log fails nobody ever sees
// either. The first is shown when the second has been applied. Any other tick, and whatever is done
// between ticks, finds the one before it seen.
type unseen struct {
	number  uint64
	now     int64
	changes []change
	catalog bool // it has a new version of the catalog
	in      []*entry
	took    []reservation
	from    time.Time // when it began
	logged  logging
}

// overlappedRows is the most rows of a commit for whose tick the one before it may wait.
const overlappedRows = 64 << 10

// logging is how far the log has come with a record.
type logging struct {
	written chan struct{} // closed when another record may follow
	ended   chan error    // gets how it ended, once it is durable
}

// awaitWritten returns when the log can take the next record.
func (u *unseen) awaitWritten() {
	if u != nil {
		<-u.logged.written
	}
}

// write lets the log, which has admitted it, take the next tick and make it durable while it is
// applied. Nobody sees the tick before.
func (e *Engine) write(frames []log.Frame) logging {
	l, expect := logging{make(chan struct{}), make(chan error, 1)}, e.tickNo
	go func() {
		_, err := e.log.Write(context.Background(), 0, expect, frames)
		close(l.written)
		if err == nil && !e.opt.Log.SyncOff {
			err = e.log.Sync(context.Background())
		}
		l.ended <- err
	}()
	return l
}

// settle shows the tick that has been applied, if nobody has seen it, once it is durable, and answers
// its commits. When the log has failed nobody sees it, nor any that follows.
func (e *Engine) settle() {
	u := e.unseen
	if u == nil {
		return
	}
	e.unseen = nil
	if err := <-u.logged.ended; err != nil {
		e.opt.Catalog.Forget()
		e.refuseLogged(u.in, err)
		return
	}
	for _, r := range u.took {
		r.hold()
	}
	e.show(u.number, u.now, u.changes, u.catalog)
	for _, x := range u.in {
		x.answer(u.number, nil)
	}
	e.stats.Commits.Add(uint64(len(u.in)))
	e.history.note(e, time.Since(u.from))
}

// onlyStreams reports whether all that is to be done is to bring rows to streams.
func (e *Engine) onlyStreams(batch []*entry) bool {
	return len(batch) > 0 && !slices.ContainsFunc(batch, func(x *entry) bool {
		return x.task != nil || x.txn.DDL != nil || len(x.txn.locks) > 0 || len(x.txn.Events) > 0 ||
			slices.ContainsFunc(x.txn.Writes, func(w Write) bool {
				r, err := e.rels.get(w.Rel)
				return err != nil || !r.Bag || r.Temporary || w.New == nil || w.Dead != nil || w.Truncate || w.Advance != nil || w.Point != nil
			})
	})
}
