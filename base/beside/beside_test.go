package beside

import (
	"testing"
	"time"
)

// TestRun has computations end before and after who waits for them leaves.
func TestRun(t *testing.T) {
	n := 0
	if !Run(nil, func() { n++ }) || n != 1 {
		t.Fatalf("nobody left, and f ran %d times", n)
	}
	func() {
		defer func() {
			if r := recover(); r != "broken" {
				t.Errorf("a panic became %v", r)
			}
		}()
		Run(nil, func() { panic("broken") })
	}()
	done, release := make(chan struct{}), make(chan struct{})
	close(done)
	for range alone.most {
		if Run(done, func() { <-release }) {
			t.Error("f ended before it was released")
		}
	}
	begun := make(chan struct{})
	if Run(done, func() { close(begun) }) {
		t.Error("one more began")
	}
	go Run(nil, func() { close(begun) })
	select {
	case <-begun:
		t.Error("one more began that waits")
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	<-begun
}
