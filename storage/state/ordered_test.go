package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/pool"
)

// treeModel is an Ordered beside a map.
type treeModel struct {
	t    testing.TB
	p    *pool.Pool
	tree *Ordered
	im   image
	want map[string]string
	w    map[string]int64 // weights other than 1
}

func newTreeModel(t testing.TB) *treeModel {
	p := testPool(t)
	return &treeModel{t, p, NewOrdered(p, &pool.Owner{Name: "v"}), image{}, map[string]string{}, map[string]int64{}}
}

// treeKey makes keys with long common beginnings, of all lengths.
func treeKey(k uint64, longest int) string {
	switch k % 5 {
	case 0:
		return string(binary.BigEndian.AppendUint64(nil, k))
	case 1:
		return strings.Repeat("p", int(k%uint64(longest))) + fmt.Sprint(k)
	}
	return fmt.Sprintf("group %d, %d%s", k%3, k, strings.Repeat("z", int(k%40)))
}

func (m *treeModel) put(k, v string) {
	added, err := m.tree.Put([]byte(k), []byte(v))
	if err != nil {
		m.t.Fatal(err)
	}
	if _, there := m.want[k]; added == there {
		m.t.Fatalf("key %.80q is new: %v", k, added)
	}
	m.want[k] = v
}

func (m *treeModel) delete(k string) {
	_, there := m.want[k]
	if got := m.tree.Delete([]byte(k)); got != there {
		m.t.Fatalf("key %.80q deleted: %v", k, got)
	}
	delete(m.want, k)
	delete(m.w, k)
}

func (m *treeModel) weight(k string) int64 {
	if _, there := m.want[k]; there && m.w[k] == 0 {
		return 1
	}
	return m.w[k]
}

// add moves a key's weight, which stays above 0 or goes to it.
func (m *treeModel) add(k, v string, w int64) {
	want := max(m.weight(k)+w, 0)
	got, err := m.tree.Add([]byte(k), want-m.weight(k), []byte(v))
	if err != nil || got != want {
		m.t.Fatalf("key %.80q weighs %d (%v), want %d", k, got, err, want)
	}
	if _, there := m.want[k]; !there && want > 0 {
		m.want[k] = v
	}
	if m.w[k] = want; want == 0 {
		delete(m.want, k)
		delete(m.w, k)
	}
}

// checkRanks asks for the weight before keys, and for the keys at places.
func (m *treeModel) checkRanks(r *rand.Rand, keys []string) {
	before := []int64{0}
	for i, k := range keys {
		before = append(before, before[i]+m.weight(k))
	}
	total := before[len(keys)]
	if m.tree.Weight() != total {
		m.t.Fatalf("the tree weighs %d, want %d", m.tree.Weight(), total)
	}
	for range 20 {
		k := treeKey(r.Uint64N(5000), 700)
		i, _ := slices.BinarySearch(keys, k)
		if got := m.tree.Before([]byte(k)); got != before[i] {
			m.t.Fatalf("before %.40q stand %d, want %d", k, got, before[i])
		}
		if total == 0 {
			continue
		}
		n := r.Int64N(total)
		i, _ = slices.BinarySearch(before, n+1)
		if c, within := m.tree.At(n); string(c.Key()) != keys[i-1] || within != n-before[i-1] || c.Weight() != m.weight(keys[i-1]) {
			m.t.Fatalf("at place %d: %.40q and %d, want %.40q and %d", n, c.Key(), within, keys[i-1], n-before[i-1])
		}
	}
	for _, n := range []int64{-1, total} {
		if c, _ := m.tree.At(n); c.Valid() {
			m.t.Fatalf("a key holds place %d of %d", n, total)
		}
	}
}

func (m *treeModel) sorted() []string {
	keys := make([]string, 0, len(m.want))
	for k := range m.want {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// check walks both ways and looks up.
func (m *treeModel) check(r *rand.Rand) {
	keys, i := m.sorted(), 0
	if m.tree.Len() != int64(len(keys)) {
		m.t.Fatalf("%d keys, want %d", m.tree.Len(), len(keys))
	}
	for k, v := range m.tree.Ascend(nil, nil) {
		if i >= len(keys) || string(k) != keys[i] || string(v) != m.want[keys[i]] {
			m.t.Fatalf("key %d is %.80q", i, k)
		}
		i++
	}
	if i != len(keys) {
		m.t.Fatalf("%d keys upwards, want %d", i, len(keys))
	}
	for k := range m.tree.Descend(nil, nil) {
		if i--; string(k) != keys[i] {
			m.t.Fatalf("downwards key %d is %.80q", i, k)
		}
	}
	if i != 0 {
		m.t.Fatalf("%d keys are missing downwards", i)
	}
	m.checkRanks(r, keys)
	for range 20 {
		m.checkRange(keys, treeKey(r.Uint64N(5000), 700), treeKey(r.Uint64N(5000), 700))
	}
}

func (m *treeModel) checkRange(keys []string, a, b string) {
	if a > b {
		a, b = b, a
	}
	lo, _ := slices.BinarySearch(keys, a)
	hi, _ := slices.BinarySearch(keys, b)
	var up, down []string
	for k := range m.tree.Ascend([]byte(a), []byte(b)) {
		up = append(up, string(k))
	}
	for k := range m.tree.Descend([]byte(b), []byte(a)) {
		down = append(down, string(k))
	}
	slices.Reverse(down)
	if !slices.Equal(up, keys[lo:hi]) || !slices.Equal(down, keys[lo:hi]) {
		m.t.Fatalf("from %.40q to %.40q: %d keys up, %d down, want %d", a, b, len(up), len(down), hi-lo)
	}
	v, ok := m.tree.Get([]byte(a))
	if want, there := m.want[a]; ok != there || string(v) != want {
		m.t.Fatalf("key %.40q: %v", a, ok)
	}
}

func (m *treeModel) restart() {
	header := m.tree.Header()
	m.im.take(m.p)
	m.p.Close()
	m.p = m.im.load(m.t)
	m.tree = NewOrdered(m.p, &pool.Owner{Name: "v"})
	if err := m.tree.Restore(header); err != nil {
		m.t.Fatal(err)
	}
	m.p.Sweep()
}

func TestOrderedAgainstMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newTreeModel(t)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		domain := rapid.SampledFrom([]uint64{20, 800, 5000}).Draw(rt, "domain")
		longest := rapid.SampledFrom([]int{20, 700}).Draw(rt, "longest")
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			grow := rapid.IntRange(0, 10).Draw(rt, "grow")
			for range rapid.IntRange(1, 900).Draw(rt, "calls") {
				k := treeKey(r.Uint64N(domain), longest)
				if r.IntN(3) == 0 {
					m.add(k, strings.Repeat("w", r.IntN(3)*r.IntN(300)), int64(r.IntN(6)-4+grow/3))
				} else if r.IntN(10) < grow {
					m.put(k, strings.Repeat("v", r.IntN(4)*r.IntN(250)))
				} else {
					m.delete(k)
				}
			}
			m.p.EndStep()
			if rapid.IntRange(0, 3).Draw(rt, "restart") == 0 {
				m.restart()
			}
		}
		m.check(r)
		for _, k := range m.sorted() {
			m.delete(k)
		}
		m.p.EndStep()
		m.tree.Header()
		if got, heap := m.p.Used(), m.tree.heap.Bytes(); m.tree.root != 0 || m.tree.held != 0 || got != heap || m.tree.heap.live != 0 {
			rt.Fatalf("an empty tree holds %d pages, %d bytes, %d live in its heap", m.tree.held, got, m.tree.heap.live)
		}
		m.p.Close()
	})
}

func TestOrderedInOrder(t *testing.T) {
	m := newTreeModel(t)
	for i := range uint64(20_000) {
		m.put(string(binary.BigEndian.AppendUint64(nil, i)), "12345678")
	}
	if full := 20_000 * (12 + 16 + 2); m.tree.Bytes() > int64(full)*11/10 {
		t.Fatalf("%d bytes for %d of entries put in order", m.tree.Bytes(), full)
	}
	m.restart()
	m.check(rand.New(rand.NewPCG(1, 1)))
	for i := range uint64(20_000) {
		m.delete(string(binary.BigEndian.AppendUint64(nil, i)))
		if c := m.tree.Seek(nil); c.Valid() && binary.BigEndian.Uint64(c.Key()) != i+1 {
			t.Fatalf("the least key is %x", c.Key())
		}
	}
	if last := m.tree.Last(); last.Valid() {
		t.Fatal("a key is left")
	}
}

func TestOrderedLimits(t *testing.T) {
	m := newTreeModel(t)
	k := bytes.Repeat([]byte{7}, pool.MaxExtent)
	if _, err := m.tree.Put(k, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := m.tree.Put(append(k, 1), nil); pgerr.CodeOf(err) != pgerr.ProgramLimitExceeded {
		t.Fatalf("a longer key: %v", err)
	}
	if _, ok := m.tree.Get(k); !ok || !m.tree.Delete(k) || m.tree.Len() != 0 {
		t.Fatal("the longest key is not found")
	}
	m.put("a", "b")
	m.tree.Clear()
	m.p.EndStep()
	if m.p.Used() != 0 {
		t.Fatalf("%d bytes after Clear", m.p.Used())
	}
}

func TestAfterPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a\xfe": "a\xff", "a\xfe\xff\xff": "a\xff", "\xf0\xff": "\xf1", "\xff\xff": "", "": ""} {
		if got := AfterPrefix(nil, []byte(prefix)); string(got) != want || (got == nil) != (want == "") {
			t.Errorf("after %q comes %q, want %q", prefix, got, want)
		}
	}
}

// FuzzNode: whatever a page holds, reading it stays inside.
func FuzzNode(f *testing.F) {
	page := make(node, pool.PageSize)
	page.init(leafNode)
	page.insert(0, withValue(appendKey(nil, []byte("key")), []byte("value")))
	f.Add([]byte(page))
	f.Add([]byte{innerNode})
	f.Fuzz(func(t *testing.T, b []byte) {
		page := make(node, pool.PageSize)
		copy(page, b)
		if !page.sound() {
			return
		}
		for i := range page.n() {
			page.key(i)
			if page.kind() == leafNode {
				page.value(i)
			} else {
				page.child(i)
			}
		}
	})
}

func BenchmarkOrdered(b *testing.B) {
	p := testPool(b)
	t := NewOrdered(p, &pool.Owner{Name: "bench"})
	key := make([]byte, 16)
	set := func(i uint64) { binary.BigEndian.PutUint64(key, i%1000); binary.BigEndian.PutUint64(key[8:], mix(i)) }
	for i := range uint64(1_000_000) {
		set(i)
		if _, err := t.Put(key, key[:8]); err != nil {
			b.Fatal(err)
		}
	}
	i, cpu := uint64(0), cpuTime()
	for b.Loop() {
		set(1_000_000 + i)
		if _, err := t.Put(key, key[:8]); err != nil {
			b.Fatal(err)
		}
		set(i)
		t.Delete(key)
		i++
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N)/2, "cpu-ns/call")
	b.ReportMetric(float64(t.Bytes())/float64(t.Len()), "B/key")
}
