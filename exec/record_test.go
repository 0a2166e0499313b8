package exec

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// Pieces that are made beside their writing arrive whole and in order, and an error on
// either side ends both.
func TestAhead(t *testing.T) {
	made := func(put func([]byte) error, n int) error {
		var p []byte
		for i := range n {
			p = fmt.Appendf(p[:0], "piece %d;", i)
			if err := put(p); err != nil {
				return err
			}
		}
		return nil
	}
	var want, got bytes.Buffer
	_ = made(func(p []byte) error { want.Write(p); return nil }, 500)
	err := ahead(func(put func([]byte) error) error { return made(put, 500) }, func(p []byte) error { got.Write(p); return nil })
	if err != nil || got.String() != want.String() {
		t.Fatalf("%d bytes of %d, error %v", got.Len(), want.Len(), err)
	}

	broken := errors.New("broken")
	n := 0
	err = ahead(func(put func([]byte) error) error { return errors.Join(made(put, 20), broken) }, func([]byte) error { n++; return nil })
	if !errors.Is(err, broken) || n != 20 {
		t.Errorf("error %v of the encoding after %d pieces", err, n)
	}

	n = 0
	var ended error
	err = ahead(func(put func([]byte) error) error { ended = made(put, 500); return ended }, func([]byte) error {
		if n++; n == 7 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || n != 7 || !errors.Is(ended, errNotWritten) {
		t.Errorf("error %v of the writing after %d pieces, the encoding ended with %v", err, n, ended)
	}
}
