package trees

import "math"

// small is how many nodes and slots a pack has: as many as a byte tells apart, so that nothing of
// it needs a check of bounds.
const small = 256

// pack is the nodes of some small trees without sets, each part of a node beside its like.
type pack struct {
	keys  [small]int64
	slots [small]uint8
	next  [small]uint8
	used  int
}

// packed puts small trees into packs, and says of each where its root is.
func (f *forest) packed() {
	var p *pack
	for i := range f.trees {
		t := &f.trees[i]
		if !t.simple {
			continue
		}
		if p == nil || p.used+t.n > small {
			p = &pack{}
		}
		t.pack, t.root = p, uint8(p.used)
		for _, n := range f.of(t) {
			p.keys[p.used], p.slots[p.used], p.next[p.used] = n.key, uint8(n.slot), uint8(n.next)+t.root
			p.used++
		}
	}
}

// together is how many rows walk down a tree at once: while one waits for memory, others go on.
const together = 8

// sum adds what the trees say of rows, at most a block, to their sums, of which each row has outs.
// A slot's numbers of all rows stand side by side in x, those of the next a block behind them. As
// many rows answer as are a multiple of together, and all have slots, of whatever value.
func (f *forest) sum(x []int64, rows int, sums []float64, outs int) {
	for i := range f.trees {
		t := &f.trees[i]
		if t.pack == nil {
			for r := range rows {
				f.give(&sums[r*outs+t.out], f.find(t, x[r:]).leaf())
			}
			continue
		}
		p, table := t.pack, (*[small * block]int64)(x)
		for r := 0; r < rows; r += together {
			to := sums[r*outs+t.out:]
			for k, leaf := range p.walk(t.root, table, r) {
				f.give(&to[k*outs], math.Float64frombits(uint64(p.keys[leaf])))
			}
		}
	}
}

// give adds a leaf to a sum.
func (f *forest) give(sum *float64, leaf float64) {
	if *sum += leaf; f.single {
		*sum = float64(float32(*sum))
	}
}

// walk is the leaves of rows from one on. A row that is at its leaf stays there while others go on.
func (p *pack) walk(root uint8, x *[small * block]int64, row int) [together]uint8 {
	of := (*[(small-1)*block + together]int64)(x[row:])
	a, b, c, d, e, f, g, h := root, root, root, root, root, root, root, root
	for {
		sa, sb, sc, sd := p.slots[a], p.slots[b], p.slots[c], p.slots[d]
		se, sf, sg, sh := p.slots[e], p.slots[f], p.slots[g], p.slots[h]
		if sa|sb|sc|sd|se|sf|sg|sh == leafSlot {
			return [together]uint8{a, b, c, d, e, f, g, h}
		}
		a = p.next[a] + uint8(greater(of[int(sa)*block], p.keys[a]))
		b = p.next[b] + uint8(greater(of[int(sb)*block+1], p.keys[b]))
		c = p.next[c] + uint8(greater(of[int(sc)*block+2], p.keys[c]))
		d = p.next[d] + uint8(greater(of[int(sd)*block+3], p.keys[d]))
		e = p.next[e] + uint8(greater(of[int(se)*block+4], p.keys[e]))
		f = p.next[f] + uint8(greater(of[int(sf)*block+5], p.keys[f]))
		g = p.next[g] + uint8(greater(of[int(sg)*block+6], p.keys[g]))
		h = p.next[h] + uint8(greater(of[int(sh)*block+7], p.keys[h]))
	}
}

// find is the leaf of a row in a tree of any size, whose splits may ask for sets.
func (f *forest) find(t *tree, x []int64) *node {
	nodes, at := f.of(t), uint32(0)
	for {
		n := &nodes[at]
		if n.slot == leafSlot {
			return n
		}
		at = n.next + f.right(n, x)
	}
}

// right is 1 where a row goes right at a node, else 0.
func (f *forest) right(n *node, x []int64) uint32 {
	if n.slot&ofSet != 0 {
		return f.sets[n.key].has(x[n.slot&^ofSet*block])
	}
	return greater(x[n.slot*block], n.key)
}

func greater(a, b int64) uint32 {
	if a > b {
		return 1
	}
	return 0
}

// whole is how many rows walk where so many are wanted.
func whole(rows int) int { return (rows + together - 1) / together * together }

// ordered is an integer of a number that is no NaN, in the order of such numbers. Both zeros are
// one.
func ordered(x float64) int64 {
	b := int64(math.Float64bits(x + 0))
	return b ^ int64(uint64(b>>63)>>1)
}

// cost counts the steps of a tree of usual growth: in packs they take a nanosecond, others five.
func (f *forest) cost() (total float64) {
	for i := range f.trees {
		t := &f.trees[i]
		steps := 2 * math.Log2(float64(t.n)+1)
		if total += 1.2 * steps; t.pack == nil {
			total += 3.5 * steps
		}
	}
	return total
}

func (f *forest) paths() *forest { return f }
