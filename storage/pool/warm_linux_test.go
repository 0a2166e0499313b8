package pool

import (
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// resident reports whether all pages of some memory are there.
func resident(t *testing.T, b []byte) bool {
	t.Helper()
	pages := make([]byte, len(b)/PageSize)
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
		t.Fatal("the system does not say which pages are there:", errno)
	}
	return !slices.ContainsFunc(pages, func(p byte) bool { return p&1 == 0 })
}

// TestColdFramesAreNext: who takes the faulting in over gets the frames that are handed out
// next, until enough are ahead.
func TestColdFramesAreNext(t *testing.T) {
	p := newPool(t, Config{})
	for range 4 {
		p.Alloc(nil, Class2M)
	}
	var taken [][]byte
	for {
		frames := p.Cold(2)
		if frames == nil {
			break
		}
		for _, f := range frames {
			if resident(t, f) {
				t.Fatal("a cold frame has its memory already")
			}
			if FaultIn(f); !resident(t, f) {
				t.Fatal("a frame that was faulted in has no memory")
			}
		}
		taken = append(taken, frames...)
	}
	if len(taken) < 4 || len(taken) > 2+maxAhead {
		t.Fatalf("%d frames were to be faulted in", len(taken))
	}
	for i, f := range taken {
		if b := p.Bytes(p.Alloc(nil, Class2M)); &b[0] != &f[0] {
			t.Fatalf("allocation %d is not the frame that was faulted in", i)
		}
	}
}

func TestWarmFramesAreResident(t *testing.T) {
	p := newPool(t, Config{})
	if err := p.Warm(10 * FrameSize); err != nil {
		t.Fatal(err)
	}
	if p.Cold(4) != nil {
		t.Fatal("frames are cold that were warmed")
	}
	for range 9 { // of ten, the first of which opens the pool
		if !resident(t, p.Bytes(p.Alloc(nil, Class2M))) {
			t.Fatal("a frame that was warmed has no memory")
		}
	}
}

// TestFreshFramesHaveTheirMemory: what was not faulted in ahead is by who hands it out, but for
// the first frames of a small server.
func TestFreshFramesHaveTheirMemory(t *testing.T) {
	p := newPool(t, Config{})
	for i := range 40 {
		if b := p.Bytes(p.Alloc(nil, Class2M)); i >= fewFrames && !resident(t, b) {
			t.Fatalf("frame %d was handed out without its memory", i)
		}
	}
	if b := p.Bytes(p.AllocBytes(nil, 3*FrameSize)); !resident(t, b) {
		t.Fatal("an extent was handed out without its memory")
	}
}

// TestFramesAreAccessibleAhead: between steps more frames are made accessible than the next
// step needs, so that no allocation has to.
func TestFramesAreAccessibleAhead(t *testing.T) {
	p := newPool(t, Config{})
	for range 3 * commitFrames {
		p.mu.Lock()
		ready := p.committed - p.fresh
		p.mu.Unlock()
		if ready < commitFrames/2 {
			t.Fatalf("%d frames are accessible ahead", ready)
		}
		p.Alloc(nil, Class2M)
		p.EndStep()
		p.bg.Wait()
	}
}
