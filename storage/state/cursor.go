package state

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
