package exec

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/disk"
)

// writers is a stream with several partitions, on a clock of the test.
type writers struct {
	*testing.T
	fs    *disk.Mem
	e     *Engine
	clock int64
}

const second = 1_000_000

func (x *writers) open(timeout int64) {
	x.Helper()
	w := newWorld()
	w.rels[sOID].IdleTimeout, w.rels[sOID].Title = timeout, "public.s"
	var err error
	if x.e, err = Open(testOptions(x.fs, w, &x.clock)); err != nil {
		x.Fatal(err)
	}
}

func (x *writers) commit(t *Txn) *Txn {
	x.Helper()
	if _, err := x.e.Commit(context.Background(), t); err != nil {
		x.Fatal(err)
	}
	return t
}

// send lets rows of the times come from a partition; it returns how many were late.
func (x *writers) send(partition string, times ...int64) int64 {
	x.Helper()
	b := col.NewBatch(col.Int8, col.Timestamp)
	for i, t := range times {
		b.Cols[0].AppendI64(int64(i))
		b.Cols[1].AppendI64(t)
		b.Grow(b.N+1, 1)
	}
	return x.commit(&Txn{Partition: partition, Writes: []Write{{Rel: sOID, New: b}}}).LateRows
}

func (x *writers) event(name string, closed bool) {
	x.Helper()
	x.commit(&Txn{Events: []PartitionEvent{{Rel: sOID, Name: name, Close: closed}}})
}

// is compares the stream's watermark and its partitions.
func (x *writers) is(mark int64, parts string) {
	x.Helper()
	if err := x.e.onTick(context.Background(), func() {}); err != nil {
		x.Fatal(err)
	}
	for _, s := range x.e.Stores() {
		if s.OID != sOID {
			continue
		}
		got := ""
		for _, p := range s.Partitions {
			got += fmt.Sprintf("%s %d %v; ", p.Name, p.Greatest, p.Idle)
		}
		if s.Watermark != mark || got != parts {
			x.Fatalf("watermark %d, partitions %q; want %d, %q", s.Watermark, got, mark, parts)
		}
	}
}

// A stream's watermark is that of its slowest live partition, whatever happens to the server
// in between: the log and the checkpoint say what the partitions were.
func TestPartitions(t *testing.T) {
	x := &writers{T: t, fs: disk.NewMem(1), clock: 1000 * second}
	x.open(0)
	x.commit(&Txn{DDL: oidBytes(sOID)})
	again := func(end func() error) {
		t.Helper()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		x.open(0)
	}
	stop := func() error { return x.e.Close() }
	kill := func() error { x.e.Abandon(); return nil }
	none := int64(NoWatermark)
	x.send("", math.MaxInt64) // rows without a time say nothing, whoever brings them
	x.event("z", false)
	x.send("z", math.MaxInt64)
	x.is(none, fmt.Sprintf("z %d false; ", none))
	x.event("z", true)
	x.is(none, "")
	x.event("a", false)
	x.event("b", false)
	x.is(none, fmt.Sprintf("a %d false; b %d false; ", none, none))
	if late := x.send("b", 200); late != 0 {
		t.Fatalf("%d rows are late", late)
	}
	x.is(none, fmt.Sprintf("a %d false; b 200 false; ", none))
	if late := x.send("a", 100, 110); late != 0 { // the day before, though it comes later
		t.Fatalf("%d rows are late", late)
	}
	x.is(107, "a 110 false; b 200 false; ")
	x.event("b", true) // its rows count as brought by "sql"
	x.is(107, "a 110 false; sql 200 false; ")
	if late := x.send("a", 106, 150); late != 1 {
		t.Fatalf("%d rows are late", late)
	}
	x.is(147, "a 150 false; sql 200 false; ")
	x.event("a", true)
	x.is(197, "sql 200 false; ")
	again(stop)
	x.is(197, "sql 200 false; ")
	x.event("c", false)
	x.send("", 300)
	x.is(197, fmt.Sprintf("c %d false; sql 300 false; ", none))
	again(kill) // nobody is behind an open partition any more: the next tick closes it
	x.is(197, fmt.Sprintf("c %d false; sql 300 false; ", none))
	x.send("", 301)
	x.is(298, "sql 301 false; ")
	x.event("d", false)
	x.send("d", 400)
	again(stop)
	x.send("", 302)
	x.is(397, "sql 400 false; ")
	to := int64(500)
	x.commit(&Txn{Writes: []Write{{Rel: sOID, Advance: &to}}})
	x.is(500, "sql 400 false; ")
	to = 450
	x.commit(&Txn{Writes: []Write{{Rel: sOID, Advance: &to}}})
	again(kill)
	x.is(500, "sql 400 false; ")
	if late := x.send("", 499, 500); late != 1 {
		t.Fatalf("%d rows are late", late)
	}
	if err := x.e.Close(); err != nil {
		t.Fatal(err)
	}
}

// A partition that has been silent for the timeout is waited for no more; when all are, the
// watermark is the greatest time of all.
func TestPartitionsGoIdle(t *testing.T) {
	x := &writers{T: t, fs: disk.NewMem(1), clock: 1000 * second}
	x.open(10 * second)
	x.commit(&Txn{DDL: oidBytes(sOID)})
	x.event("a", false)
	x.event("b", false)
	x.send("a", 100)
	x.send("b", 200)
	x.is(97, "a 100 false; b 200 false; ")
	x.later(9 * second)
	x.send("b", 210)
	x.is(97, "a 100 false; b 210 false; ")
	x.later(second) // a is idle
	x.is(207, "a 100 true; b 210 false; ")
	x.e.Sign("b") // bytes arrive, though no row has
	x.later(9 * second)
	x.is(207, "a 100 true; b 210 false; ")
	x.later(second)
	x.is(210, "a 100 true; b 210 true; ")
	x.e.Abandon()
	x.open(10 * second)
	x.is(210, "a 100 true; b 210 true; ")
	x.send("b", 300) // it lives again; what was open is closed by the same tick
	x.is(297, "b 300 false; sql 210 true; ")
	x.later(10 * second)
	x.is(300, "b 300 true; sql 210 true; ")
	if err := x.e.Close(); err != nil {
		t.Fatal(err)
	}
}

// later lets time pass, and the engine look.
func (x *writers) later(us int64) {
	x.Helper()
	if err := x.e.onTick(context.Background(), func() { x.clock += us }); err != nil {
		x.Fatal(err)
	}
	x.e.queue.ring()
	for range 2 { // the first may be taken together with the ring
		if err := x.e.onTick(context.Background(), func() {}); err != nil {
			x.Fatal(err)
		}
	}
}

// On the machine's clock nobody has to look: an idle stream closes its last window by itself.
func TestIdleStreamTicks(t *testing.T) {
	w := newWorld()
	w.rels[sOID].IdleTimeout = 1000
	never := int64(0)
	o := testOptions(disk.NewMem(1), w, &never)
	o.Clock = nil
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	x := &writers{T: t, e: e}
	x.commit(&Txn{DDL: oidBytes(sOID)})
	x.send("", 100)
	for e.Stores()[2].Watermark != 100 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		_, err := e.Await(ctx, e.Newest().Tick)
		cancel()
		if err != nil {
			t.Fatalf("no tick came: %v", err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
