package trees

// oblivious is trees that ask all rows of a level the same, as CatBoost grows them: what they
// answer, a bit a level, is the number of the row's leaf.
type oblivious struct {
	trees  []obliviousTree
	splits []node    // of all trees, from the lowest bit on
	values []float64 // of all trees, by leaf and by sum
	covers []float64 // of all trees, by leaf
	outs   int
}

// obliviousTree is where a tree's parts are among those of all.
type obliviousTree struct {
	split, depth  int
	value, covers int
}

// leaves is how many a tree has.
func (t *obliviousTree) leaves() int { return 1 << t.depth }

func (o *oblivious) sum(x []int64, rows int, sums []float64, outs int) {
	var leaves [block]uint32
	for i := range o.trees {
		t := &o.trees[i]
		clear(leaves[:])
		for level, s := range o.splits[t.split : t.split+t.depth] {
			for r, v := range x[s.slot*block:][:rows] {
				leaves[r%block] |= greater(v, s.key) << level
			}
		}
		values := o.values[t.value : t.value+t.leaves()*outs]
		for r, leaf := range leaves[:rows] {
			for k := range outs {
				sums[r*outs+k] += values[int(leaf)*outs+k]
			}
		}
	}
}

func (o *oblivious) cost() float64 { return float64(len(o.splits)) + 2*float64(len(o.trees)*o.outs) }

// paths has a tree for each tree and sum, whose root is the last of its splits.
func (o *oblivious) paths() *forest {
	f := &forest{limit: 1 << 62}
	for i := range o.trees {
		t := &o.trees[i]
		splits := t.leaves() - 1
		for out := range o.outs {
			branches := make([]branch, splits+t.leaves())
			for leaf := range t.leaves() {
				branches[splits+leaf] = branch{left: -1, value: o.values[t.value+leaf*o.outs+out], cover: o.covers[t.covers+leaf]}
			}
			for at := splits - 1; at >= 0; at-- {
				level, left, right := levelOf(at), 2*at+1, 2*at+2
				s := o.splits[t.split+t.depth-1-level]
				branches[at] = number(s.slot, s.key, int32(left), int32(right))
				branches[at].cover = branches[left].cover + branches[right].cover
			}
			if err := f.add(branches, out); err != nil {
				panic(err) // the tree was made here
			}
		}
	}
	f.packed()
	return f
}
