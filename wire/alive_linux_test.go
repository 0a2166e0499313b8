package wire

import (
	"testing"
)

// A client that takes its leave and closes is gone, though its last words are unread.
func TestAliveSeesBehindUnreadBytes(t *testing.T) {
	c, client := overTCP(t)
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
