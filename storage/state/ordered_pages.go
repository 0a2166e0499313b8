package state

import "bytes"

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
	t.near = 0
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
		t.node(root).setWeight(-1, t.sum)
		t.root = root
		t.path = append([]step{{root, -1}}, t.path...)
		depth = 1
	}
	moved := t.node(right).sum()
	c, err := t.cell(sep, nil, right, moved)
	if err != nil {
		panic(err) // a separator is no longer than a key
	}
	up := t.path[depth-1]
	t.write(up.page).addWeight(up.i, -moved)
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

// unlinkLeaf frees the empty leaf at the end of t.path, and what is empty above it.
func (t *Ordered) unlinkLeaf(page uint32) {
	nd := t.node(page)
	if n := nd.next(); n != 0 {
		t.write(n).setPrev(nd.prev())
	}
	if v := nd.prev(); v != 0 {
		t.write(v).setNext(nd.next())
	}
	t.near = 0
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
				nd.setWeight(-1, nd.weight(0))
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
