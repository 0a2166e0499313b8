package table

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
)

var fillTypes = []col.Type{col.Int8, col.Text}

// fillHistory is random ticks of a small keyed store whose second column often repeats.
type fillHistory struct {
	r    *rand.Rand
	s    *Store
	pins *Pins
	now  map[int64]string // "": NULL
	tick uint64
}

func newFillHistory(seed uint64) *fillHistory {
	h := &fillHistory{r: rand.New(rand.NewPCG(seed, 11)), pins: NewPins(0), now: map[int64]string{}}
	h.s = New(Config{Types: fillTypes, Key: []int{0}, Shape: Keyed, Seed: col.Seed{3, 4}, Background: func(f func()) { f() }})
	return h
}

func (h *fillHistory) put(b *col.Batch, k int64, text string, w int64) {
	b.Cols[0].AppendI64(k)
	if text == "" {
		b.Cols[1].AppendNull()
	} else {
		b.Cols[1].AppendString(text)
	}
	b.Grow(b.N+1, w)
}

func (h *fillHistory) step(t *testing.T, keys int64, texts int) {
	t.Helper()
	h.tick++
	if h.r.IntN(12) == 0 {
		if err := h.s.Truncate(h.tick); err != nil {
			t.Fatal(err)
		}
		clear(h.now)
	}
	b := col.NewBatch(fillTypes...)
	k := h.r.Int64N(keys)
	if old, ok := h.now[k]; ok {
		h.put(b, k, old, -1)
		delete(h.now, k)
	}
	if h.r.IntN(3) > 0 {
		if h.now[k] = fmt.Sprint("text ", h.r.IntN(texts)); h.r.IntN(6) == 0 {
			h.now[k] = ""
		}
		h.put(b, k, h.now[k], 1)
	}
	if err := h.s.Apply(h.tick, b); err != nil {
		t.Fatal(err)
	}
	h.pins.Publish(h.tick)
	for range h.r.IntN(4) {
		h.s.Maintain(h.tick, h.pins.Horizon(), time.Hour)
	}
}

func (h *fillHistory) twice() bool {
	seen := map[string]bool{}
	for _, text := range h.now {
		if text != "" && seen[text] {
			return true
		}
		seen[text] = true
	}
	return false
}

// A unique index that is filled beside ticks fails exactly when a key stands twice at one
// of the ticks it has looked at.
func TestFillFindsDuplicates(t *testing.T) {
	failed, filled := 0, 0
	for seed := range uint64(400) {
		h := newFillHistory(seed)
		for range h.r.IntN(40) {
			h.step(t, 6, 16)
		}
		hold := h.pins.HoldHorizon()
		f := h.s.NewFill([]int{1}, true, hold.Tick())
		for range 30 {
			h.step(t, 6, 16)
			if h.r.IntN(2) == 0 {
				continue
			}
			var err error
			if h.r.IntN(4) == 0 {
				err = f.Finish(nil)
			} else {
				_, err = f.Advance(h.tick, nil, nil)
			}
			var twice *Duplicate
			switch {
			case errors.Is(err, ErrTruncated):
				hold.Release()
				hold = h.pins.HoldHorizon()
				f = h.s.NewFill([]int{1}, true, hold.Tick())
				continue
			case errors.As(err, &twice) != h.twice():
				t.Fatalf("seed %d, tick %d: %v, rows %v", seed, h.tick, err, h.now)
			case err != nil:
				n := 0
				for _, text := range h.now {
					if text == twice.Key.Cols[0].String(0) {
						n++
					}
				}
				if n < 2 {
					t.Fatalf("seed %d, tick %d: %q stands %d times", seed, h.tick, twice.Key.Cols[0].String(0), n)
				}
				failed++
			default:
				filled++
				continue
			}
			break
		}
		hold.Release()
	}
	if failed == 0 || filled == 0 {
		t.Fatalf("%d failed, %d filled", failed, filled)
	}
}

// What the caller says is dead is dead for uniqueness.
func TestFillSkips(t *testing.T) {
	h := newFillHistory(1)
	b := col.NewBatch(fillTypes...)
	for k := range int64(4) {
		h.put(b, k, []string{"one", "two", "one", "three"}[k], 1)
	}
	if err := h.s.Apply(1, b); err != nil {
		t.Fatal(err)
	}
	h.pins.Publish(1)
	for dead, want := range map[int64]bool{0: true, 1: false, 2: true, 3: false} {
		f := h.s.NewFill([]int{1}, true, 1)
		_, err := f.Advance(1, func(r Ref) bool {
			id := col.NewBatch(col.Int8)
			f.Copy(r, []int{0}, id)
			return id.Cols[0].I64[0] == dead
		}, nil)
		if (err == nil) != want {
			t.Errorf("without row %d: %v", dead, err)
		}
	}
}
