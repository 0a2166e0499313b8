package exec

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/state"
)

// appendTime appends an instant so that bytes are in order of time.
func appendTime(dst []byte, t int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(t)^1<<63)
}

// timeAt reads what appendTime wrote.
func timeAt(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ 1<<63) }

func (n *SessionGroups) closedBy() *int64 {
	if !n.closes {
		return nil
	}
	return &n.closed
}

// over reports whether a session of a last time is over by the watermark of the last tick.
func (n *SessionGroups) over(last int64) bool { return last+n.spec.Gap < n.closed }

// close emits the sessions that the watermark makes over, if they are to be emitted once, and
// forgets them if no late row can come. A session was entered among those due by the last time it had when it was
// born: when its turn comes and it has grown since, it is entered anew.
func (n *SessionGroups) close(t *Tick, emit Emit) error {
	w := t.Watermark(0, n.spec.Time)
	if w == NoWatermark || w <= n.closed {
		return nil
	}
	n.closed = w
	for limit := appendTime(nil, w-n.spec.Gap); ; {
		var passed [][]byte
		for k := range n.due.Ascend(nil, limit) {
			if passed = append(passed, slices.Clone(k)); len(passed) == col.BatchRows {
				break
			}
		}
		if len(passed) == 0 {
			return nil
		}
		list, err := n.takeOver(passed, w)
		if err == nil && len(list) > 0 {
			err = n.finish(t, list, emit)
		}
		if err != nil {
			return err
		}
	}
}

// overSession is a session that is over: the key of its interval, and its last time.
type overSession struct {
	key  []byte
	last int64
}

// takeOver takes out of those due sessions that are over; the others are entered anew.
func (n *SessionGroups) takeOver(passed [][]byte, w int64) (out []overSession, err error) {
	for _, k := range passed {
		n.due.Delete(k)
		v, stands := n.intervals.Get(k[8:])
		if !stands {
			continue
		}
		last := timeAt(v)
		if last+n.spec.Gap < w {
			if !n.keeps {
				n.intervals.Delete(k[8:])
			}
			out = append(out, overSession{k[8:], last})
			continue
		}
		if _, err := n.due.Put(append(appendTime(nil, last), k[8:]...), nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// finish emits sessions that are over, if they are to be, and removes their rows if they are
// to be forgotten.
func (n *SessionGroups) finish(t *Tick, list []overSession, emit Emit) error {
	width := len(n.spec.Partition)
	keys := col.NewBatch(n.types[:width+1]...)
	last := make([]int64, len(list))
	for i, x := range list {
		rest := col.ReadIdentity(keys.Cols[:width], x.key)
		keys.Cols[width].AppendI64(timeAt(rest))
		last[i] = x.last
	}
	of := make([]*col.Vector, width+1)
	for i := range of {
		of[i] = &keys.Cols[i]
	}
	at, ids, hash := make([]unsafe.Pointer, len(list)), make([]state.RowID, len(list)), make([]uint64, len(list))
	n.seed.Keys(hash, of)
	n.groups.FindForWrite(at, ids, of, hash)
	if n.final {
		if err := n.emitOver(t, at, last, emit); err != nil {
			return err
		}
	}
	if n.keeps {
		return nil
	}
	for _, c := range n.calls {
		n.empty(c, at)
	}
	n.groups.Delete(ids, hash)
	return nil
}

// emitOver emits sessions once.
func (n *SessionGroups) emitOver(t *Tick, at []unsafe.Pointer, last []int64, emit Emit) error {
	payload, weight := make([]unsafe.Pointer, len(at)), make([]int64, len(at))
	for i, p := range at {
		payload[i], weight[i] = unsafe.Add(p, n.payAt), 1
	}
	values, errs := n.results(payload, 0, weight)
	windows := n.windows(at, last)
	if err := n.report(t, windows, errs, 1); err != nil {
		return err
	}
	out := &col.Batch{N: len(at), Cols: windows.Cols, Consolidated: true, AppendOnly: true, Stable: true}
	for _, v := range values {
		out.Cols = append(out.Cols, *v)
	}
	if len(errs) > 0 {
		out.Sel = make([]uint32, 0, len(at))
		for i := range at {
			if errs[i] == nil {
				out.Sel = append(out.Sel, uint32(i))
			}
		}
		out = out.Compact()
	}
	if out.N == 0 {
		return nil
	}
	return emit(out)
}
