package exec

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/millracedb/millrace/storage/log"
)

// SQLPartition is the partition of rows whose transaction names none: all INSERTs.
const SQLPartition = "sql"

// Partition is one of the writers of a stream whose rows come in their own order of time: the
// stream's watermark waits for the slowest of them. Times are µs.
type Partition struct {
	Name     string
	Greatest int64 // event time of its rows; NoWatermark: none came
	Last     int64 // when its last row came
	Idle     bool  // it has been silent for the stream's idle timeout: nobody waits for it
	Held     bool  // it is open until it is closed: a COPY
}

// partitions are those of one stream, by name. They follow from the log alone: what a tick
// makes of them is in its record.
type partitions []Partition

func (ps partitions) find(name string) (int, bool) {
	return slices.BinarySearchFunc(ps, name, func(p Partition, n string) int { return strings.Compare(p.Name, n) })
}

// put returns the partitions with one entered or replaced; ps is left as it is.
func (ps partitions) put(p Partition) partitions {
	i, ok := ps.find(p.Name)
	out := slices.Clone(ps)
	if ok {
		out[i] = p
		return out
	}
	return slices.Insert(out, i, p)
}

// without returns the partitions but for one; ps is left as it is.
func (ps partitions) without(name string) partitions {
	i, ok := ps.find(name)
	if !ok {
		return ps
	}
	return slices.Delete(slices.Clone(ps), i, i+1)
}

// watermark is what the partitions promise: the least of the live ones' greatest times, less
// the delay; when all are idle, the greatest time of all.
func (ps partitions) watermark(delay int64) int64 {
	least, greatest, live := int64(math.MaxInt64), int64(NoWatermark), false
	for _, p := range ps {
		greatest = max(greatest, p.Greatest)
		if !p.Idle {
			least, live = min(least, p.Greatest), true
		}
	}
	switch {
	case !live:
		return greatest
	case least == NoWatermark:
		return NoWatermark
	}
	return least - delay
}

// PartitionEvent opens or closes a partition of a stream that is held open: a COPY's. What a
// closed one has brought counts as brought by SQLPartition.
type PartitionEvent struct {
	Rel   uint32
	Name  string
	Close bool
}

// mind lets the rows of a transaction, whose greatest time is given (NoWatermark: none), be
// those of its partition, and the watermark follow. Rows without a time make no partition, for which
// the others would wait, and are no sign of one that is not held open.
func (r *Resolver) mind(p *pending, greatest int64) {
	name := r.txn.Partition
	if name == "" {
		name = SQLPartition
	}
	x := Partition{Name: name, Greatest: NoWatermark}
	if i, ok := p.parts.find(name); ok {
		x = p.parts[i]
	}
	if greatest == NoWatermark && !x.Held {
		return
	}
	x.Greatest, x.Last, x.Idle = max(x.Greatest, greatest), r.now, false
	r.partition(p, p.parts.put(x))
}

// partition gives a stream other partitions, and the watermark that follows.
func (r *Resolver) partition(p *pending, parts partitions) {
	before, mark := p.parts, p.mark
	r.undo = append(r.undo, func() { p.parts, p.mark = before, mark })
	p.parts = parts
	p.mark = max(p.mark, parts.watermark(p.rel.Delay))
}

// event opens or closes a partition. A stream that is gone has none.
func (r *Resolver) event(v PartitionEvent) {
	p, err := r.pending(v.Rel)
	if err != nil || p.rel.Watermark < 0 {
		return
	}
	i, ok := p.parts.find(v.Name)
	switch {
	case !v.Close && !ok:
		r.partition(p, p.parts.put(Partition{Name: v.Name, Greatest: NoWatermark, Last: r.now, Held: true}))
	case v.Close && ok:
		was, rest := p.parts[i], p.parts.without(v.Name)
		if was.Greatest != NoWatermark {
			sql := Partition{Name: SQLPartition, Greatest: NoWatermark, Idle: true}
			if k, ok := rest.find(SQLPartition); ok {
				sql = rest[k]
			}
			sql.Greatest, sql.Last, sql.Idle = max(sql.Greatest, was.Greatest), max(sql.Last, was.Last), sql.Idle && was.Idle
			rest = rest.put(sql)
		}
		r.partition(p, rest)
	}
}

// advance raises a stream's watermark: ADVANCE WATERMARK.
func (r *Resolver) advance(oid uint32, to int64) error {
	p, err := r.pending(oid)
	if err != nil {
		return err
	}
	before := p.mark
	r.undo = append(r.undo, func() { p.mark = before })
	p.mark = max(p.mark, to)
	return nil
}

// silence lets partitions go idle that have brought nothing for their stream's timeout, and
// ends those that a crash has left open. It comes before the tick's transactions.
func (e *Engine) silence(r *Resolver) {
	r.txn = &Txn{}
	for _, x := range e.idlers {
		parts := x.parts
		for _, p := range x.parts {
			if !p.Idle && e.lastSign(&p)+x.IdleTimeout <= r.now {
				p.Idle = true
				parts = parts.put(p)
			}
		}
		if len(parts) > 0 && !slices.Equal(parts, x.parts) {
			if p, err := r.pending(x.OID); err == nil {
				r.partition(p, parts)
			}
		}
	}
	for _, v := range e.orphans {
		r.event(v)
	}
	e.orphans = nil
	r.undo = r.undo[:0]
}

// lastSign is when a partition last brought a row or, when it is open, bytes.
func (e *Engine) lastSign(p *Partition) int64 {
	if at, ok := e.signs.Load(p.Name); ok && p.Held {
		return max(p.Last, at.(*atomic.Int64).Load())
	}
	return p.Last
}

// nextIdle is when the next partition may go idle, noWake if none will.
func (e *Engine) nextIdle() int64 {
	next := int64(noWake)
	for _, x := range e.idlers {
		for _, p := range x.parts {
			if !p.Idle {
				next = min(next, e.lastSign(&p)+x.IdleTimeout)
			}
		}
	}
	return next
}

// listOrphans finds, after a restart, the partitions that were open before it.
func (e *Engine) listOrphans() {
	for _, x := range e.rels.all() {
		for _, p := range x.parts {
			if p.Held {
				e.orphans = append(e.orphans, PartitionEvent{Rel: x.OID, Name: p.Name, Close: true})
			}
		}
	}
}

// Sign says that bytes arrive for an open partition, which therefore does not go idle. Any
// goroutine may call it; at is the wall clock's, µs. A partition forgets its signs by Unsign.
func (e *Engine) Sign(name string) {
	at, ok := e.signs.Load(name)
	if !ok {
		at, _ = e.signs.LoadOrStore(name, new(atomic.Int64))
	}
	at.(*atomic.Int64).Store(e.clock())
}

// Unsign forgets the signs of a partition that is closed.
func (e *Engine) Unsign(name string) { e.signs.Delete(name) }

// frames are the entries of what a tick made of a stream's partitions: rel u32, flags u8 (1
// idle, 2 held, 4 gone), greatest i64, last i64, name.
func (ps partitions) frames(oid []byte, before partitions) (fs []log.Frame) {
	for _, p := range before {
		if _, ok := ps.find(p.Name); !ok {
			fs = append(fs, log.Frame{Kind: log.FramePartition, Body: p.appendTo(slices.Clone(oid), partitionGone)})
		}
	}
	for _, p := range ps {
		if i, ok := before.find(p.Name); !ok || before[i] != p {
			fs = append(fs, log.Frame{Kind: log.FramePartition, Body: p.appendTo(slices.Clone(oid), 0)})
		}
	}
	return fs
}

const (
	partitionIdle = 1 << iota
	partitionHeld
	partitionGone
)

func (p *Partition) appendTo(b []byte, flags byte) []byte {
	if p.Idle {
		flags |= partitionIdle
	}
	if p.Held {
		flags |= partitionHeld
	}
	b = binary.LittleEndian.AppendUint64(append(b, flags), uint64(p.Greatest))
	return append(binary.LittleEndian.AppendUint64(b, uint64(p.Last)), p.Name...)
}

// partitionBytes is what stands before a name.
const partitionBytes = 17

// read is the partitions after an entry, which is not shorter than partitionBytes.
func (ps partitions) read(b []byte) partitions {
	p := Partition{Name: string(b[partitionBytes:]), Greatest: int64(binary.LittleEndian.Uint64(b[1:])), Last: int64(binary.LittleEndian.Uint64(b[9:])),
		Idle: b[0]&partitionIdle != 0, Held: b[0]&partitionHeld != 0}
	if b[0]&partitionGone != 0 {
		return ps.without(p.Name)
	}
	return ps.put(p)
}

// encode is the partitions in a checkpoint: entries behind their lengths.
func (ps partitions) encode(b []byte) []byte {
	for _, p := range ps {
		one := p.appendTo(nil, 0)
		b = append(binary.AppendUvarint(b, uint64(len(one))), one...)
	}
	return b
}

func decodePartitions(b []byte) (ps partitions, ok bool) {
	for len(b) > 0 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n < partitionBytes || n > uint64(len(b)-size) {
			return nil, false
		}
		ps, b = ps.read(b[size:size+int(n)]), b[size+int(n):]
	}
	return ps, true
}
