package pool

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/millracedb/millrace/base/pgerr"
)

func newPool(t testing.TB, c Config) *Pool {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// TestChunksDoNotOverlap allocates and frees chunks of all sizes: each keeps what was
// written into it until it is freed and the step ends.
func TestChunksDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPool(t, Config{})
		defer p.Close()
		o := &Owner{Name: "v"}
		type held struct {
			c Chunk
			b byte
		}
		var live, freed []held
		fill := func(h held) {
			b := p.Bytes(h.c)
			b[0], b[len(b)/2], b[len(b)-1] = h.b, h.b, h.b
		}
		check := func(hs []held) {
			for _, h := range hs {
				if b := p.Bytes(h.c); b[0] != h.b || b[len(b)/2] != h.b || b[len(b)-1] != h.b {
					rt.Fatalf("chunk %d was written by another", h.c)
				}
			}
		}
		used := int64(0)
		for i := range rapid.IntRange(1, 80).Draw(rt, "calls") {
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0, 1, 2:
				n := rapid.SampledFrom([]int{1, 4096, 5000, 64 << 10, 300 << 10, FrameSize, FrameSize + 1, 5 << 20}).Draw(rt, "bytes")
				h := held{p.AllocBytes(o, n), byte(i + 1)}
				if len(p.Bytes(h.c)) < n || uintptr(p.Addr(h.c))%PageSize != 0 || h.c == 0 {
					rt.Fatalf("chunk of %d bytes for %d", len(p.Bytes(h.c)), n)
				}
				used += int64(len(p.Bytes(h.c)))
				fill(h)
				live = append(live, h)
			case 3, 4:
				if len(live) == 0 {
					break
				}
				j := rapid.IntRange(0, len(live)-1).Draw(rt, "which")
				used -= int64(len(p.Bytes(live[j].c)))
				p.Free(o, live[j].c)
				freed = append(freed, live[j])
				live = slices.Delete(live, j, j+1)
			case 5:
				check(freed)
				p.EndStep()
				freed = nil
				if p.Used() != used {
					rt.Fatalf("%d bytes used, want %d", p.Used(), used)
				}
			}
			if o.Used() != used {
				rt.Fatalf("the owner has %d bytes, want %d", o.Used(), used)
			}
		}
		check(live)
		check(freed)
	})
}

func TestFreedMemoryIsJoined(t *testing.T) {
	p := newPool(t, Config{})
	var cs []Chunk
	for range 512 * 3 {
		cs = append(cs, p.Alloc(nil, Class4K))
	}
	pages := p.Pages()
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
	for _, c := range cs {
		p.Free(nil, c)
	}
	p.EndStep()
	for range 3 {
		p.Alloc(nil, Class2M)
	}
	if p.Pages() != pages {
		t.Fatalf("%d pages in frames, %d before", p.Pages(), pages)
	}
}

func TestMarks(t *testing.T) {
	p := newPool(t, Config{})
	c := p.Alloc(nil, Class64K)
	a := p.Addr(c)
	if !p.Unmarked(a, 8) {
		t.Fatal("a new page is dirty")
	}
	p.Mark(unsafe.Add(a, PageSize-4), 8)
	if p.Unmarked(a, 8) || !p.Unmarked(unsafe.Add(a, 2*PageSize), 1) || !p.Unmarked(unsafe.Add(a, PageSize-1), 2) {
		t.Fatal("8 bytes across two pages: both are dirty, and asked for across pages always unmarked")
	}
	want := []uint32{uint32(c), uint32(c) + 1}
	if got := slices.Collect(p.Dirty()); !slices.Equal(got, want) {
		t.Fatalf("dirty pages %v, want %v", got, want)
	}
	p.SetStored(uint32(c))
	if p.IsDirty(uint32(c)) || !p.Stored(uint32(c)) {
		t.Fatal("a stored page is dirty")
	}
	if err := p.Touch([]PageRef{{uint32(c) / framePages, uint16(c % framePages)}}, true); err != nil || !p.IsDirty(uint32(c)) {
		t.Fatalf("touched for writing, not dirty: %v", err)
	}
	p.Free(nil, c)
	p.EndStep()
	if got := slices.Collect(p.Dirty()); len(got) != 0 || p.Stored(uint32(c)) {
		t.Fatalf("pages %v of a freed chunk are dirty", got)
	}
}

// pager brings pages back as bytes of their number.
type pager struct{ asked [][]uint32 }

func (g *pager) ReadPages(p *Pool, pages []uint32) error {
	g.asked = append(g.asked, slices.Clone(pages))
	for _, pg := range pages {
		p.Page(pg)[7] = byte(pg)
	}
	return nil
}

func TestMissingPagesAreReadTogether(t *testing.T) {
	p, g := newPool(t, Config{}), &pager{}
	c := uint32(p.Alloc(nil, Class64K))
	p.SetMissing(c + 3)
	p.SetMissing(c + 5)
	p.SetMissing(c + 9)
	refs := []PageRef{{0, uint16(c + 3)}, {0, uint16(c + 4)}, {0, uint16(c + 5)}}
	if err := p.Touch(refs, false); pgerr.CodeOf(err) != pgerr.InternalError {
		t.Fatalf("nobody reads pages, and Touch says %v", err)
	}
	p.SetPager(g)
	for range 2 {
		if err := p.Touch(refs, false); err != nil {
			t.Fatal(err)
		}
	}
	if len(g.asked) != 1 || !slices.Equal(g.asked[0], []uint32{c + 3, c + 5}) || p.Page(c + 5)[7] != byte(c+5) || p.AllResident() {
		t.Fatalf("asked for %v", g.asked)
	}
}

func TestOwnersPastTheirCap(t *testing.T) {
	p := newPool(t, Config{Budget: 10 << 20})
	small, big := &Owner{Name: "small", Cap: 1 << 20}, &Owner{Name: "big"}
	p.Alloc(small, Class64K)
	for range 4 {
		p.Alloc(big, Class2M)
	}
	if small.Out() || big.Out() || p.Over() {
		t.Fatal("nobody is past anything")
	}
	p.Alloc(big, Class2M)
	if !p.Over() || big.Out() {
		t.Fatal("past the budget writers are refused, and a tick may end on the reserve")
	}
	p.Alloc(small, Class2M)
	if !small.Out() || big.Out() {
		t.Fatal("small is past its cap")
	}
	other := newPool(t, Config{Budget: 4 << 20})
	a, b := &Owner{Name: "a"}, &Owner{Name: "b"}
	mine := []Chunk{other.Alloc(a, Class2M), other.Alloc(a, Class2M)}
	other.Alloc(b, Class2M)
	if !a.Out() || b.Out() {
		t.Fatal("past the reserve the greatest is out, whoever allocated")
	}
	for _, c := range mine {
		other.Free(a, c)
	}
	other.EndStep()
	other.Alloc(nil, Class2M)
	other.AllocBytes(nil, 8<<20)
	if !b.Out() {
		t.Fatal("what was out owns nothing any more, so the next is")
	}
}

func TestAddressSpaceEnds(t *testing.T) {
	p := newPool(t, Config{Reserve: 1})
	defer func() {
		if err, _ := recover().(error); pgerr.CodeOf(err) != pgerr.OutOfMemory {
			t.Fatalf("the last frame is gone: %v", err)
		}
	}()
	for {
		p.Alloc(nil, Class2M)
	}
}

func TestClaims(t *testing.T) {
	from := newPool(t, Config{})
	a, b, big := from.Alloc(nil, Class4K), from.Alloc(nil, Class64K), from.AllocBytes(nil, 5<<20)
	p := newPool(t, Config{})
	for _, c := range []Chunk{a, b, big, big + 2*framePages} {
		if _, err := p.Fill(uint32(c)); err != nil {
			t.Fatal(err)
		}
		p.SetStored(uint32(c))
	}
	fresh := p.Alloc(nil, Class4K) // before Sweep: beyond what was filled
	o := &Owner{Name: "v"}
	for _, err := range []error{p.Claim(o, a, Class4K), p.ClaimBytes(o, big, 5<<20)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{p.Claim(o, a, Class4K), p.Claim(o, big, Class2M), p.Claim(o, 3, Class64K), p.Claim(o, 0, Class4K), p.ClaimBytes(o, 1<<30, 5<<20)} {
		if pgerr.CodeOf(err) != pgerr.DataCorrupted {
			t.Fatalf("a claim that cannot be gives %v", err)
		}
	}
	p.Sweep()
	if p.Stored(uint32(b)) || !p.Stored(uint32(a)) || fresh/framePages <= big/framePages || o.Used() != 4096+6<<20 {
		t.Fatalf("after Sweep: %d used", o.Used())
	}
	if got := p.Alloc(nil, Class64K); got != b {
		t.Fatalf("the unclaimed chunk %d was not freed; got %d", b, got)
	}
}

func TestArenasLeadToChunks(t *testing.T) {
	p := newPool(t, Config{})
	c := p.AllocBytes(nil, 9<<20)
	b := p.Bytes(c)
	b[9<<20-1] = 77
	if got := p.Arenas()[c/framePages][9<<20-1]; got != 77 {
		t.Fatalf("byte %d", got)
	}
}

func TestManyPools(t *testing.T) {
	for range 300 {
		p := newPool(t, Config{})
		p.Bytes(p.Alloc(nil, Class4K))[0] = 1
	}
}

func TestTrimKeepsWorking(t *testing.T) {
	p := newPool(t, Config{})
	var cs []Chunk
	for range 6 {
		c := p.Alloc(nil, Class2M)
		p.Bytes(c)[5] = 9
		cs = append(cs, c)
	}
	for _, c := range cs {
		p.Free(nil, c)
	}
	p.EndStep()
	if n := p.Trim(2); n != 4*FrameSize {
		t.Fatalf("%d bytes given back", n)
	}
	for range 6 {
		p.Bytes(p.Alloc(nil, Class2M))[100] = 1
	}
}

// TestOwnersOnManyGoroutines: a tick and queries allocate, mark and free at once.
func TestOwnersOnManyGoroutines(t *testing.T) {
	p := newPool(t, Config{Budget: 64 << 20})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			o := &Owner{Name: "q", Volatile: i > 0}
			for round := range 200 {
				var cs []Chunk
				for k := range Class(8) {
					c := p.Alloc(o, k)
					b := p.Bytes(c)
					p.Mark(unsafe.Pointer(&b[0]), uintptr(len(b)))
					b[0], b[len(b)-1] = byte(i), byte(round)
					cs = append(cs, c)
				}
				for _, c := range cs {
					if b := p.Bytes(c); b[0] != byte(i) && len(b) > 1 || b[len(b)-1] != byte(round) || p.Unmarked(unsafe.Pointer(&b[0]), 1) {
						t.Errorf("chunk %d was written by another", c)
					}
					p.Free(o, c)
				}
				if o.Volatile {
					p.EndStepOf(o)
				} else {
					p.EndStep()
				}
			}
			if o.Volatile {
				p.Forget(o)
			}
		})
	}
	wg.Wait()
	if p.Used() != 0 {
		t.Fatalf("%d bytes in use", p.Used())
	}
}
