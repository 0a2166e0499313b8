package exec

import (
	"context"
	"encoding/binary"

	"github.com/millracedb/millrace/storage/log"
)

// The tick that attaches a view which was filled beside running ticks says how: at which tick
// the rows were read, and in which rounds what followed, so that replay cuts the same steps
// (R7, X13). What that needs is there: the fill has held the horizon, so a checkpoint in between
// has kept the versions, and nothing lets any go while the log is replayed.

// fillRounds is how a view was filled.
type fillRounds struct {
	view  uint32
	first instant   // whose rows it was filled with
	marks []int64   // of its sources, in the order of its feeds
	then  []instant // up to which the changes were fed, but for the tick's own
}

// instant is a tick and its now.
type instant struct {
	tick uint64
	now  int64
}

func (r *fillRounds) frame() log.Frame {
	le := binary.LittleEndian
	put := func(b []byte, i instant) []byte { return le.AppendUint64(le.AppendUint64(b, i.tick), uint64(i.now)) }
	b := put(le.AppendUint32(nil, r.view), r.first)
	b = le.AppendUint32(b, uint32(len(r.marks)))
	for _, m := range r.marks {
		b = le.AppendUint64(b, uint64(m))
	}
	for _, i := range r.then {
		b = put(b, i)
	}
	return log.Frame{Kind: log.FrameFill, Body: b}
}

// readRounds is frame read back; false: it is malformed.
func readRounds(b []byte) (r *fillRounds, ok bool) {
	le := binary.LittleEndian
	if len(b) < 24 {
		return nil, false
	}
	take := func() (i instant) {
		i.tick, i.now, b = le.Uint64(b), int64(le.Uint64(b[8:])), b[16:]
		return i
	}
	r = &fillRounds{view: le.Uint32(b)}
	b = b[4:]
	r.first = take()
	n := uint64(le.Uint32(b))
	if b = b[4:]; uint64(len(b)) < 8*n || (uint64(len(b))-8*n)%16 != 0 {
		return nil, false
	}
	for range n {
		r.marks, b = append(r.marks, int64(le.Uint64(b))), b[8:]
	}
	for len(b) > 0 {
		r.then = append(r.then, take())
	}
	return r, true
}

// completed is a view as of the tick: what was filled beside running ticks with the rest, one
// filled again as it was then, or one filled now.
func (e *Engine) completed(tick uint64, now int64, r *Relation, filled fills) *Filled {
	f := filled.by[r.OID]
	if as := filled.was[r.OID]; f == nil && as != nil {
		if f = e.fillAgain(tick, now, r, as); f != nil {
			return f
		}
	}
	if f == nil {
		return e.fillNow(tick, now, r)
	}
	for _, g := range f.graph.workers() {
		g.unstoppable() // from here on the view is the engine's
	}
	if err := f.finish(e, tick, now); err != nil {
		f.flow.fail(&node{id: -1}, err)
	}
	return f
}

// fillAgain fills a view within a tick as it was filled when the log was written; nil: its
// sources are not there any more as they were then, and it is to be filled now.
func (e *Engine) fillAgain(tick uint64, now int64, r *Relation, as *fillRounds) *Filled {
	f, err := e.newFill(r, nil)
	f.pin = e.pins.PinExempt()
	if f.upto, f.marks = as.first.tick, as.marks; err == nil && len(f.marks) != len(f.src.feeds) {
		err = defect("a view of %d sources was filled from %d", len(f.marks), len(f.src.feeds))
	}
	if err == nil {
		err = f.snapshot(context.Background(), as.first.now, nil)
	}
	for _, to := range as.then {
		if err == nil {
			_, err = f.catchUp(context.Background(), e, to.tick, to.now, false)
		}
	}
	if err == nil {
		err = f.finish(e, tick, now)
	}
	if err != nil {
		e.opt.Logger.Warn("a view is filled in one go that was filled in rounds", "view", r.Name, "error", err)
		f.Release()
		return nil
	}
	return f
}
