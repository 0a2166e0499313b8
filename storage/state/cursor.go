package state

import (
	"bytes"
	"iter"
)

// Cursor stands at a key of an Ordered, or at none. It is void once the tree changes.
type Cursor struct {
	t    *Ordered
	page uint32
	i    int
}

// Seek stands at the first key not below key; nil: at the first of all.
func (t *Ordered) Seek(key []byte) Cursor {
	if t.root == 0 {
		return Cursor{t: t}
	}
	page := t.leaf(key)
	i, _ := t.search(t.node(page), key)
	c := Cursor{t, page, i}
	c.settle()
	return c
}

// SeekBefore stands at the last key below key; nil: at the last of all.
func (t *Ordered) SeekBefore(key []byte) Cursor {
	if key == nil || t.root == 0 {
		return t.Last()
	}
	page := t.leaf(key)
	i, _ := t.search(t.node(page), key)
	c := Cursor{t, page, i}
	c.Prev()
	return c
}

// Last stands at the last key.
func (t *Ordered) Last() Cursor {
	if t.root == 0 {
		return Cursor{t: t}
	}
	page := t.root
	for nd := t.node(page); nd.kind() == innerNode; nd = t.node(page) {
		page = nd.child(nd.n() - 1)
	}
	return Cursor{t, page, t.node(page).n() - 1}
}

// settle moves from behind a leaf's end to the next leaf.
func (c *Cursor) settle() {
	if nd := c.t.node(c.page); c.i >= nd.n() {
		c.page, c.i = nd.next(), 0
	}
}

// Valid reports whether c stands at a key.
func (c *Cursor) Valid() bool { return c.page != 0 }

// Key is the key, good until the tree changes.
func (c *Cursor) Key() []byte { return c.t.keyAt(c.t.node(c.page), c.i) }

// Value is the key's value, good until the tree changes.
func (c *Cursor) Value() []byte { return c.t.valueAt(c.t.node(c.page), c.i) }

// Weight is the key's weight.
func (c *Cursor) Weight() int64 { return c.t.node(c.page).weight(c.i) }

// SetValue overwrites the key's value with one of the same length, at most 500 bytes; no
// cursor is void for that.
func (c *Cursor) SetValue(v []byte) {
	old, ref := c.t.node(c.page).value(c.i)
	if ref != 0 || len(old) != len(v) {
		panic("state: a value of another length")
	}
	c.t.p.MarkPage(c.page)
	copy(old, v)
}

// Next moves to the next key.
func (c *Cursor) Next() {
	c.i++
	c.settle()
}

// Prev moves to the key before.
func (c *Cursor) Prev() {
	if c.i--; c.i >= 0 {
		return
	}
	if c.page = c.t.node(c.page).prev(); c.page != 0 {
		c.i = c.t.node(c.page).n() - 1
	}
}

// Ascend walks the keys from one on (nil: the first) up to another, not included (nil:
// the end). Slices are good until the loop's body ends; it must not change the tree.
func (t *Ordered) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		for c := t.Seek(from); c.Valid(); c.Next() {
			if k := c.Key(); to != nil && bytes.Compare(k, to) >= 0 || !yield(k, c.Value()) {
				return
			}
		}
	}
}

// Descend walks back the keys below one (nil: all) down to another, included (nil: the
// first), as Ascend.
func (t *Ordered) Descend(below, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		for c := t.SeekBefore(below); c.Valid(); c.Prev() {
			if k := c.Key(); to != nil && bytes.Compare(k, to) < 0 || !yield(k, c.Value()) {
				return
			}
		}
	}
}
