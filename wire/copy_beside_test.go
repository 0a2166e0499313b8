package wire

import (
	"strings"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// TestCopyEndsWithinALongRow has COPYs end while one long value is read: who waits goes on long before
// it is read, and what the value lies in is let go afterwards.
func TestCopyEndsWithinALongRow(t *testing.T) {
	long := strings.Repeat(`{"a":[1,2,3]},`, 1_000_000)
	for _, x := range []rowOfOne{{col.JSONB, "[" + long + "1]"}, {col.JSON, "[" + long + "1]"}} {
		whole := x.last(t, nil, func() {})
		late := whole
		for again := 0; again < 10 && late > whole/2; again++ { // the machine may do other things
			done := make(chan struct{})
			late = min(late, x.last(t, done, func() { time.AfterFunc(whole/8, func() { close(done) }) }))
		}
		if late > whole/2 {
			t.Errorf("%s: the statement ended after %v, the value was read after %v", x.t, late, whole)
		}
	}
}

// rowOfOne is the data of a row of one value.
type rowOfOne struct {
	t    col.Type
	data string
}

// last is how long the end of the data takes, which begins is told of; when done is closed meanwhile,
// until that is said.
func (x rowOfOne) last(t *testing.T, done <-chan struct{}, begins func()) time.Duration {
	o := DefaultCopyOptions(CopyText, "t", []col.Column{{Name: "a", Type: x.t}})
	o.Done = done
	d, err := NewCopyDecoder(o, func(*col.Batch) error { return nil })
	if err == nil {
		err = d.Feed([]byte(x.data))
	}
	if err != nil {
		t.Fatal(err)
	}
	begins()
	from := time.Now()
	if err = d.Flush(); err != nil && pgerr.CodeOf(err) != pgerr.QueryCanceled {
		t.Fatal(err)
	}
	took := time.Since(from)
	released := make(chan struct{})
	d.Close(func() { close(released) })
	<-released
	return took
}
