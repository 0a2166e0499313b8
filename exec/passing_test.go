package exec

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/table"
)

// Who follows a stream that keeps no row misses none that comes after the tick at which it begins,
// whenever that is.
func TestFollowersMissNothing(t *testing.T) {
	clock := int64(1000)
	h := &history{t: t, rng: rand.New(rand.NewPCG(1, 1)), w: newWorld(), rows: map[int64][2]int64{}}
	h.w.rels[sOID].Retention = table.Retention{None: true}
	e, err := Open(testOptions(disk.NewMem(1), h.w, &clock))
	if err != nil {
		t.Fatal(err)
	}
	h.e = e
	if err := h.create(sOID, v3OID); err != nil {
		t.Fatal(err)
	}
	const each = 5000
	var writer sync.WaitGroup
	writer.Go(func() {
		for k := range int64(each) {
			rows := col.NewBatch(col.Int8, col.Timestamp)
			rows.Cols[0].AppendI64(k)
			rows.Cols[1].AppendI64(1000)
			rows.Grow(1, 1)
			if _, err := e.Commit(t.Context(), &Txn{Writes: []Write{{Rel: sOID, New: rows, Refused: -1}}}); err != nil {
				t.Error(err)
			}
		}
	})
	begun := e.Newest().Tick // a tick each, of which the first brings 0
	for e.Newest().Tick < begun+each-100 {
		if err := follow(t, e, func(tick uint64, k int64) bool { return k == int64(tick-begun)-1 }); err != nil {
			t.Error(err)
			break
		}
		if _, err := e.Await(t.Context(), e.Newest().Tick+2); err != nil { // while nobody reads
			t.Error(err)
		}
	}
	writer.Wait()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// follow reads ten ticks of the stream, of each of which one row is right.
func follow(t *testing.T, e *Engine, right func(tick uint64, k int64) bool) error {
	s, err := e.Follow(t.Context(), sOID, 0)
	if err != nil {
		return err
	}
	defer s.Release()
	for from, end := s.Tick, s.Tick+3; from < end; {
		p, err := e.Await(t.Context(), from)
		if err != nil {
			return err
		}
		err = e.Changes(sOID, from, p.Tick, []int{0}, func(tick uint64, b *col.Batch) error {
			if from++; tick != from || b.N != 1 || !right(tick, b.Cols[0].I64[0]) {
				t.Errorf("tick %d with %d rows where %d was to come", tick, b.N, from)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if from != p.Tick {
			t.Errorf("told of ticks up to %d, %d is there", from, p.Tick)
		}
	}
	return nil
}
