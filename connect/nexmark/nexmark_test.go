package nexmark

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// digest is the sha256 of the first n events in order of emission, written in pieces.
func digest(t *testing.T, g *Generator, n, step int64) string {
	h := sha256.New()
	for from := int64(0); from < n; from += step {
		if err := g.WriteLines(h, from, min(step, n-from)); err != nil {
			t.Error(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The anchors of the specification: an implementation that makes these bytes agrees.
func TestAnchors(t *testing.T) {
	for _, c := range []struct {
		group, events int64
		want          string
	}{
		{1, 10000, "f3d5e22f1bd8d72b875dbbbfc0b765893c2a32e67c983cb2709f891e2cc16a2a"},
		{1, 1000000, "9a5217db81112f29e0806649e168cb252cedee728c9e9b39348f2162503d3268"},
		{1000, 1000000, "4f06f23def99bc74c1787bec35b57c990f55516f34c4d916afd4da83007b905b"},
	} {
		if got := digest(t, New(Config{OutOfOrderGroup: c.group}), c.events, 10000); got != c.want {
			t.Errorf("%d events in groups of %d: %s, want %s", c.events, c.group, got, c.want)
		}
	}
}

func TestAnyRangeIsTheSame(t *testing.T) {
	g := New(Config{Seed: 7, Rate: 1000000, OutOfOrderGroup: 64})
	want := digest(t, g, 3000, 3000)
	for _, step := range []int64{1, 7, 1000} {
		if got := digest(t, g, 3000, step); got != want {
			t.Errorf("in steps of %d the events differ", step)
		}
	}
	if digest(t, New(Config{Seed: 8, Rate: 1000000, OutOfOrderGroup: 64}), 3000, 3000) == want {
		t.Error("the seed makes no difference")
	}
}

func TestPower10(t *testing.T) {
	r := random(1)
	for range 100000 {
		y := r.float() * 6
		if got, want := power10(y), math.Pow(10, y); got != want {
			t.Fatalf("10^%v is %v, not %v", y, got, want)
		}
	}
	for y := range 6 {
		if got := power10(float64(y)); got != math.Pow10(y) {
			t.Errorf("10^%d is %v", y, got)
		}
	}
}

func TestCounts(t *testing.T) {
	person, auction, bid := New(Config{}).Batches(0, 100000)
	if person.Len() != 2000 || auction.Len() != 6000 || bid.Len() != 92000 {
		t.Errorf("%d people, %d auctions, %d bids", person.Len(), auction.Len(), bid.Len())
	}
	for _, b := range []*col.Batch{person, auction, bid} {
		for c := range b.Cols {
			b.Cols[c].Check(b.N)
		}
	}
}

func TestWatermarkHolds(t *testing.T) {
	g := New(Config{Rate: 1000, OutOfOrderGroup: 100})
	ev := NewEvents()
	late := false
	last := int64(0)
	for n := range int64(2000) {
		mark := g.Watermark(n)
		g.Fill(ev, n, 1)
		b := ev.Of(g.Kind(n))
		for c := range b.Cols {
			if columns[g.Kind(n)][c].Name != "date_time" {
				continue
			}
			if b.Cols[c].I64[0] < mark {
				t.Fatalf("event %d is before the watermark", n)
			}
			late = late || b.Cols[c].I64[0] < last
			last = b.Cols[c].I64[0]
		}
	}
	if !late {
		t.Error("no event is out of order")
	}
}

func TestWriteCopy(t *testing.T) {
	g := New(Config{})
	for k, want := range map[Kind]struct {
		lines  int
		prefix string
	}{
		Person:  {400, "1000\tJohn Bartels\tnbed e@g s.com\t7924 2715 1843 8834\tSan Francisco\tWY\t2015-07-15 00:00:00\trxeg"},
		Auction: {1200, "1000\tc kegevgra\tvzwlzueyi kceyyieoqrfa\t66991009\t67248490\t2015-07-15 00:00:00\t2015-07-15 00:00:00.218\t1000\t12\twwzf"},
		Bid:     {18400, "1000\t1001\t89258\tchannel-5594\thttps://www.nexmark.com/lbo/dahu/kxx/item.htm?query=1&channel_id=1537736704\t2015-07-15 00:00:00\tufak"},
	} {
		var out bytes.Buffer
		if err := g.WriteCopy(&out, k, 0, 20000); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "\n"); n != want.lines || !strings.HasPrefix(out.String(), want.prefix) {
			t.Errorf("%v: %d lines, %.200s", k, n, out.String())
		}
	}
}

func TestGoroutinesShareAGenerator(t *testing.T) {
	g := New(Config{})
	want := digest(t, g, 2000, 500)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if digest(t, g, 2000, 500) != want {
				t.Error("another goroutine's events differ")
			}
		})
	}
	wait.Wait()
}
