package table

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// wideTypes has every encoding's kind.
var wideTypes = []col.Type{col.Int8, col.Text, col.Numeric, col.Float8, col.Bool, col.Int4, col.UUID, col.Float4, col.Interval, col.JSON, col.NumericType(10, 2)}

func wideStore(t testing.TB, rows int) *Store {
	s := New(Config{Types: wideTypes, Key: []int{0}, Shape: Keyed, Background: func(f func()) { f() }})
	b := col.NewBatch(wideTypes...)
	for i := range rows {
		b.Cols[0].AppendI64(int64(i) * 3)
		b.Cols[1].AppendString([]string{"a", "bb", "a longer string of the dictionary"}[i%3])
		b.Cols[2].AppendNull()
		b.Cols[3].AppendF64(float64(i) / 8 * float64(1-i%2*2))
		b.Cols[4].AppendBool(i%5 == 0)
		b.Cols[5].AppendI32(int32(i * i))
		b.Cols[6].AppendWide([2]uint64{uint64(i), 7})
		b.Cols[7].AppendF32(float32(i) / 3)
		b.Cols[8].AppendWide(col.IntervalLane(int32(i), 2, 3))
		b.Cols[9].AppendString(`{"number": ` + string(rune('0'+i%10)) + string(rune('0'+i/10%10)) + string(rune('0'+i/100%10)) + `, "and": "text that repeats"}`)
		b.Cols[10].AppendI64(int64(i) << 40)
		if i%7 == 0 {
			b.Cols[5].SetNull(i)
			b.Cols[3].SetNull(i)
		}
		b.Grow(i+1, 1)
	}
	if err := s.Apply(1, b); err != nil {
		t.Fatal(err)
	}
	return s
}

// contents reads all that a store has, in every way that touches its decoders.
func contents(s *Store, tick uint64) (rows []string) {
	cols := make([]int, len(s.cfg.Types))
	for i := range cols {
		cols[i] = i
	}
	for b, err := range s.At(tick, cols, Access{}) {
		if err != nil {
			return rows
		}
		for i := range b.Len() {
			rows = append(rows, textOf(b, b.Row(i)))
		}
	}
	return rows
}

func saved1(t testing.TB, s *Store) (state []byte, blobs map[uint64][]byte) {
	blobs = map[uint64][]byte{}
	for _, r := range s.Segments(s.tick) {
		blobs[r.ID] = r.Encode(nil)
	}
	return blobs[0], blobs
}

func TestSealedFormsReadAlike(t *testing.T) {
	s := wideStore(t, 3000)
	want := contents(s, 1)
	check := func(s *Store) {
		t.Helper()
		got := contents(s, 1)
		if len(got) != len(want) {
			t.Fatal(len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("row %d is %s, want %s", i, got[i], want[i])
			}
		}
	}
	s.close()
	settleAll(s, 1)
	for _, g := range *s.segs.Load() {
		if g.phase != sealed {
			t.Fatal("not sealed")
		}
	}
	check(s)
	state, blobs := saved1(t, s)
	again := New(s.cfg)
	if err := again.Restore(state, func(id uint64) ([]byte, error) { return blobs[id], nil }); err != nil {
		t.Fatal(err)
	}
	check(again)
	for id, b := range blobs {
		if id == 0 {
			continue
		}
		for i := 0; i < len(b); i += 1 + len(b)/97 {
			c := append([]byte(nil), b...)
			c[i] ^= 0x10
			err := New(s.cfg).Restore(state, func(x uint64) ([]byte, error) {
				if x == id {
					return c, nil
				}
				return blobs[x], nil
			})
			if pgerr.CodeOf(err) != pgerr.DataCorrupted {
				t.Fatalf("a flipped bit at %d of segment %d: %v", i, id, err)
			}
		}
	}
	missing := errors.New("no such file")
	if err := New(s.cfg).Restore(state, func(uint64) ([]byte, error) { return nil, missing }); !errors.Is(err, missing) {
		t.Fatal(err)
	}
}

// resum makes the checksum right, so that what lies behind it is tried.
func resum(b []byte) []byte {
	if len(b) < 4 {
		return b
	}
	b = append([]byte(nil), b...)
	binary.LittleEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli))
	return b
}

func FuzzSegment(f *testing.F) {
	s := wideStore(f, 200)
	s.close()
	settleAll(s, 1)
	state, blobs := saved1(f, s)
	for id, b := range blobs {
		if id != 0 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = resum(b)
		again := New(s.cfg)
		err := again.Restore(state, func(id uint64) ([]byte, error) {
			if len(blobs[id]) == len(b) || id == 1 {
				return b, nil
			}
			return blobs[id], nil
		})
		if err != nil {
			if c := pgerr.CodeOf(err); c != pgerr.DataCorrupted {
				t.Fatal(c, err)
			}
			return
		}
		contents(again, 1)
	})
}

func FuzzState(f *testing.F) {
	s := wideStore(f, 100)
	if err := s.CreateIndex("t", []int{1, 3}, false); err != nil {
		f.Fatal(err)
	}
	d := col.NewBatch(wideTypes...)
	for b := range s.At(1, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Access{}) {
		for i := range 30 {
			d.AppendRow(b, i, -1)
		}
		break
	}
	if err := s.Apply(2, d); err != nil {
		f.Fatal(err)
	}
	for horizon := range uint64(3) {
		for _, r := range s.Segments(horizon) {
			if r.ID == 0 {
				f.Add(r.Encode(nil))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		again := New(s.cfg)
		if err := again.Restore(resum(b), func(uint64) ([]byte, error) { return nil, nil }); err != nil {
			if c := pgerr.CodeOf(err); c != pgerr.DataCorrupted && c != pgerr.UniqueViolation && c != pgerr.DuplicateTable {
				t.Fatal(c, err)
			}
			return
		}
		contents(again, again.tick)
		if err := again.Changes(again.floor.Load(), again.tick, []int{0, 1}, func(uint64, *col.Batch) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for again.Maintain(again.tick, again.tick, 1<<30) {
		}
	})
}
