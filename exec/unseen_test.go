package exec

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// gated is a disk whose syncs wait at a gate, and may fail behind it.
type gated struct {
	disk.FS
	gate *gate
}

type gate struct {
	mu   sync.Mutex
	shut chan struct{} // nil: it stands open
	err  error
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

// open lets the syncs through that wait, and all that come, to the disk or to an error.
func (g *gate) open(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.shut)
	g.shut, g.err = nil, err
}

func (g *gate) pass() error {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

type gatedFile struct {
	disk.File
	gate *gate
}

func (f gatedFile) Sync() error {
	if err := f.gate.pass(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f gated) Create(name string) (disk.File, error) { return f.through(f.FS.Create(name)) }
func (f gated) Open(name string) (disk.File, error)   { return f.through(f.FS.Open(name)) }

func (f gated) through(file disk.File, err error) (disk.File, error) {
	return gatedFile{file, f.gate}, err
}

// commitBeside commits some thousand rows to the stream so many times, one tick after the other, while the
// syncs wait, until two ticks have been applied. It returns the channel of what the commits say.
func commitBeside(t *testing.T, e *Engine, times int) <-chan error {
	t.Helper()
	held, hold, said := make(chan struct{}), make(chan struct{}), make(chan error, times)
	go func() { _ = e.onTick(t.Context(), func() { close(held); <-hold }) }()
	<-held
	for i := range times {
		rows := col.NewBatch(col.Int8, col.Timestamp)
		for k := range int64(smallRows + 1) {
			rows.Cols[0].AppendI64(k % 3)
			rows.Cols[1].AppendI64(1000 + int64(i))
		}
		rows.Grow(smallRows+1, 1)
		x := &Txn{Writes: []Write{{Rel: sOID, New: rows, Refused: -1}}}
		go func() {
			_, err := e.Commit(context.Background(), x)
			said <- err
		}()
	}
	until(t, "all wait", func() bool {
		e.queue.mu.Lock()
		defer e.queue.mu.Unlock()
		return len(e.queue.big) == times
	})
	before := e.stats.Ticks.Load()
	close(hold)
	until(t, "two ticks are applied", func() bool { return e.stats.Ticks.Load() == before+2 })
	return said
}

// until waits for something.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !f(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Two ticks of a stream's rows are applied while the disk still takes the first one's record. Neither
// is seen, or answered, before its own is durable; and when the disk fails neither ever is.
func TestTicksOverlapTheLog(t *testing.T) {
	clock, mem, g := int64(1000), disk.NewMem(1), &gate{}
	h := &history{t: t, rng: rand.New(rand.NewPCG(1, 1)), w: newWorld(), rows: map[int64][2]int64{}}
	o := testOptions(gated{mem, g}, h.w, &clock)
	o.Log.SegmentSize = 4 << 20 // no other is made, which would be synced
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	h.e = e
	if err := h.create(tOID, sOID, v3OID); err != nil {
		t.Fatal(err)
	}
	unseen := func(at Published, said <-chan error) {
		t.Helper()
		if now := e.Newest(); now != at {
			t.Errorf("tick %d is seen before it is durable", now.Tick)
		}
		select {
		case err := <-said:
			t.Errorf("a commit is answered before its tick is durable: %v", err)
		default:
		}
	}
	before := e.Newest()
	g.close()
	said := commitBeside(t, e, 3)
	unseen(before, said)
	g.open(nil)
	for range 3 {
		if err := <-said; err != nil {
			t.Fatal(err)
		}
	}
	if now := e.Newest(); now.Tick != before.Tick+3 {
		t.Errorf("tick %d after tick %d and three commits", now.Tick, before.Tick)
	}
	wantRows := func(e *Engine, n int64) {
		t.Helper()
		rows, err := rowsOf(e, sOID)
		if err != nil {
			t.Fatal(err)
		}
		got := int64(0)
		for _, w := range rows {
			got += w
		}
		if got != n {
			t.Errorf("%d rows, want %d", got, n)
		}
	}
	wantRows(e, 3*(smallRows+1))

	before = e.Newest()
	g.close()
	said = commitBeside(t, e, 2)
	unseen(before, said)
	g.open(disk.ErrCrashed)
	for range 2 {
		if err := <-said; pgerr.CodeOf(err) != pgerr.TransactionResolutionUnknown {
			t.Errorf("a commit whose sync failed says %v", err)
		}
	}
	if now := e.Newest(); now != before || e.Fatal() == nil {
		t.Errorf("tick %d is seen after its sync has failed; fatal is %v", now.Tick, e.Fatal())
	}
	wantRows(e, 3*(smallRows+1))
	e.Abandon()
	h.e = open(t, mem.Restart(), h.w, &clock)
	defer h.e.Abandon()
	h.check()
}
