package state

import (
	"bytes"

	"github.com/millracedb/millrace/storage/pool"
)

// Ordered is bytes in order of bytes: a B+tree whose nodes are pages of 4 KB, for groups
// too big to be scanned and for everything that is asked for by range. Keys are unique,
// as col.AppendOrderKey and col.AppendIdentity make them; several groups share a tree
// under prefixes of their own. Keys and values are copied in; beyond 500 bytes they lie
// in the tree's heap.
//
// Leaves are linked both ways. A split page leaves the shortest key that tells its halves
// apart above it; a page is freed when it is empty and not before, since what is full
// of groups that come and go fills up again. (B+trees with free-at-empty: Johnson and
// Shasha, "B-trees with inserts and deletes: why free-at-empty is better than
// merge-at-half", 1993.)
type Ordered struct {
	p    *pool.Pool
	o    *pool.Owner
	heap *Heap
	root uint32 // page; 0: empty
	n    int64
	held int // pages
	path []step
}

// step is a node on the way to a leaf and the child taken: -1 is the leftmost.
type step struct {
	page uint32
	i    int
}

// NewOrdered makes an empty tree, which allocates when first used.
func NewOrdered(p *pool.Pool, o *pool.Owner) *Ordered {
	return &Ordered{p: p, o: o, heap: NewHeap(p, o)}
}

// Len is the number of keys.
func (t *Ordered) Len() int64 { return t.n }

// Bytes is the memory of the tree's chunks.
func (t *Ordered) Bytes() int64 { return int64(t.held)*pool.PageSize + t.heap.Bytes() }

// Maintain is RowTable's: a tree never moves what it holds, so there is nothing to do.
func (t *Ordered) Maintain() bool { return false }

func (t *Ordered) node(page uint32) node { return node(t.p.Page(page)) }

// write is node, marked.
func (t *Ordered) write(page uint32) node {
	t.p.MarkPage(page)
	return t.node(page)
}

func (t *Ordered) newNode(kind byte) uint32 {
	page := uint32(t.p.Alloc(t.o, pool.Class4K))
	t.held++
	t.write(page).init(kind)
	return page
}

func (t *Ordered) freeNode(page uint32) {
	t.p.Free(t.o, pool.Chunk(page))
	t.held--
}

// leaf goes down to the leaf where a key belongs and leaves the way in t.path.
func (t *Ordered) leaf(key []byte) uint32 {
	t.path = t.path[:0]
	page := t.root
	for {
		nd := t.node(page)
		if nd.kind() == leafNode {
			return page
		}
		i, exact := t.search(nd, key)
		if !exact {
			i--
		}
		t.path = append(t.path, step{page, i})
		page = nd.child(i)
	}
}

// search finds the first entry of a node whose key is not below key.
func (t *Ordered) search(nd node, key []byte) (i int, exact bool) {
	lo, hi := 0, nd.n()
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		c := t.compare(nd, mid, key)
		if c == 0 {
			return mid, true
		}
		if c < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, false
}

// compare tells how entry i's key stands to key.
func (t *Ordered) compare(nd node, i int, key []byte) int {
	k, ref := nd.key(i)
	if ref == 0 {
		return bytes.Compare(k, key)
	}
	if c := bytes.Compare(k, key[:min(len(k), len(key))]); c != 0 {
		return c
	}
	return bytes.Compare(t.heap.Get(ref), key)
}

func (t *Ordered) keyAt(nd node, i int) []byte {
	k, ref := nd.key(i)
	if ref != 0 {
		return t.heap.Get(ref)
	}
	return k
}

func (t *Ordered) valueAt(nd node, i int) []byte {
	v, ref := nd.value(i)
	if ref != 0 {
		return t.heap.Get(ref)
	}
	return v
}

// Get returns a key's value, good until the tree changes.
func (t *Ordered) Get(key []byte) (value []byte, ok bool) {
	if t.root == 0 {
		return nil, false
	}
	nd := t.node(t.leaf(key))
	i, ok := t.search(nd, key)
	if !ok {
		return nil, false
	}
	return t.valueAt(nd, i), true
}

// Put enters a key with a value, or gives the key another value; it reports whether the
// key is new. Keys and values beyond pool.MaxExtent are 54000.
func (t *Ordered) Put(key, value []byte) (added bool, err error) {
	if len(key) > pool.MaxExtent || len(value) > pool.MaxExtent {
		return false, pool.TooLong(max(len(key), len(value)))
	}
	if t.root == 0 {
		t.root = t.newNode(leafNode)
	}
	page := t.leaf(key)
	nd := t.node(page)
	i, exact := t.search(nd, key)
	if exact {
		if v, ref := nd.value(i); ref == 0 && len(v) == len(value) {
			t.p.MarkPage(page)
			copy(v, value)
			return false, nil
		}
		t.drop(page, i)
		t.n--
	}
	c, err := t.cell(key, value, 0)
	if err != nil {
		return false, err
	}
	t.enter(page, i, c, len(t.path))
	t.n++
	return !exact, nil
}

// cell makes an entry: of a leaf with a value, of an inner node with a child.
func (t *Ordered) cell(key, value []byte, child uint32) ([]byte, error) {
	var c []byte
	if len(key) > maxInline {
		ref, err := t.heap.Put(key)
		if err != nil {
			return nil, err
		}
		c = appendLongKey(nil, key, ref)
	} else {
		c = appendKey(nil, key)
	}
	switch {
	case child != 0:
		return withChild(c, child), nil
	case len(value) > maxInline:
		ref, err := t.heap.Put(value)
		if err != nil {
			return nil, err
		}
		return withLongValue(c, ref), nil
	}
	return withValue(c, value), nil
}

// drop takes entry i out of a node and frees what it has in the heap.
func (t *Ordered) drop(page uint32, i int) {
	nd := t.write(page)
	_, ref := nd.key(i)
	t.heap.Free(ref)
	if nd.kind() == leafNode {
		_, ref = nd.value(i)
		t.heap.Free(ref)
	}
	nd.remove(i)
}

// enter puts a cell at place i of a node whose parent is t.path[depth-1], splitting the
// node where it is full.
func (t *Ordered) enter(page uint32, i int, c []byte, depth int) {
	if t.write(page).insert(i, c) {
		return
	}
	nd := t.node(page)
	right := t.newNode(nd.kind())
	rn, n := t.node(right), nd.n()
	at := nd.splitAt(i)
	sep := t.moveRight(nd, rn, at)
	leaf := nd.kind() == leafNode
	switch {
	case i < at || i == at && at < n:
		nd.insert(i, c)
	case leaf:
		rn.insert(i-at, c)
	default: // entry at went up
		rn.insert(i-at-1, c)
	}
	if leaf {
		t.linkAfter(page, right)
		sep = t.separator(nd, rn)
	}
	t.enterParent(page, right, sep, depth)
}

// enterParent tells the parent of page that right stands behind it, from key sep on.
func (t *Ordered) enterParent(page, right uint32, sep []byte, depth int) {
	if depth == 0 {
		root := t.newNode(innerNode)
		t.node(root).setChild0(page)
		t.root = root
		t.path = append([]step{{root, -1}}, t.path...)
		depth = 1
	}
	c, err := t.cell(sep, nil, right)
	if err != nil {
		panic(err) // a separator is no longer than a key
	}
	up := t.path[depth-1]
	t.enter(up.page, up.i+1, c, depth-1)
}

// separator is the shortest key above all of the left leaf and not above the right's.
func (t *Ordered) separator(left, right node) []byte {
	a, b := t.keyAt(left, left.n()-1), t.keyAt(right, 0)
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return bytes.Clone(b[:n+1])
}

// linkAfter enters a new leaf in the chain.
func (t *Ordered) linkAfter(page, right uint32) {
	nd, rn := t.node(page), t.node(right)
	next := nd.next()
	rn.setNext(next)
	rn.setPrev(page)
	nd.setNext(right)
	if next != 0 {
		t.write(next).setPrev(right)
	}
}

// Delete takes a key out and reports whether it was there.
func (t *Ordered) Delete(key []byte) bool {
	if t.root == 0 {
		return false
	}
	page := t.leaf(key)
	i, ok := t.search(t.node(page), key)
	if !ok {
		return false
	}
	t.drop(page, i)
	t.n--
	if t.node(page).n() == 0 {
		t.unlinkLeaf(page)
	}
	return true
}

func (t *Ordered) unlinkLeaf(page uint32) {
	nd := t.node(page)
	if n := nd.next(); n != 0 {
		t.write(n).setPrev(nd.prev())
	}
	if v := nd.prev(); v != 0 {
		t.write(v).setNext(nd.next())
	}
	t.freeNode(page)
	for d := len(t.path) - 1; ; d-- {
		if d < 0 {
			t.root = 0
			return
		}
		up := t.path[d]
		nd := t.write(up.page)
		if nd.n() > 0 {
			if up.i < 0 {
				nd.setChild0(nd.child(0))
				up.i = 0
			}
			t.drop(up.page, up.i)
			break
		}
		t.freeNode(up.page) // its only child is gone
	}
	for nd := t.node(t.root); nd.kind() == innerNode && nd.n() == 0; nd = t.node(t.root) {
		t.freeNode(t.root)
		t.root = nd.child(-1)
	}
}

// Clear removes all keys and gives the memory back.
func (t *Ordered) Clear() {
	if t.root != 0 {
		t.walk(t.root, func(page uint32) error { t.freeNode(page); return nil })
	}
	t.heap.Clear()
	t.root, t.n = 0, 0
}

// walk hands every page below one to f, and that one, parents first.
func (t *Ordered) walk(page uint32, f func(page uint32) error) error {
	if err := f(page); err != nil {
		return err
	}
	nd := t.node(page)
	if nd.kind() != innerNode {
		return nil
	}
	for i := -1; i < nd.n(); i++ {
		if err := t.walk(nd.child(i), f); err != nil {
			return err
		}
	}
	return nil
}

// Header is what Restore needs beside the pages.
func (t *Ordered) Header() []byte {
	w := &writer{}
	w.u8(headTree)
	w.u8(headFormat)
	w.u32(t.root)
	w.u64(uint64(t.n))
	t.heap.write(w)
	return w.b
}

// Restore is RowTable's.
func (t *Ordered) Restore(header []byte) error {
	r := &reader{b: header}
	r.kind(headTree)
	t.root, t.n = r.u32(), int64(r.u64())
	if err := t.heap.read(r); err != nil {
		return err
	}
	if err := r.done(); err != nil || t.root == 0 {
		return err
	}
	return t.walk(t.root, func(page uint32) error {
		if err := t.p.Claim(t.o, pool.Chunk(page), pool.Class4K); err != nil {
			return err
		}
		t.held++
		if !t.node(page).sound() {
			return damaged("a node of an ordered state")
		}
		return nil
	})
}
