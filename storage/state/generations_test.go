package state

import (
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// gensModel is what the generations must still have: rows by key, as many times as they
// came, with their times.
type gensModel struct {
	t      *testing.T
	p      *pool.Pool
	s      *Generations
	im     image
	l      ArrLayout
	r      *rand.Rand
	now    int64
	before int64
	want   map[[2]int64]int // key and time, of rows that count
	keys   uint64
	plain  bool // no NULLs come
}

func newGensModel(t *testing.T, r *rand.Rand, shape []col.Type) *gensModel {
	m := &gensModel{t: t, p: testPool(t), im: image{}, r: r, want: map[[2]int64]int{}, before: -1 << 62, keys: 1 + r.Uint64N(2000)}
	m.l = ArrLayout{Keys: shape, Payload: []col.Type{col.Text, col.Timestamp}, AppendOnly: true, Unique: true}
	m.s = NewGenerations(m.p, &pool.Owner{Name: "v"}, m.l, 1, seed)
	return m
}

// merge adds rows of about now; far is the share of them, in 1000, that last for long.
func (m *gensModel) merge(n, far int) {
	ks := numbers(m.r, n, m.keys)
	keys, hash := keyBatch(m.l.Keys, ks, false)
	b, nulls := col.NewBatch(m.l.Payload...), !m.plain && m.r.IntN(4) == 0
	for _, k := range ks {
		value(&b.Cols[0], k, false)
		at := m.now + m.r.Int64N(100)
		if m.r.IntN(1000) < far {
			at += 1 << 40
		}
		if nulls && m.r.IntN(50) == 0 {
			b.Cols[1].AppendNull()
		} else {
			b.Cols[1].AppendI64(at)
			if at >= m.before {
				m.want[[2]int64{int64(k), at}]++
			}
		}
		b.N++
	}
	if err := m.s.Merge(keys, hash, b); err != nil {
		m.t.Fatal(err)
	}
}

func (m *gensModel) expire(before int64) {
	m.before = before
	m.s.Expire(before)
	for k := range m.want {
		if k[1] < before {
			delete(m.want, k)
		}
	}
}

// check probes every key: each row that counts is met once, and no other that counts.
func (m *gensModel) check() {
	m.t.Helper()
	ks := make([]uint64, m.keys)
	for i := range ks {
		ks[i] = uint64(i)
	}
	keys, hash := keyBatch(m.l.Keys, ks, false)
	texts := col.NewVector(col.Text)
	for _, k := range ks {
		value(texts, k, false)
	}
	got, all := map[[2]int64]int{}, int64(0)
	err := m.s.Probe(keys, hash, []int{1, 0}, func(left []uint32, rows *col.Batch) error {
		all += int64(rows.N)
		for i, k := range left {
			if rows.Cols[1].String(i) != texts.String(int(k)) {
				m.t.Fatalf("key %d has the string of another", k)
			}
			if v := &rows.Cols[0]; !v.Null(i) && v.I64[i] >= m.before {
				got[[2]int64{int64(ks[k]), v.I64[i]}]++
			}
		}
		return nil
	})
	if err != nil || all != m.s.Len() {
		m.t.Fatal(err, all, m.s.Len())
	}
	w, sum := make([]int64, len(ks)), int64(0)
	m.s.Weight(w, keys, hash)
	for _, x := range w {
		sum += x
	}
	if sum != all {
		m.t.Fatalf("weights of %d, rows of %d", sum, all)
	}
	if len(got) != len(m.want) {
		m.t.Fatalf("%d rows, want %d", len(got), len(m.want))
	}
	for k, n := range m.want {
		if got[k] != n {
			m.t.Fatalf("row %v is met %d times, want %d", k, got[k], n)
		}
	}
}

func (m *gensModel) restart() {
	header := m.s.Header()
	m.im.take(m.p)
	m.p = m.im.load(m.t)
	m.s = NewGenerations(m.p, &pool.Owner{Name: "v"}, m.l, 1, seed)
	if err := m.s.Restore(header); err != nil {
		m.t.Fatal(err)
	}
	m.p.Sweep()
}

// Generations against a map, with restarts, and with rows of far times that keep their
// generation alive; asked often and rarely, so that rows wait, and are entered.
func TestGenerationsEqualModel(t *testing.T) {
	shapes := [][]col.Type{{col.Int8}, {col.Text, col.Int8}, {col.Bool, col.Int8, col.Int4}, {col.UUID}}
	for no, far := range []int{0, 3, 1000, 40} {
		m, most := newGensModel(t, rand.New(rand.NewPCG(uint64(far), 9)), shapes[no]), int64(0)
		for range 40 {
			for range 1 + m.r.IntN(3) {
				m.merge(m.r.IntN(2500), far)
				m.now += m.r.Int64N(60)
			}
			m.expire(max(m.before, m.now-m.r.Int64N(300)))
			m.p.EndStep()
			m.s.Maintain()
			for range m.r.IntN(3) * m.r.IntN(3) {
				m.check()
			}
			if m.r.IntN(10) == 0 {
				m.restart()
				m.check()
			}
			live := int64(0)
			for _, n := range m.want {
				live += int64(n)
			}
			most = max(most, live)
			if n := m.s.Len(); n > 8*most {
				t.Fatalf("%d rows are held, of which at most %d counted at a time", n, most)
			}
		}
		m.s.Clear()
		m.p.EndStep()
		if m.p.Used() != 0 || m.s.Len() != 0 {
			t.Fatalf("%d bytes after Clear", m.p.Used())
		}
	}
}

// Rows that are hardly asked for wait until they expire, and enter a table as soon as more
// keys are asked for than rows came; once nobody asks, rows wait again.
func TestRowsWaitUntilAskedFor(t *testing.T) {
	m := newGensModel(t, rand.New(rand.NewPCG(1, 2)), []col.Type{col.Int8})
	m.keys, m.plain = 64, true
	count := func(what string, waiting, entered bool) {
		t.Helper()
		n := m.s.waiting.rows
		if (n > 0) != waiting || (m.s.Len() > n) != entered {
			t.Errorf("%s: of %d rows %d wait", what, m.s.Len(), n)
		}
	}
	for range 20 {
		m.merge(1000, 0)
		m.now += 100
		m.expire(m.now - 150)
		m.check()
		m.p.EndStep()
	}
	count("a few keys", true, false)
	if n := len(m.s.gens); n != 0 {
		t.Errorf("%d generations of rows that expired unasked", n)
	}
	for range 200 {
		m.check()
	}
	count("many keys", false, true)
	m.merge(1000, 0)
	m.check()
	count("after many keys", false, true)
	for range 80 {
		m.merge(1000, 0)
		m.now += 100
		m.expire(m.now - 150)
		m.p.EndStep()
	}
	m.check()
	count("no keys for long", true, false)
}

func BenchmarkGenerations(b *testing.B) {
	p := testPool(b)
	l := ArrLayout{Keys: []col.Type{col.Int8}, Payload: []col.Type{col.Timestamp, col.Int8}, AppendOnly: true, Unique: true}
	s := NewGenerations(p, nil, l, 0, seed)
	hash, now := make([]uint64, benchBatch), int64(0)
	rows := col.NewBatch(l.Payload...)
	for i := range benchBatch {
		rows.Cols[0].AppendI64(0)
		rows.Cols[1].AppendI64(int64(i))
		rows.N++
	}
	cpu := cpuTime()
	for b.Loop() {
		keys := benchKeys("i64", benchBatch, func(j int) uint64 { return mix(uint64(now)*benchBatch + uint64(j)) })
		seed.Keys(hash, keys)
		for i := range rows.Cols[0].I64 {
			rows.Cols[0].I64[i] = now
		}
		if err := s.Merge(keys, hash, rows); err != nil {
			b.Fatal(err)
		}
		s.Expire(now - 10)
		p.EndStep()
		s.Maintain()
		now++
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N)/benchBatch, "cpu-ns/row")
}
