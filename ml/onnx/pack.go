package onnx

// small is how many nodes a pack and how many features a row of a packed tree has: as many as a
// byte tells apart, so that nothing of it needs a check of bounds.
const small = 256

// pack is the nodes of some small trees, each part of a node beside its like. The right side of a
// branch stands behind its left one, and a leaf leads to itself.
type pack[T float32 | float64] struct {
	keys     [small]T // of leaves the weights
	features [small]uint8
	left     [small]uint8
	used     int
}

// copied puts what is below a node into a pack, and gives the place of its root; false: it has no
// room for it. A pack that had no room is not to be used.
func (p *pack[T]) copied(nodes []branch[T], root int32) (uint8, bool) {
	if p.used >= small {
		return 0, false
	}
	first := p.used
	from := []int32{root} // the nodes at first and behind
	p.used++
	for i := 0; i < len(from); i++ {
		n, at := &nodes[from[i]], first+i
		p.keys[at], p.features[at], p.left[at] = n.threshold, uint8(n.feature), uint8(at)
		if n.sides[0] == from[i] {
			if p.keys[at] != p.keys[at] {
				return 0, false
			}
			continue
		}
		if p.used+2 > small {
			return 0, false
		}
		p.left[at] = uint8(p.used)
		from = append(from, n.sides[0], n.sides[1])
		p.used += 2
	}
	return uint8(first), true
}

// packed puts small trees into packs, and says of each where its root is.
func (f *forest[T]) packed() {
	f.packs, f.starts = make([]*pack[T], len(f.roots)), make([]uint8, len(f.roots))
	if f.stride() > small || !f.single {
		return
	}
	p := &pack[T]{}
	for i, root := range f.roots {
		before := *p
		start, ok := p.copied(f.nodes, root)
		if !ok && before.used > 0 { // an empty pack may have the room
			*p = before
			p = &pack[T]{}
			start, ok = p.copied(f.nodes, root)
		}
		if !ok {
			*p = pack[T]{}
			continue
		}
		f.packs[i], f.starts[i] = p, start
	}
}

// eight are the leaves of eight rows, whose walks go side by side, so that one need not wait for
// another's memory. A row that has reached its leaf stays there. Behind the rows x has room.
func (p *pack[T]) eight(root uint8, x []T, stride int) [8]uint8 {
	x0, x1, x2, x3 := (*[small]T)(x), (*[small]T)(x[stride:]), (*[small]T)(x[2*stride:]), (*[small]T)(x[3*stride:])
	x4, x5, x6, x7 := (*[small]T)(x[4*stride:]), (*[small]T)(x[5*stride:]), (*[small]T)(x[6*stride:]), (*[small]T)(x[7*stride:])
	a, b, c, d, e, f, g, h := root, root, root, root, root, root, root, root
	for {
		fa, fb, fc, fd := p.features[a], p.features[b], p.features[c], p.features[d]
		fe, ff, fg, fh := p.features[e], p.features[f], p.features[g], p.features[h]
		if fa|fb|fc|fd|fe|ff|fg|fh == lowest {
			return [8]uint8{a, b, c, d, e, f, g, h}
		}
		a = p.left[a] + beyond(x0[fa], p.keys[a])
		b = p.left[b] + beyond(x1[fb], p.keys[b])
		c = p.left[c] + beyond(x2[fc], p.keys[c])
		d = p.left[d] + beyond(x3[fd], p.keys[d])
		e = p.left[e] + beyond(x4[fe], p.keys[e])
		f = p.left[f] + beyond(x5[ff], p.keys[f])
		g = p.left[g] + beyond(x6[fg], p.keys[g])
		h = p.left[h] + beyond(x7[fh], p.keys[h])
	}
}

// beyond is 1 where x ≤ key does not hold, as of NaN, else 0.
func beyond[T float32 | float64](x, key T) uint8 {
	if x <= key {
		return 0
	}
	return 1
}
