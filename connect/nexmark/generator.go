package nexmark

import (
	"github.com/millracedb/millrace/base/col"
)

// The proportions and limits of Nexmark's default configuration.
const (
	perEpoch        = 50 // 1 person, 3 auctions, 46 bids
	people          = 1
	auctions        = 3
	hotAuctionRatio = 2
	hotSellerRatio  = 4
	hotBidderRatio  = 4
	hotBatch        = 100 // how many auctions or people a hot one stays hot for
	inFlight        = 100
	active          = 1000
	lead            = 10 // ids not made yet that may be named
	firstID         = 1000
	firstCategory   = 10
	categories      = 5
	shuffle         = 953

	baseMillis  = 1436918400000 // 2015-07-15 00:00:00 UTC
	epochMillis = 946684800000  // 2000-01-01 00:00:00 UTC
)

// Kind of an event.
type Kind uint8

// The kinds.
const (
	Person Kind = iota
	Auction
	Bid
)

// String is the kind's usual relation name.
func (k Kind) String() string { return [...]string{"person", "auction", "bid"}[k] }

var columns = [...][]col.Column{
	Person: {{Name: "id", Type: col.Int8}, {Name: "name", Type: col.Varchar}, {Name: "email_address", Type: col.Varchar},
		{Name: "credit_card", Type: col.Varchar}, {Name: "city", Type: col.Varchar}, {Name: "state", Type: col.Varchar},
		{Name: "date_time", Type: col.Timestamp}, {Name: "extra", Type: col.Varchar}},
	Auction: {{Name: "id", Type: col.Int8}, {Name: "item_name", Type: col.Varchar}, {Name: "description", Type: col.Varchar},
		{Name: "initial_bid", Type: col.Int8}, {Name: "reserve", Type: col.Int8}, {Name: "date_time", Type: col.Timestamp},
		{Name: "expires", Type: col.Timestamp}, {Name: "seller", Type: col.Int8}, {Name: "category", Type: col.Int8},
		{Name: "extra", Type: col.Varchar}},
	Bid: {{Name: "auction", Type: col.Int8}, {Name: "bidder", Type: col.Int8}, {Name: "price", Type: col.Int8},
		{Name: "channel", Type: col.Varchar}, {Name: "url", Type: col.Varchar}, {Name: "date_time", Type: col.Timestamp},
		{Name: "extra", Type: col.Varchar}},
}

// Columns are the columns of a kind's batches; read-only.
func Columns(k Kind) []col.Column { return columns[k] }

// Config of a Generator. The zero value is the benchmark's usual one.
type Config struct {
	Seed            uint64
	Rate            int64 // events a second of event time; 0: 10,000
	OutOfOrderGroup int64 // events are shuffled within groups of so many; 0 or 1: not at all
}

// Generator makes events. It is immutable and may be used by many goroutines.
type Generator struct {
	seed   uint64
	micros float64 // between events
	group  int64
	t      *tables
}

// New makes a generator.
func New(c Config) *Generator {
	if c.Rate <= 0 {
		c.Rate = 10000
	}
	return &Generator{seed: mix64(c.Seed), micros: 1e6 / float64(c.Rate), group: max(c.OutOfOrderGroup, 1), t: shared()}
}

// id is the event id of event n.
func (g *Generator) id(n int64) int64 {
	if g.group == 1 {
		return n
	}
	return n/g.group*g.group + n*shuffle%g.group
}

// Kind of event n.
func (g *Generator) Kind(n int64) Kind { return kindOf(g.id(n)) }

func kindOf(e int64) Kind {
	switch r := e % perEpoch; {
	case r < people:
		return Person
	case r < people+auctions:
		return Auction
	}
	return Bid
}

func (g *Generator) millis(e int64) int64 {
	return baseMillis + int64(float64(e)*g.micros)/1000
}

// timestamp turns milliseconds since 1970 into a timestamp's microseconds since 2000.
func timestamp(millis int64) int64 { return (millis - epochMillis) * 1000 }

// Watermark is a timestamp that no event from n on precedes.
func (g *Generator) Watermark(n int64) int64 { return timestamp(g.millis(n / g.group * g.group)) }

// Events are one batch of each kind, with their rows in order of emission.
type Events struct {
	batches [3]*col.Batch
	scratch []byte
}

// NewEvents returns room for events, to be filled again and again.
func NewEvents() *Events {
	ev := &Events{}
	for k := range ev.batches {
		types := make([]col.Type, len(columns[k]))
		for i, c := range columns[k] {
			types[i] = c.Type
		}
		ev.batches[k] = col.NewBatch(types...)
	}
	return ev
}

// Of is the batch of a kind: append-only, dense, every weight 1.
func (ev *Events) Of(k Kind) *col.Batch { return ev.batches[k] }

// Batches makes the n events from the given number on. The batches are the caller's; long
// strings lie in tables that are never written again, or are the batches' own.
func (g *Generator) Batches(from, n int64) (person, auction, bid *col.Batch) {
	ev := NewEvents()
	g.Fill(ev, from, n)
	return ev.batches[Person], ev.batches[Auction], ev.batches[Bid]
}

// Fill replaces what ev holds with the n events from the given number on. What was there
// before is overwritten.
func (g *Generator) Fill(ev *Events, from, n int64) {
	var count [3]int
	for k := from; k < from+n; k++ {
		count[g.Kind(k)]++
	}
	for k, b := range ev.batches {
		b.Reset()
		b.AppendOnly = true
		b.N = count[k]
		for i := range b.Cols {
			b.Cols[i].Resize(count[k])
		}
	}
	g.share(ev)
	count = [3]int{}
	var r random
	for k := from; k < from+n; k++ {
		e := g.id(k)
		r = random(g.seed + uint64(e))
		kind := kindOf(e)
		makers[kind](g, ev, count[kind], e, &r)
		count[kind]++
	}
}

// makers make the event with an id as row i of its kind's batch.
var makers = [...]func(g *Generator, ev *Events, i int, e int64, r *random){
	Person: (*Generator).person, Auction: (*Generator).auction, Bid: (*Generator).bid,
}

// share lets the columns whose strings come from tables lead there.
func (g *Generator) share(ev *Events) {
	words, pool := [][]byte{g.t.words}, [][]byte{g.t.pool}
	for kind, list := range columns {
		b := ev.batches[kind]
		for i, c := range list {
			switch c.Name {
			case "name", "city", "state", "channel", "url":
				b.Cols[i].Arenas = words
			case "extra":
				b.Cols[i].Arenas = pool
			}
		}
	}
}
