package exec

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/pool"
)

// setOpFlow is one set operation over two sources, or one twice, whose output is added up.
type setOpFlow struct {
	g    *Graph
	flow *Dataflow
	in   [2]Ref
	got  *bag
}

// bag is weights of rows by their identity bytes; class has the same for equal rows.
type bag struct {
	linear
	only  bool // nothing may leave
	w     map[string]int64
	class map[string]string
}

func newBag() *bag { return &bag{w: map[string]int64{}, class: map[string]string{}} }

func (s *bag) Apply(_ *Tick, _ int, b *col.Batch, _ Emit) error {
	keys := canonicalKeys(b, firstN(len(b.Cols)))
	for i := range b.Len() {
		r := b.Row(i)
		if s.only && b.Weight(r) < 1 {
			return defect("an append-only node retracts")
		}
		id := string(col.AppendIdentity(nil, b.Cols, r))
		var class []col.Vector
		for _, k := range keys {
			class = append(class, *k)
		}
		s.class[id] = string(col.AppendIdentity(nil, class, r))
		if s.w[id] += b.Weight(r); s.w[id] == 0 {
			delete(s.w, id)
		}
	}
	return nil
}

func newSetOpFlow(t testing.TB, types []col.Type, kind SetOpKind, once, same bool) *setOpFlow {
	s := &setOpFlow{g: NewGraph(testPool(t), col.Seed{3, 4}, new(atomic.Uint64)), got: newBag()}
	s.flow = NewDataflow(1, "sets", !once, &pool.Owner{Name: "sets"}, nil)
	b := s.g.NewBuilder(s.flow, fn.NewCtx(nil, 0))
	for i := range s.in {
		s.in[i] = s.g.NewSource(SourceSpec{Types: types, AppendOnly: once, Watermark: -1})
	}
	if same {
		s.in[1] = s.in[0]
	}
	r := b.SetOp(s.in[0], s.in[1], kind)
	s.got.only = b.AppendOnly(r)
	b.Add(s.got, nil, false, r)
	return s
}

// expected computes the operation over two bags: of the rows of a class, in order of
// identity, the first of its share.
func expected(kind SetOpKind, a, b *bag) map[string]int64 {
	left, right := map[string]int64{}, map[string]int64{}
	var ids []string
	for id, w := range a.w {
		left[a.class[id]] += w
		ids = append(ids, id)
	}
	for id, w := range b.w {
		right[b.class[id]] += w
	}
	slices.SortFunc(ids, func(x, y string) int { return bytes.Compare([]byte(x), []byte(y)) })
	out, used := map[string]int64{}, map[string]int64{}
	for _, id := range ids {
		c := a.class[id]
		share := min(left[c], right[c])
		if kind == ExceptAll {
			share = left[c] - share
		}
		if w := min(a.w[id], share-used[c]); w > 0 {
			out[id] = w
			used[c] += w
		}
	}
	return out
}

// Rows that are equal and not identical come and go on both sides; what stays is always
// that of recomputation, whether the dataflow stands or runs once.
func TestSetOpOfEqualRowsThatAreNotIdentical(t *testing.T) {
	values := []string{"1", "1.0", "1.00", "2", "2.0", ""}
	types := []col.Type{col.Numeric, col.Text}
	change := func(rng *rand.Rand, into *bag, grow bool) *col.Batch {
		b := col.NewBatch(types...)
		for range rng.IntN(6) {
			v := values[rng.IntN(len(values))]
			if v == "" {
				b.Cols[0].AppendNull()
			} else if err := typeio.ParseText(&b.Cols[0], []byte(v), nil); err != nil {
				t.Fatal(err)
			}
			b.Cols[1].AppendString("a text that is too long to lie in the row " + strconv.Itoa(rng.IntN(2)))
			b.Grow(b.N+1, 1)
			held := into.w[string(col.AppendIdentity(nil, b.Cols, b.N-1))]
			if !grow && held > 0 && rng.IntN(2) == 0 {
				b.W = weights(b)
				b.W[b.N-1] = -1 - rng.Int64N(held)
			}
			one := *b
			one.Sel = []uint32{uint32(b.N - 1)}
			if err := into.Apply(nil, 0, &one, nil); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 9))
		kind, once, same := SetOpKind(rng.IntN(2)), rng.IntN(3) == 0, rng.IntN(5) == 0
		s := newSetOpFlow(t, types, kind, once, same)
		held := [2]*bag{newBag(), newBag()}
		if same {
			held[1] = held[0]
		}
		for tick := uint64(1); tick <= 8; tick++ {
			s.g.Begin(tick, 0, true)
			if tick == 1 {
				s.g.TouchAll(s.flow)
			}
			for side, in := range s.in {
				s.g.Feed(in, change(rng, held[side], once))
			}
			s.g.Flush()
			if s.flow.failed != nil {
				t.Fatalf("seed %d: %v", seed, s.flow.failed)
			}
			if want := expected(kind, held[0], held[1]); fmt.Sprint(want) != fmt.Sprint(s.got.w) {
				t.Fatalf("seed %d tick %d kind %d once %v same %v:\n got %q\nwant %q", seed, tick, kind, once, same, fmt.Sprint(s.got.w), fmt.Sprint(want))
			}
			if once {
				break
			}
		}
	}
}

func weights(b *col.Batch) []int64 {
	w := make([]int64, b.N)
	for i := range w {
		w[i] = b.Weight(i)
	}
	return w
}

// One step of 16K changed rows against 128K that stand; a twentieth of them are on both sides.
func BenchmarkSetOp(b *testing.B) {
	for _, typ := range []col.Type{col.Int8, col.Numeric} {
		b.Run(typ.String(), func(b *testing.B) {
			s := newSetOpFlow(b, []col.Type{typ}, ExceptAll, false, false)
			step, rows := uint64(0), func(from, to int, w int64) *col.Batch {
				out := col.NewBatch(typ)
				for i := from; i < to; i++ {
					if err := typeio.ParseText(&out.Cols[0], strconv.AppendInt(nil, int64(i), 10), nil); err != nil {
						b.Fatal(err)
					}
					out.Grow(out.N+1, w)
				}
				return out
			}
			run := func(side int, d *col.Batch) {
				step++
				s.g.Begin(step, 0, true)
				s.g.Feed(s.in[side], d)
				s.g.Flush()
			}
			s.got.w, s.got.class = map[string]int64{}, map[string]string{}
			const held, changed = 128 << 10, 16 << 10
			for from := 0; from < held; from += changed {
				run(0, rows(from, from+changed, 1))
			}
			come, gone := rows(held-changed/20, held+changed*19/20, 1), rows(held-changed/20, held+changed*19/20, -1)
			b.ResetTimer()
			for range b.N {
				run(1, come)
				run(1, gone)
			}
			b.ReportMetric(float64(2*changed*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
