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
// Every key has a weight, and every inner node knows the weights below its children: how
// much stands before a key, and which key stands at a place, is one way down. It costs a
// change a write on each page of the way that it has read anyhow.
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
	sum  int64 // of the weights
	held int   // pages
	path []step
	near uint32 // the leaf at the end of path, while that is the way to it; 0: unknown
	c    []byte // scratch of cell
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

// Weight is the weight of all keys.
func (t *Ordered) Weight() int64 { return t.sum }

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

// leaf goes down to the leaf where a key belongs and leaves the way in t.path. Keys that
// come in order often belong where the one before did.
func (t *Ordered) leaf(key []byte) uint32 {
	if t.near != 0 {
		nd := t.node(t.near)
		if n := nd.n(); n > 0 && t.compare(nd, n-1, key) >= 0 && t.compare(nd, 0, key) <= 0 {
			return t.near
		}
	}
	t.path = t.path[:0]
	page := t.root
	for {
		nd := t.node(page)
		if nd.kind() == leafNode {
			t.near = page
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

// Put enters a key with a value and weight 1, or gives the key another value; it reports
// whether the key is new. Keys and values beyond pool.MaxExtent are 54000.
func (t *Ordered) Put(key, value []byte) (added bool, err error) {
	page, i, exact, err := t.place(key, value)
	if err != nil {
		return false, err
	}
	if !exact {
		return true, t.insert(page, i, key, value, 1)
	}
	nd := t.node(page)
	if v, ref := nd.value(i); ref == 0 && len(v) == len(value) {
		t.p.MarkPage(page)
		copy(v, value)
		return false, nil
	}
	w := nd.weight(i)
	t.drop(page, i)
	t.n--
	t.carry(-w)
	return false, t.insert(page, i, key, value, w)
}

// Add adds to the weight of a key and returns what it comes to. A key that was not there
// enters with the value; one whose weight comes to 0 leaves. What is too long is 54000.
func (t *Ordered) Add(key []byte, w int64, value []byte) (sum int64, err error) {
	page, i, exact, err := t.place(key, value)
	switch {
	case err != nil || w == 0 && !exact:
		return 0, err
	case !exact:
		return w, t.insert(page, i, key, value, w)
	}
	nd := t.node(page)
	if sum = nd.weight(i) + w; sum == 0 {
		t.remove(page, i)
	} else if w != 0 {
		t.p.MarkPage(page)
		nd.addWeight(i, w)
		t.carry(w)
	}
	return sum, nil
}

// place finds where a key stands or would stand.
func (t *Ordered) place(key, value []byte) (page uint32, i int, exact bool, err error) {
	if len(key) > pool.MaxExtent || len(value) > pool.MaxExtent {
		return 0, 0, false, pool.TooLong(max(len(key), len(value)))
	}
	if t.root == 0 {
		return 0, 0, false, nil
	}
	page = t.leaf(key)
	i, exact = t.search(t.node(page), key)
	return page, i, exact, nil
}

func (t *Ordered) insert(page uint32, i int, key, value []byte, w int64) error {
	c, err := t.cell(key, value, 0, w)
	if err != nil {
		return err
	}
	if t.root == 0 {
		page = t.newNode(leafNode)
		t.root, t.path = page, t.path[:0]
	}
	t.n++
	t.carry(w)
	t.enter(page, i, c, len(t.path))
	return nil
}

// carry adds a weight to those of the leaf at the end of t.path.
func (t *Ordered) carry(w int64) {
	t.sum += w
	for _, up := range t.path {
		t.write(up.page).addWeight(up.i, w)
	}
}

// cell makes an entry: of a leaf with a value, of an inner node with a child.
// It is good until the next.
func (t *Ordered) cell(key, value []byte, child uint32, w int64) ([]byte, error) {
	c := t.c[:0]
	if len(key) > maxInline {
		ref, err := t.heap.Put(key)
		if err != nil {
			return nil, err
		}
		c = appendLongKey(c, key, ref)
	} else {
		c = appendKey(c, key)
	}
	le.PutUint64(c[4:], uint64(w))
	switch {
	case child != 0:
		c = withChild(c, child)
	case len(value) > maxInline:
		ref, err := t.heap.Put(value)
		if err != nil {
			return nil, err
		}
		c = withLongValue(c, ref)
	default:
		c = withValue(c, value)
	}
	t.c = c
	return c, nil
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
	t.remove(page, i)
	return true
}

// DeleteRange takes the keys from one on up to another, not included (nil: the end), out.
func (t *Ordered) DeleteRange(from, to []byte) {
	for {
		c := t.Seek(from)
		if !c.Valid() || to != nil && bytes.Compare(c.Key(), to) >= 0 {
			return
		}
		t.leaf(c.Key()) // the way to it; Seek may have stepped to the next leaf
		t.remove(c.page, c.i)
	}
}

// remove takes entry i out of the leaf at the end of t.path.
func (t *Ordered) remove(page uint32, i int) {
	w := t.node(page).weight(i)
	t.drop(page, i)
	t.n--
	t.carry(-w)
	if t.node(page).n() == 0 {
		t.unlinkLeaf(page)
	}
}

// Clear removes all keys and gives the memory back.
func (t *Ordered) Clear() {
	if t.root != 0 {
		t.walk(t.root, func(page uint32) error { t.freeNode(page); return nil })
	}
	t.heap.Clear()
	t.root, t.near, t.n, t.sum = 0, 0, 0, 0
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
	w.u64(uint64(t.sum))
	t.heap.write(w)
	return w.b
}

// Restore is RowTable's.
func (t *Ordered) Restore(header []byte) error {
	r := &reader{b: header}
	r.kind(headTree)
	t.root, t.near, t.n, t.sum = r.u32(), 0, int64(r.u64()), int64(r.u64())
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
