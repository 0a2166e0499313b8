package state

import (
	"encoding/hex"
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/pool"
)

func hexOf(a unsafe.Pointer, n uintptr) string {
	return hex.EncodeToString(unsafe.Slice((*byte)(a), n))
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is\n%s, and the format says\n%s", what, got, want)
	}
}

// TestFormat pins what a checkpoint of any release must find: a change here needs a new
// format number.
func TestFormat(t *testing.T) {
	p := testPool(t)
	tab := New(p, &pool.Owner{Name: "v"}, Layout{Keys: []col.Type{col.Text, col.Int8, col.Bool, col.Int4}, Payload: 4})
	keys, _ := keyBatch(tab.l.Keys, []uint64{0x1234567, 0x1234567}, false)
	keys[0].SetBytes(0, []byte("short"))
	keys[3].SetNull(1)
	at, ids := make([]unsafe.Pointer, 2), make([]RowID, 2)
	hash := uint64(0xfedcba9876543210)
	tab.GetOrInsert(at, ids, keys, []uint64{hash, hash})
	expect(t, "row 0", hexOf(at[0], tab.stride), rowGolden[0])
	expect(t, "row 1, with a NULL", hexOf(at[1], tab.stride-24)+hexOf(unsafe.Add(at[1], tab.stride-8), 8), rowGolden[1])
	tag := uint32(hash >> 26)
	slots := tab.slots(tab.pages[0].chunk)
	if slots[tag&511] != uint64(tag)<<32|1 || slots[(tag+1)&511] != uint64(tag)<<32|2 {
		t.Errorf("slots of %x: %x", tag, slots[tag&511:][:2])
	}
	header := tab.Header()
	expect(t, "the header", hex.EncodeToString(header[:75]), headGolden)

	a := NewArrangement(p, &pool.Owner{Name: "v"}, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Text, col.Bool, col.Int8}, Counter: true})
	b := col.NewBatch(a.l.Payload...)
	b.Cols[0].AppendString("text")
	b.Cols[1].AppendNull()
	b.Cols[2].AppendI64(-2)
	b.N = 1
	k, h := keyBatch(a.l.Keys, []uint64{7}, false)
	if err := a.MergeCounted(k, h, b, []int64{5}); err != nil {
		t.Fatal(err)
	}
	a.t.Find(at[:1], ids[:1], k, h)
	it := a.blocks(a.headOf(at[0]))
	it.next()
	expect(t, "a row of an arrangement", hexOf(it.row(a, 0), a.size), arrGolden)
	ref, _ := NewHeap(p, nil).Put(make([]byte, 300))
	if ref&0xffffff != 299 || ref.off()%16 != 0 || uint64(ref>>24)<<4 != ref.off() {
		t.Errorf("ref %x", ref)
	}
}

// TestDamagedHeaders: no cut or flipped header panics or is taken for good.
func TestDamagedHeaders(t *testing.T) {
	m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Text}}, false)
	keys, hash := keyBatch(m.l.Keys, []uint64{1, 2, 3}, false)
	if err := m.a.Merge(keys, hash, m.payload([]uint64{5, 6, 7})); err != nil {
		t.Fatal(err)
	}
	header := m.a.Header()
	m.im.take(m.p)
	for cut := range header {
		p := m.im.load(t)
		a := NewArrangement(p, nil, m.l)
		if err := a.Restore(header[:cut]); pgerr.CodeOf(err) != pgerr.DataCorrupted {
			t.Fatalf("a header of %d bytes instead of %d: %v", cut, len(header), err)
		}
		p.Close()
	}
	other := NewArrangement(m.im.load(t), nil, ArrLayout{Keys: m.l.Keys, Payload: []col.Type{col.Int4}})
	if err := other.Restore(header); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Fatalf("a header of another layout: %v", err)
	}
}

func FuzzHeader(f *testing.F) {
	p, err := pool.New(pool.Config{})
	if err != nil {
		f.Fatal(err)
	}
	defer p.Close()
	l := Layout{Keys: []col.Type{col.Int8, col.Text}, Payload: 8}
	tab := New(p, nil, l)
	f.Add(tab.Header())
	keys, hash := keyBatch(l.Keys, []uint64{1, 2, 3, 40}, true)
	tab.GetOrInsert(make([]unsafe.Pointer, 4), make([]RowID, 4), keys, hash)
	f.Add(tab.Header())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := pool.New(pool.Config{Reserve: 256 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		tab := New(p, nil, l)
		if err := tab.Restore(b); err != nil && pgerr.CodeOf(err) != pgerr.DataCorrupted && pgerr.CodeOf(err) != pgerr.OutOfMemory {
			t.Fatalf("a header gives %v", err)
		}
	})
}

var rowGolden = [2]string{
	"bf000100e12201005d1f0100000000000500000073686f7274000000000000000000000000000000",
	"bf080100000000005d1f0100000000000000000000000000",
}

const (
	headGolden = "74022800000020000000020000000000000001ff0100000100000001000000020000002801000000010000001f000200000066000000000000000000000000000000010000000200000000"
	arrGolden  = "010000000000000005000000000000000200000000000000feffffffffffffff04000000746578740000000000000000"
)
