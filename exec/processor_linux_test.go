package exec

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A thread that leaves a processor may use it again afterwards.
func TestLeave(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	moved := false
	for range 20 { // the system may move it back at once
		from := processor()
		if !before.IsSet(int(from)) {
			t.Fatalf("on processor %d, which is not among those that it may use", from)
		}
		leave(from)
		moved = moved || processor() != from
	}
	if err := unix.SchedGetaffinity(0, &after); err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("of the processors %v it may use %v", before, after)
	}
	if before.Count() > 1 && !moved {
		t.Error("it stays where it is")
	}
}
