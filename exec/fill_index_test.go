package exec

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// indexWorld is a world whose diffs may be of an index, too: over k, or unique over v.
type indexWorld struct{ *world }

const (
	byK      = 30000
	uniqueV  = 30001
	fillRows = 3 * col.BatchRows
)

func indexOfT(oid uint32) *IndexOp {
	r := *newWorld().rels[tOID]
	x := &IndexOp{Rel: tOID, Name: fmt.Sprint("i", oid), Label: "by_k", Cols: []int{1}, Relation: &r}
	if oid == uniqueV {
		x.Label, x.Cols, x.Unique = "u", []int{2}, true
		r.Unique = append([]Unique{{Name: "u", Index: x.Name, Cols: x.Cols}}, r.Unique...)
	}
	return x
}

func (w *indexWorld) Next(diff []byte) ([]Op, error) {
	if oid := binary.LittleEndian.Uint32(diff); oid == byK || oid == uniqueV {
		w.next = append(w.next, oid)
		return []Op{{Index: indexOfT(oid)}}, nil
	}
	return w.world.Next(diff)
}

type indexTest struct {
	*testing.T
	e *Engine
}

// newIndexTest has a t of rows (i, i % 100, i).
func newIndexTest(t *testing.T, rows int64) *indexTest {
	t.Helper()
	w, clock := newWorld(), int64(1000)
	o := testOptions(disk.NewMem(1), w, &clock)
	o.Catalog = &indexWorld{w}
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Abandon)
	x := &indexTest{t, e}
	x.commit(&Txn{DDL: oidBytes(tOID)})
	b := batch3()
	for i := range rows {
		b.AppendBatch(batch3([3]int64{i, i % 100, i}))
	}
	if rows > 0 {
		x.commit(&Txn{Writes: []Write{{Rel: tOID, New: b}}})
	}
	return x
}

func (x *indexTest) commit(t *Txn) {
	x.Helper()
	if _, err := x.e.Commit(context.Background(), t); err != nil {
		x.Fatal(err)
	}
}

func (x *indexTest) fill(oid uint32) *IndexFill {
	x.Helper()
	f, err := x.e.NewIndexFill(indexOfT(oid))
	if err != nil {
		x.Fatal(err)
	}
	return f
}

// found is the rows that the index over k leads to at the newest tick.
func (x *indexTest) found() map[string]int64 {
	x.Helper()
	snap := x.e.Snapshot()
	defer snap.Release()
	st, err := x.e.Store(tOID)
	if err != nil {
		x.Fatal(err)
	}
	out := map[string]int64{}
	for k := range int64(101) {
		key, dst := col.NewVector(col.Int8), col.NewBatch(i8s(3)...)
		key.AppendI64(k)
		if _, err := st.Lookup(snap.Tick, indexOfT(byK).Name, []*col.Vector{key}, firstN(3), dst, nil); err != nil {
			x.Fatal(err)
		}
		countRows(out, dst)
	}
	return out
}

// Transactions commit while an index is filled, and it has what they did.
func TestTicksGoOnWhileAnIndexIsFilled(t *testing.T) {
	x := newIndexTest(t, fillRows)
	f, at := x.fill(byK), int64(0)
	err := f.CatchUp(context.Background(), func(int64) {
		at++
		x.commit(&Txn{Snapshot: x.e.Newest().Tick, Writes: []Write{
			{Rel: tOID, Dead: batch3([3]int64{at, at % 100, at}, [3]int64{fillRows - at, (fillRows - at) % 100, fillRows - at}), New: batch3([3]int64{at, 100, at}, [3]int64{-at, 100, at})}}})
	})
	if err != nil || at == 0 {
		t.Fatalf("%d commits: %v", at, err)
	}
	x.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{-100, 7, 7})}}})
	x.commit(&Txn{DDL: oidBytes(byK), Indexes: []*IndexFill{f}})
	x.commit(&Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{-101, 7, 7})}}})
	want, err := rowsOf(x.e, tOID)
	if err != nil {
		t.Fatal(err)
	}
	if got := x.found(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("the index has %d rows, the table %d", len(got), len(want))
	}
}

// An index is of no use once its relation was emptied, and is filled again.
func TestTruncationBesideAFill(t *testing.T) {
	x := newIndexTest(t, 10)
	f := x.fill(byK)
	if err := f.CatchUp(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	x.commit(&Txn{Writes: []Write{{Rel: tOID, Truncate: true}, {Rel: tOID, New: batch3([3]int64{1, 2, 3})}}})
	ddl := &Txn{DDL: oidBytes(byK), Indexes: []*IndexFill{f}}
	if _, err := x.e.Commit(context.Background(), ddl); !errors.Is(err, ErrFillAgain) {
		t.Fatal(err)
	}
	if err := f.CatchUp(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	x.commit(ddl)
	if got := x.found(); fmt.Sprint(got) != "map[1, 2, 3:1]" {
		t.Fatal(got)
	}
}

func TestCancelOfAFill(t *testing.T) {
	x := newIndexTest(t, fillRows)
	ctx, cancel := context.WithCancel(context.Background())
	f := x.fill(byK)
	defer f.Release()
	if err := f.CatchUp(ctx, func(int64) { cancel() }); !errors.Is(err, context.Canceled) && pgerr.CodeOf(err) != pgerr.QueryCanceled {
		t.Fatal(err)
	}
}

// together commits transactions in one batch of the queue, and returns their errors.
func (x *indexTest) together(ts ...*Txn) (errs []error) {
	x.Helper()
	var all []*entry
	err := x.e.onTick(context.Background(), func() {
		for _, t := range ts {
			n := &entry{txn: t, done: make(chan struct{}), rows: t.rows(), bytes: t.bytes()}
			if err := x.e.queue.put(context.Background(), n); err != nil {
				x.Error(err)
			}
			all = append(all, n)
		}
	})
	if err != nil {
		x.Fatal(err)
	}
	for _, n := range all {
		<-n.done
		errs = append(errs, n.err)
	}
	return errs
}

// Whether an index may be unique follows from the order of commits, also where they are
// neighbours in the queue, and whether or not it was filled before.
func TestUniqueAmongNeighbours(t *testing.T) {
	twice := func(id int64) *Txn {
		return &Txn{Writes: []Write{{Rel: tOID, New: batch3([3]int64{id, 0, 5})}}}
	}
	for _, filled := range []bool{false, true} {
		index := func(x *indexTest, more ...Write) *Txn {
			ddl := &Txn{DDL: oidBytes(uniqueV), Writes: more, Snapshot: x.e.Newest().Tick}
			if filled {
				f := x.fill(uniqueV)
				if err := f.CatchUp(context.Background(), nil); err != nil {
					x.Fatal(err)
				}
				x.Cleanup(f.Release)
				ddl.Indexes = []*IndexFill{f}
			}
			return ddl
		}
		expect := func(x *indexTest, errs []error, first, second string) {
			x.Helper()
			for i, want := range []string{first, second} {
				got := ""
				if errs[i] != nil {
					e := pgerr.From(errs[i])
					got = e.Message + "; " + e.Detail
				}
				if got != want {
					x.Errorf("filled %v: transaction %d: %v", filled, i, errs[i])
				}
			}
		}
		x := newIndexTest(t, 10)
		expect(x, x.together(twice(100), index(x)), "", "could not create unique index \"u\"; Key (v)=(5) is duplicated.")
		x = newIndexTest(t, 10)
		expect(x, x.together(index(x), twice(100)), "", "duplicate key value violates unique constraint \"u\"; Key (v)=(5) already exists.")
		// The transaction's own rows, and those it deletes.
		x = newIndexTest(t, 10)
		own := index(x, Write{Rel: tOID, New: batch3([3]int64{101, 1, 77}, [3]int64{102, 1, 77})})
		expect(x, x.together(own, twice(100)), "could not create unique index \"u\"; Key (v)=(77) is duplicated.", "")
		x = newIndexTest(t, 10)
		own = index(x, Write{Rel: tOID, Dead: batch3([3]int64{5, 5, 5})})
		expect(x, x.together(own, twice(100)), "", "")
		x = newIndexTest(t, 10)
		own = index(x, Write{Rel: tOID, Truncate: true}, Write{Rel: tOID, New: batch3([3]int64{101, 1, 5})})
		expect(x, x.together(own, twice(100)), "", "duplicate key value violates unique constraint \"u\"; Key (v)=(5) already exists.")
	}
}
