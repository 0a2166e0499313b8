package state

import (
	"encoding/binary"

	"github.com/millracedb/millrace/storage/pool"
)

// node is a page of an Ordered. A head of 24 bytes: kind u8, u8, entries u16, start of
// the cells u16, dead bytes among them u16, next leaf u32 (inner: leftmost child), leaf
// before u32, weight of the leftmost child i64. Then the cells' offsets, u16 each, in order
// of keys; cells fill the page from its end.
//
// A cell: length of the key u16 (bit 15: a long one), length of the value u16 (bit 15: a
// long one), weight i64, the key, the value. A long key is its first 64 bytes and a Ref, a
// long value a Ref. An inner node's value is the child, u32, that holds the keys from this
// one on, and its weight the sum of theirs.
type node []byte

const (
	leafNode  = 1
	innerNode = 2

	nodeHead  = 24
	cellHead  = 12
	maxInline = 500 // so that a page holds four cells, and halves have room for one
	keyPrefix = 64
	long      = 1 << 15
)

var le = binary.LittleEndian

func (p node) init(kind byte) {
	clear(p[:nodeHead])
	p[0] = kind
	p.setLow(pool.PageSize)
}

func (p node) kind() byte          { return p[0] }
func (p node) n() int              { return int(le.Uint16(p[2:])) }
func (p node) setN(n int)          { le.PutUint16(p[2:], uint16(n)) }
func (p node) low() int            { return int(le.Uint16(p[4:])) }
func (p node) setLow(x int)        { le.PutUint16(p[4:], uint16(x)) }
func (p node) dead() int           { return int(le.Uint16(p[6:])) }
func (p node) setDead(x int)       { le.PutUint16(p[6:], uint16(x)) }
func (p node) next() uint32        { return le.Uint32(p[8:]) }
func (p node) setNext(x uint32)    { le.PutUint32(p[8:], x) }
func (p node) prev() uint32        { return le.Uint32(p[12:]) }
func (p node) setPrev(x uint32)    { le.PutUint32(p[12:], x) }
func (p node) setChild0(x uint32)  { le.PutUint32(p[8:], x) }
func (p node) slot(i int) int      { return int(le.Uint16(p[nodeHead+2*i:])) }
func (p node) setSlot(i, off int)  { le.PutUint16(p[nodeHead+2*i:], uint16(off)) }
func (p node) cellAt(off int) node { return p[off : off+cellLen(p[off:])] }

// cellLen is the length of the cell at the start of c.
func cellLen(c []byte) int { return cellHead + keyRoom(c) + valueRoom(c) }

func keyRoom(c []byte) int {
	if k := int(le.Uint16(c)); k&long == 0 {
		return k
	}
	return keyPrefix + 8
}

func valueRoom(c []byte) int {
	if v := int(le.Uint16(c[2:])); v&long == 0 {
		return v
	}
	return 8
}

// key is the key of entry i, or its prefix and the Ref of all of it.
func (p node) key(i int) ([]byte, Ref) {
	c := p[p.slot(i):]
	if k := int(le.Uint16(c)); k&long == 0 {
		return c[cellHead : cellHead+k : cellHead+k], 0
	}
	return c[cellHead : cellHead+keyPrefix], Ref(le.Uint64(c[cellHead+keyPrefix:]))
}

// value is the value of a leaf's entry i, or its Ref.
func (p node) value(i int) ([]byte, Ref) {
	c := p[p.slot(i):]
	at := cellHead + keyRoom(c)
	if v := int(le.Uint16(c[2:])); v&long == 0 {
		return c[at : at+v : at+v], 0
	}
	return nil, Ref(le.Uint64(c[at:]))
}

// child is an inner node's page behind entry i; -1: the leftmost.
func (p node) child(i int) uint32 {
	if i < 0 {
		return p.next()
	}
	c := p[p.slot(i):]
	return le.Uint32(c[cellHead+keyRoom(c):])
}

// weight is the weight of entry i; -1: of an inner node's leftmost child.
func (p node) weight(i int) int64 { return int64(le.Uint64(p[p.weightAt(i):])) }

func (p node) addWeight(i int, w int64) {
	at := p[p.weightAt(i):]
	le.PutUint64(at, le.Uint64(at)+uint64(w))
}

func (p node) setWeight(i int, w int64) { le.PutUint64(p[p.weightAt(i):], uint64(w)) }

func (p node) weightAt(i int) int {
	if i < 0 {
		return 16
	}
	return p.slot(i) + 4
}

// sum is the weight of all that stands in the node or below it.
func (p node) sum() int64 { return p.before(p.n()) }

// before is the weight of the entries before the i'th, and of what is below them.
func (p node) before(i int) int64 {
	w := int64(le.Uint64(p[16:])) // 0 in leaves
	for k := range i {
		w += p.weight(k)
	}
	return w
}

func appendKey(dst, key []byte) []byte {
	dst = append(le.AppendUint16(dst, uint16(len(key))), make([]byte, cellHead-2)...)
	return append(dst, key...)
}

func appendLongKey(dst, key []byte, ref Ref) []byte {
	dst = append(le.AppendUint16(dst, long), make([]byte, cellHead-2)...)
	dst = append(dst, key[:keyPrefix]...)
	return le.AppendUint64(dst, uint64(ref))
}

func withValue(c, value []byte) []byte {
	le.PutUint16(c[2:], uint16(len(value)))
	return append(c, value...)
}

func withLongValue(c []byte, ref Ref) []byte {
	le.PutUint16(c[2:], long)
	return le.AppendUint64(c, uint64(ref))
}

func withChild(c []byte, child uint32) []byte {
	le.PutUint16(c[2:], 4)
	return le.AppendUint32(c, child)
}

// insert puts a cell at place i; false: there is no room.
func (p node) insert(i int, c []byte) bool {
	n := p.n()
	room := p.low() - nodeHead - 2*n
	if room < len(c)+2 {
		if room+p.dead() < len(c)+2 {
			return false
		}
		p.compact()
	}
	off := p.low() - len(c)
	copy(p[off:], c)
	p.setLow(off)
	copy(p[nodeHead+2*i+2:nodeHead+2*n+2], p[nodeHead+2*i:nodeHead+2*n])
	p.setSlot(i, off)
	p.setN(n + 1)
	return true
}

// remove takes entry i out.
func (p node) remove(i int) {
	n := p.n()
	p.setDead(p.dead() + cellLen(p[p.slot(i):]))
	copy(p[nodeHead+2*i:nodeHead+2*n-2], p[nodeHead+2*i+2:nodeHead+2*n])
	p.setN(n - 1)
}

// compact moves the cells together.
func (p node) compact() {
	var old [pool.PageSize]byte
	copy(old[:], p)
	low := pool.PageSize
	for i := range p.n() {
		c := node(old[:]).cellAt(p.slot(i))
		low -= len(c)
		copy(p[low:], c)
		p.setSlot(i, low)
	}
	p.setLow(low)
	p.setDead(0)
}

// splitAt is the entry from which on a full node's cells move to a new right one, when
// one more is to stand at i: about half of the bytes, but all stay where cells are
// entered in order.
func (p node) splitAt(i int) int {
	n := p.n()
	if i == n && p.kind() == leafNode && p.next() == 0 {
		return n
	}
	half, sum := (pool.PageSize-nodeHead)/2, 0
	for at := range n {
		if sum += 2 + cellLen(p[p.slot(at):]); sum >= half && at > 0 {
			return at
		}
	}
	return n - 1
}

// moveRight moves the cells from at on to an empty node. Of an inner node the first of
// them goes up instead: its key is returned, its child is the right one's leftmost.
func (t *Ordered) moveRight(p, right node, at int) (up []byte) {
	n, from := p.n(), at
	if p.kind() == innerNode {
		up = append([]byte(nil), t.keyAt(p, at)...)
		_, ref := p.key(at)
		t.heap.Free(ref)
		right.setChild0(p.child(at))
		right.setWeight(-1, p.weight(at))
		from++
	}
	for i := from; i < n; i++ {
		right.insert(i-from, p.cellAt(p.slot(i)))
	}
	dead := p.dead()
	for i := at; i < n; i++ {
		dead += cellLen(p[p.slot(i):])
	}
	p.setDead(dead)
	p.setN(at)
	return up
}

// sound reports whether the node can be read without leaving the page.
func (p node) sound() bool {
	n, low := p.n(), p.low()
	if k := p.kind(); k != leafNode && k != innerNode || nodeHead+2*n > low || low > pool.PageSize {
		return false
	}
	for i := range n {
		off := p.slot(i)
		if off < low || off+cellHead > pool.PageSize || off+cellLen(p[off:]) > pool.PageSize {
			return false
		}
		if p.kind() == innerNode && valueRoom(p[off:]) != 4 {
			return false
		}
	}
	return true
}
