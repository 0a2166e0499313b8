package wire

import (
	"net"
	"testing"
)

// A client that takes its leave and closes is gone, though its last words are unread.
func TestAliveSeesBehindUnreadBytes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := NewConn(server, Options{})
	defer c.Close()
	if _, err := client.Write([]byte{'X', 0, 0, 0, 4}); err != nil {
		t.Fatal(err)
	}
	if !c.Alive() {
		t.Error("a client that has only spoken is dead")
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for c.Alive() { // the close is on its way
	}
	if m, err := c.Receive(); err != nil {
		t.Error(m, err)
	}
}
