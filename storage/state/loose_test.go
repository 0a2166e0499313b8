package state

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
)

// An arrangement that only grows equals a map: of keys with few and with thousands of
// rows, of rows of all kinds of columns and of such that fill a block by themselves, with
// NULLs, weights and restarts.
func TestLooseArrangementsEqualModel(t *testing.T) {
	wide := []col.Type{col.Text}
	for range 150 {
		wide = append(wide, col.Int8)
	}
	for no, payload := range append([][]col.Type{wide}, keyShapes...) {
		for _, keys := range []uint64{1, 7, 900} {
			t.Run(fmt.Sprintf("%d of %d keys", no, keys), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(no), keys))
				l := ArrLayout{Keys: []col.Type{col.Int8}, Payload: payload, AppendOnly: true}
				m := newArrModel(t, l, no%2 == 0)
				m.a.loose = true
				for _, n := range []int{1, 3, 900, 2, 40, 900} {
					m.merge(r, n, keys, 1<<40)
					m.p.EndStep()
					m.a.Maintain()
				}
				every := make([]uint64, keys)
				for i := range every {
					every[i] = uint64(i)
				}
				m.probe(every, all(len(payload)))
				m.restart()
				m.merge(r, 300, keys, 1<<40)
				m.probe(every, all(len(payload)))
				m.a.Clear()
				m.p.EndStep()
				if m.p.Used() != 0 {
					t.Fatalf("%d bytes after Clear", m.p.Used())
				}
			})
		}
	}
}

// A weight below 1 does not pass an arrangement that only grows.
func TestLooseArrangementsRefuseRetractions(t *testing.T) {
	m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Int8}, AppendOnly: true}, false)
	keys, hash := keyBatch(m.l.Keys, []uint64{1, 2}, false)
	b := m.payload([]uint64{5, 6})
	b.W = []int64{1, -1}
	if m.a.mergeLoose(keys, hash, b) == nil || m.a.Len() != 1 {
		t.Fatalf("merged, %d rows", m.a.Len())
	}
}
