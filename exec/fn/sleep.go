package fn

import (
	"math"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

var _ = scalar("pg_sleep(float8) void", "Waits for so many seconds, or until the statement is canceled.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	seconds := reader[float64](a[0], n)
	span(sel, n, func(i int) {
		if c.put(out, i, c.sleep(seconds(i))) {
			out.SetBytes(i, nil)
		}
	})
}, IsVolatile, Fallible)

// longest is how many seconds a Duration can hold.
const longest = float64(math.MaxInt64 / time.Second)

func (c *Ctx) sleep(seconds float64) error {
	if !(seconds > 0) {
		return nil
	}
	t := time.NewTimer(time.Duration(min(seconds, longest) * float64(time.Second)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.Done:
		return errCanceled()
	}
}

func errCanceled() *pgerr.Error {
	return pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
}
