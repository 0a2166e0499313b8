package state

// Before is the weight of the keys below one.
func (t *Ordered) Before(key []byte) int64 {
	if t.root == 0 {
		return 0
	}
	leaf := t.leaf(key)
	w := int64(0)
	for _, up := range t.path {
		if up.i >= 0 {
			w += t.node(up.page).before(up.i)
		}
	}
	i, _ := t.search(t.node(leaf), key)
	return w + t.node(leaf).before(i)
}

// At stands at the key that holds place n, counted from 0 by weights, and returns how much
// of the key's weight stands before that place. No key holds a place below 0 or from
// Weight on. Weights are above 0.
func (t *Ordered) At(n int64) (c Cursor, within int64) {
	if n < 0 || n >= t.sum {
		return Cursor{t: t}, 0
	}
	page := t.root
	for nd := t.node(page); nd.kind() == innerNode; nd = t.node(page) {
		i, w := -1, nd.weight(-1)
		for n >= w {
			n -= w
			i++
			w = nd.weight(i)
		}
		page = nd.child(i)
	}
	nd, i := t.node(page), 0
	for ; n >= nd.weight(i); i++ {
		n -= nd.weight(i)
	}
	return Cursor{t, page, i}, n
}

// AfterPrefix appends the least key above all that begin with a prefix; nil: there is none.
func AfterPrefix(dst, prefix []byte) []byte {
	n := len(prefix)
	for n > 0 && prefix[n-1] == 0xff {
		n--
	}
	if n == 0 {
		return nil
	}
	dst = append(dst, prefix[:n]...)
	dst[len(dst)-1]++
	return dst
}
