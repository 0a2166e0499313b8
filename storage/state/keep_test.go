package state

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/storage/pool"
)

// TestAttachedStatesAreStored: states built aside are in no checkpoint until they are
// kept, and then wholly.
func TestAttachedStatesAreStored(t *testing.T) {
	o := &pool.Owner{Name: "v", Volatile: true}
	m := newArrModel(t, ArrLayout{Keys: []col.Type{col.Text}, Payload: []col.Type{col.Text, col.Int8}}, true)
	m.a = NewArrangement(m.p, o, m.l)
	tree := &treeModel{t, m.p, NewOrdered(m.p, o), nil, map[string]string{}, map[string]int64{}}
	panes := NewPanes(m.p, o, Layout{Keys: []col.Type{col.Int8}})
	r := rand.New(rand.NewPCG(4, 4))
	for range 5 {
		m.merge(r, 500, 100, 1000)
		for range 300 {
			tree.put(treeKey(r.Uint64N(800), 700), "value")
			tree.delete(treeKey(r.Uint64N(800), 700))
		}
		keys, hash := keyBatch([]col.Type{col.Int8}, numbers(r, 50, 100), false)
		panes.Pane(int64(r.IntN(3))).GetOrInsert(make([]unsafe.Pointer, 50), make([]RowID, 50), keys, hash)
		m.p.EndStepOf(o)
	}
	if m.im.take(m.p); len(m.im) != 0 {
		t.Fatalf("%d pages of volatile states were stored", len(m.im))
	}
	for _, s := range []interface{ Keep() }{m.a, tree.tree, panes} {
		s.Keep()
	}
	m.p.Attach(o)
	m.merge(r, 100, 100, 1000)
	m.p.EndStep()
	treeHead, paneHead, rows := tree.tree.Header(), panes.Header(), panes.Len()
	m.p.EndStep()
	header := m.a.Header()
	m.im.take(m.p)
	p := m.im.load(t)
	m.p, m.a = p, NewArrangement(p, nil, m.l)
	tree.p, tree.tree = p, NewOrdered(p, nil)
	panes = NewPanes(p, nil, Layout{Keys: []col.Type{col.Int8}})
	for _, err := range []error{m.a.Restore(header), tree.tree.Restore(treeHead), panes.Restore(paneHead)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Sweep()
	m.check()
	tree.check(r)
	if panes.Len() != rows {
		t.Fatalf("%d rows in panes, want %d", panes.Len(), rows)
	}
}
