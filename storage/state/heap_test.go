package state

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/pool"
)

func TestHeapAgainstSlices(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, o := testPool(t), &pool.Owner{Name: "v"}
		h, im := NewHeap(p, o), image{}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		var refs []Ref
		var want [][]byte
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			for range rapid.IntRange(1, 60).Draw(rt, "calls") {
				if len(refs) > 0 && r.IntN(3) == 0 {
					i := r.IntN(len(refs))
					h.Free(refs[i])
					refs[i], want[i] = refs[len(refs)-1], want[len(refs)-1]
					refs, want = refs[:len(refs)-1], want[:len(want)-1]
					continue
				}
				b := make([]byte, r.IntN(1<<r.IntN(19)))
				for i := 0; i < len(b); i += 1 + len(b)/64 {
					b[i] = byte(r.Uint32())
				}
				ref, err := h.Put(b)
				if err != nil {
					rt.Fatal(err)
				}
				refs, want = append(refs, ref), append(want, b)
			}
			p.EndStep()
			if r.IntN(3) == 0 {
				header := h.Header()
				im.take(p)
				p.Close()
				p = im.load(t)
				h = NewHeap(p, o)
				if err := h.Restore(header); err != nil {
					rt.Fatal(err)
				}
				p.Sweep()
			}
			for i, ref := range refs {
				if !bytes.Equal(h.Get(ref), want[i]) {
					rt.Fatalf("value %d of %d bytes has changed", i, len(want[i]))
				}
			}
		}
		h.Clear()
		p.EndStep()
		if p.Used() != 0 {
			rt.Fatalf("%d bytes in use after Clear", p.Used())
		}
		p.Close()
	})
}

func TestHeapUsesFreedSlotsAgain(t *testing.T) {
	p := testPool(t)
	h := NewHeap(p, &pool.Owner{Name: "v"})
	b := make([]byte, 100)
	for range 200 {
		var refs []Ref
		for range 500 {
			ref, err := h.Put(b)
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, ref)
		}
		for _, ref := range refs {
			h.Free(ref)
		}
		p.EndStep()
	}
	if h.Bytes() > 4*500*128 {
		t.Fatalf("%d bytes for 500 values of 100", h.Bytes())
	}
}

func TestHeapLimit(t *testing.T) {
	h := NewHeap(testPool(t), &pool.Owner{Name: "v"})
	b := make([]byte, pool.MaxExtent)
	b[len(b)-1] = 3
	ref, err := h.Put(b)
	if err != nil || ref.Len() != len(b) || h.Get(ref)[len(b)-1] != 3 {
		t.Fatalf("the longest value: %v", err)
	}
	if _, err := h.Put(append(b, 0)); pgerr.CodeOf(err) != pgerr.ProgramLimitExceeded {
		t.Fatalf("a longer one: %v", err)
	}
}

// TestViewsOfLongValues: a view in a state leads through the pool's arenas, whatever the
// length of its value.
func TestViewsOfLongValues(t *testing.T) {
	p := testPool(t)
	h := NewHeap(p, &pool.Owner{Name: "v"})
	in, out := col.NewVector(col.Text), col.NewVector(col.Text)
	for _, n := range []int{0, 12, 13, 4000, 65536, 65537, 3 << 20, pool.MaxExtent} {
		in.AppendBytes(bytes.Repeat([]byte{byte(n + 1)}, n))
	}
	out.Resize(in.N)
	for i := range in.N {
		s, err := h.PutStr(in, i)
		if err != nil {
			t.Fatal(err)
		}
		out.Str[i] = s
	}
	out.Arenas = p.Arenas()
	for i := range in.N {
		if !bytes.Equal(out.Bytes(i), in.Bytes(i)) {
			t.Fatalf("view of %d bytes leads elsewhere", in.Str[i].Len())
		}
		h.FreeStr(out.Str[i])
	}
	p.EndStep()
	h.Header()
	p.EndStep()
	if h.live != 0 {
		t.Fatalf("%d bytes live", h.live)
	}
}
