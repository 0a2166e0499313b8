package forest

// walk sets the leaf numbers of a tree of any size: all rows take a step, and then those that are at no leaf
// yet the next. What one waits for from memory others need not wait for.
func (f *Forest) walk(t *tree, r *Rows) {
	nodes, left := f.of(t), r.n
	for i := range left {
		r.wide[i], r.active[i] = 0, uint8(i)
	}
	for left > 0 {
		kept := 0
		for _, row := range r.active[:left] {
			row %= Block
			n := &nodes[r.wide[row]]
			r.active[kept] = row
			if n.column == leafColumn {
				r.wide[row] = uint32(n.key)
				continue
			}
			r.wide[row] = n.next + f.right(n, r, int(row))
			kept++
		}
		left = kept
	}
}

// right is 1 where a row goes right at a split, else 0.
func (f *Forest) right(n *node, r *Rows, row int) uint32 {
	x := r.numbers[int(n.at())*Block+row]
	missing := n.column / missingRight & 1 // to be subtracted, so that Missing becomes more than all keys
	if n.column&ofSet == 0 {
		return greater(x-uint64(missing), n.key-uint64(missing))
	}
	if x == Missing {
		return missing
	}
	keys := f.sets[n.key]
	low, high := 0, len(keys)
	for low < high {
		if mid := (low + high) / 2; x > keys[mid] {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return uint32(low & 1)
}

func greater(a, b uint64) uint32 {
	if a > b {
		return 1
	}
	return 0
}

// levels sets the leaf numbers of an oblivious tree of any depth.
func (f *Forest) levels(t *tree, r *Rows) {
	clear(r.wide[:])
	for i, s := range f.steps[t.step:][:t.n] {
		plane := r.planes[s.plane]
		for row := range r.wide {
			r.wide[row] |= uint32(plane>>(row&63)&1) << (i & 31)
		}
	}
}

// widely sets the leaf numbers of a tree that has too many for a byte.
func (f *Forest) widely(t *tree, r *Rows) {
	if t.form == oblivious {
		f.levels(t, r)
	} else {
		f.walk(t, r)
	}
}
