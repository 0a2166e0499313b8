package forest

// Sum adds the values of the leaves of all trees, in their order, to sums: a block of rows for each sum of the
// forest, one behind the other. It needs Ask before, and a forest whose sums are float64. What stands behind the
// last row becomes any number.
func (f *Forest) Sum(r *Rows, sums []float64) { sum(f, r, f.values, sums) }

// SumSingle is Sum of a forest whose sums are float32, rounded after every tree.
func (f *Forest) SumSingle(r *Rows, sums []float32) { sum(f, r, f.singles, sums) }

func sum[T float32 | float64](f *Forest, r *Rows, values []T, sums []T) {
	for i := range f.trees {
		t := &f.trees[i]
		if f.find(t, r) {
			for k := range t.sums {
				gather((*[smallLeaves]T)(values[t.value+k*t.leaves:]), (*[Block]T)(sums[(t.out+k)*Block:]), &r.bytes, r.n)
			}
			continue
		}
		f.widely(t, r)
		for k := range t.sums {
			of, to := values[t.value+k*t.leaves:][:t.leaves], (*[Block]T)(sums[(t.out+k)*Block:])
			for row, leaf := range r.wide[:r.n] {
				to[row] += of[leaf]
			}
		}
	}
}

// gather adds the values of leaves whose numbers are bytes.
func gather[T float32 | float64](values *[smallLeaves]T, sums *[Block]T, leaves *[8]uint64, rows int) {
	for i, w := range leaves[:(rows+7)/8] {
		to := (*[8]T)(sums[8*i:])
		to[0] += values[uint8(w)]
		to[1] += values[uint8(w>>8)]
		to[2] += values[uint8(w>>16)]
		to[3] += values[uint8(w>>24)]
		to[4] += values[uint8(w>>32)]
		to[5] += values[uint8(w>>40)]
		to[6] += values[uint8(w>>48)]
		to[7] += values[uint8(w>>56)]
	}
}

// Leaves sets the numbers of the leaves in which the rows are of one tree. It needs Ask before.
func (f *Forest) Leaves(r *Rows, tree int) *[Block]uint32 {
	if t := &f.trees[tree]; f.find(t, r) {
		for row := range r.wide {
			r.wide[row] = uint32(uint8(r.bytes[row/8] >> (row % 8 * 8)))
		}
	} else {
		f.widely(t, r)
	}
	return &r.wide
}
