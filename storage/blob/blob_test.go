package blob

import (
	"bytes"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

func put(t *testing.T, s *Store, body string) (string, func()) {
	t.Helper()
	sum, release, err := s.Put([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return sum, release
}

func TestStringsStayWhileSomebodyHoldsThem(t *testing.T) {
	fs := disk.NewMem(1)
	s := New(fs)
	one := strings.Repeat("one tree ", 5000)
	kept, releaseKept := put(t, s, one)
	staged, releaseStaged := put(t, s, "staged")
	gone, releaseGone := put(t, s, "gone")
	again, releaseAgain := put(t, s, one)
	if kept != again {
		t.Error("the same bytes have two names")
	}
	releaseKept()
	releaseAgain()
	releaseGone()
	releaseGone() // releases once
	if err := s.Sweep([]string{kept}); err != nil {
		t.Fatal(err)
	}
	for sum, want := range map[string]string{kept: one, staged: "staged"} {
		if b, err := New(fs).Get(sum, int64(len(want))); err != nil || !bytes.Equal(b, []byte(want)) {
			t.Errorf("%.8s: %v", sum, err)
		}
	}
	if _, err := s.Get(gone, 4); pgerr.CodeOf(err) != pgerr.DataCorrupted || !strings.Contains(err.Error(), gone) {
		t.Errorf("a string that nobody holds: %v", err)
	}
	releaseStaged()
	if err := s.Sweep(nil); err != nil {
		t.Fatal(err)
	}
	if names, err := fs.List(folder); err != nil || len(names) != 0 {
		t.Errorf("left: %v, %v", names, err)
	}
}

func TestDamageIsToldWithTheFile(t *testing.T) {
	fs := disk.NewMem(2)
	s := New(fs)
	sum, _ := put(t, s, "a model")
	fs.FlipBit(folder+"/"+sum, 8*30)
	if _, err := s.Get(sum, 7); pgerr.CodeOf(err) != pgerr.DataCorrupted || !strings.Contains(err.Error(), sum) {
		t.Errorf("damaged: %v", err)
	}
	if again, _ := put(t, s, "a model"); again != sum {
		t.Error("it is not written anew")
	}
	if b, err := s.Get(sum, 7); err != nil || string(b) != "a model" {
		t.Errorf("after it was written anew: %q, %v", b, err)
	}
	if _, err := s.Get(sum, 6); pgerr.CodeOf(err) != pgerr.DataCorrupted {
		t.Errorf("of another length: %v", err)
	}
}

func TestACrashLeavesWholeStringsOnly(t *testing.T) {
	body := bytes.Repeat([]byte("leaf "), 4000)
	for calls := 1; ; calls++ {
		fs := disk.NewMem(uint64(calls))
		fs.CrashAfter(calls)
		_, _, err := New(fs).Put(body)
		fs = fs.Recover()
		b, got := New(fs).Get(Sum(body), int64(len(body)))
		if err == nil && (got != nil || !bytes.Equal(b, body)) {
			t.Fatalf("crash after %d calls: acknowledged and not there: %v", calls, got)
		}
		if err == nil {
			return
		}
	}
}
