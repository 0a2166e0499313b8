package table

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
)

// The rows are accounts: a tick moves money between them, adds and removes accounts, and
// keeps the total, so a reader that sees a mixture of ticks sees another total.
const (
	accounts = 3000
	balance  = 100
)

var accountTypes = []col.Type{col.Int8, col.Int8, col.Text}

type bank struct {
	t     *testing.T
	s     *Store
	pins  *Pins
	r     *rand.Rand
	money map[int64]int64
	done  atomic.Bool
	full  chan *Fill    // for the writer to attach
	taken chan struct{} // it has
	kinds atomic.Int64  // indexes over the text
}

func (b *bank) row(d *col.Batch, k, amount, w int64) {
	d.Cols[0].AppendI64(k)
	d.Cols[1].AppendI64(amount)
	d.Cols[2].AppendString([]string{"short", "a string that does not fit a view"}[amount&1])
	d.Grow(d.N+1, w)
}

// transfer moves money among some accounts; now and then one is emptied into another and
// removed, or opened.
func (b *bank) transfer() *col.Batch {
	d := col.NewBatch(accountTypes...)
	touched := map[int64]bool{}
	pick := func() int64 {
		for {
			if k := b.r.Int64N(accounts); !touched[k] {
				touched[k] = true
				return k
			}
		}
	}
	set := func(k, amount int64, gone bool) {
		if old, ok := b.money[k]; ok {
			b.row(d, k, old, -1)
		}
		if delete(b.money, k); !gone {
			b.row(d, k, amount, 1)
			b.money[k] = amount
		}
	}
	for range 20 {
		x, y := pick(), pick()
		amount := b.r.Int64N(10) + 1
		all := b.money[x] + b.money[y]
		if b.r.IntN(5) == 0 {
			set(x, 0, true)
			set(y, all, false)
		} else {
			old := b.money[x]
			set(x, old-amount, false)
			set(y, all-old+amount, false)
		}
	}
	return d
}

func (b *bank) write(ticks int) {
	defer b.done.Store(true)
	for tick := uint64(2); tick < uint64(ticks); tick++ {
		if err := b.s.Apply(tick, b.transfer()); err != nil {
			b.t.Error(err)
			return
		}
		b.pins.Publish(tick)
		b.s.Maintain(tick, b.pins.Evict(b.s.Kept), time.Millisecond)
		select {
		case f := <-b.full:
			if err := f.Finish(nil); err != nil {
				b.t.Error(err)
			}
			b.s.Attach(f, kind(b.kinds.Load()))
			b.kinds.Add(1)
			b.taken <- struct{}{}
		default:
		}
	}
}

func kind(i int64) string { return fmt.Sprint("kind", i) }

// fill makes more indexes like the first, beside the ticks.
func (b *bank) fill() {
	for range 12 {
		hold := b.pins.HoldHorizon()
		f := b.s.NewFill([]int{2}, false, hold.Tick())
		for range 3 {
			if _, err := f.Advance(b.pins.Published(), nil, nil); err != nil {
				b.t.Error(err)
			}
		}
		for sent := false; !sent && !b.done.Load(); {
			select {
			case b.full <- f:
				<-b.taken
				sent = true
			default:
				runtime.Gosched()
			}
		}
		hold.Release()
	}
}

// read checks one pinned tick in every way there is; sums keep what the last one saw.
func (b *bank) read(r *rand.Rand, last *Pin, sum map[int64]int64) *Pin {
	pin := b.pins.Pin()
	seen := map[int64]int64{}
	total, n := int64(0), int64(0)
	for d, err := range b.s.At(pin.Tick(), []int{0, 1}, Access{}) {
		if err != nil {
			b.t.Error(err)
			return pin
		}
		for i := range d.Len() {
			p := d.Row(i)
			seen[d.Cols[0].I64[p]] += d.Cols[1].I64[p]
			total += d.Cols[1].I64[p]
			n++
		}
	}
	if total != accounts*balance || int64(len(seen)) != n || n != b.s.Count(pin.Tick()) {
		b.t.Errorf("tick %d: total %d, %d rows, %d keys, count %d", pin.Tick(), total, n, len(seen), b.s.Count(pin.Tick()))
	}
	b.point(r, pin.Tick(), seen)
	if last == nil {
		return pin
	}
	err := b.s.Changes(last.Tick(), pin.Tick(), []int{0, 1}, func(_ uint64, d *col.Batch) error {
		for i := range d.N {
			sum[d.Cols[0].I64[i]] += d.Cols[1].I64[i] * d.Weight(i)
		}
		return nil
	})
	if err != nil {
		b.t.Error(err)
	}
	for k, v := range sum {
		if v != seen[k] {
			b.t.Errorf("tick %d: changes make %d of account %d, it has %d", pin.Tick(), v, k, seen[k])
			break
		}
	}
	last.Release()
	return pin
}

func (b *bank) point(r *rand.Rand, tick uint64, seen map[int64]int64) {
	k, text := col.NewVector(col.Int8), col.NewVector(col.Text)
	dst := col.NewBatch(accountTypes...)
	for range 50 {
		dst.Reset()
		k.Reset(col.Int8)
		k.AppendI64(r.Int64N(accounts))
		if _, err := b.s.Lookup(tick, "", []*col.Vector{k}, []int{0, 1, 2}, dst, nil); err != nil {
			b.t.Error(err)
		}
		want, ok := seen[k.I64[0]]
		if ok != (dst.N == 1) || ok && dst.Cols[1].I64[0] != want {
			b.t.Errorf("tick %d: account %d is found %d times, want %v %d", tick, k.I64[0], dst.N, ok, want)
		}
	}
	text.AppendString("short")
	dst.Reset()
	if _, err := b.s.Lookup(tick, kind(r.Int64N(b.kinds.Load())), []*col.Vector{text}, []int{0, 1, 2}, dst, nil); err != nil {
		b.t.Error(err)
	}
	even := 0
	for _, v := range seen {
		if v&1 == 0 {
			even++
		}
	}
	if dst.N != even {
		b.t.Errorf("tick %d: index finds %d of %d", tick, dst.N, even)
	}
}

func TestReadersSeeOneTick(t *testing.T) {
	b := &bank{t: t, pins: NewPins(0), r: rand.New(rand.NewPCG(3, 4)), money: map[int64]int64{}, full: make(chan *Fill), taken: make(chan struct{}, 1)}
	b.s = New(Config{Types: accountTypes, Key: []int{0}, Shape: Keyed, Seed: col.Seed{5, 6}})
	if err := b.s.CreateIndex(kind(0), []int{2}, false); err != nil {
		t.Fatal(err)
	}
	b.kinds.Store(1)
	d := col.NewBatch(accountTypes...)
	for k := range int64(accounts) {
		b.row(d, k, balance, 1)
		b.money[k] = balance
	}
	if err := b.s.Apply(1, d); err != nil {
		t.Fatal(err)
	}
	b.pins.Publish(1)
	var wg sync.WaitGroup
	for i := range uint64(3) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(i, 1))
			sum := map[int64]int64{}
			var last *Pin
			for !b.done.Load() || last == nil {
				p := b.read(r, last, sum)
				if last == nil {
					for d, err := range b.s.At(p.Tick(), []int{0, 1}, Access{}) {
						if err != nil {
							t.Error(err)
							break
						}
						for i := range d.Len() {
							sum[d.Cols[0].I64[d.Row(i)]] += d.Cols[1].I64[d.Row(i)]
						}
					}
				}
				last = p
			}
			last.Release()
		})
	}
	wg.Go(b.fill)
	b.write(3000)
	wg.Wait()
}
