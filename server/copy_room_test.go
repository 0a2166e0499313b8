package server

import (
	"testing"

	"github.com/millracedb/millrace/storage/pool"
)

// What is given is bounded over all sessions, and let go with the batches.
func TestCopyRoom(t *testing.T) {
	p, err := pool.New(pool.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := &Server{}
	room := func() *copyRoom {
		return &copyRoom{pool: p, all: &s.copyRooms, most: 8 << 20, owner: pool.Owner{Name: "copy", Volatile: true}}
	}
	a, b := room(), room()
	before := p.Used()
	if a.give(3<<20) == nil || b.give(1<<20) == nil || a.give(4<<20) != nil {
		t.Fatal("8 MB are 4 of one, 1 of another, and no 4 more")
	}
	if a.give(pool.MaxExtent+1) != nil {
		t.Fatal("more than the pool gives at once")
	}
	if a.give(1<<20) == nil {
		t.Fatal("there was room")
	}
	a.release() // but for the newest
	if n := s.copyRooms.Load(); n != 2<<20 {
		t.Fatalf("%d bytes are held by two newest pieces", n)
	}
	a.close()
	b.close()
	a.close()
	if n, used := s.copyRooms.Load(), p.Used(); n != 0 || used != before {
		t.Fatalf("%d bytes are held in the end, %d of the pool, %d before", n, used, before)
	}
}
