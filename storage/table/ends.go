package table

// ends are versions that a change ends, by their segments, so that a column of a segment is
// looked at once for all of them. Their memory lasts from change to change.
type ends struct {
	list []segmentEnds
	n    int
}

// segmentEnds are the versions of one segment: their slots, and the rows of the change that
// end them.
type segmentEnds struct {
	g           *segment
	slots, rows []uint32
}

func (x *ends) add(g *segment, slot, row uint32) {
	if g.ends >= x.n || x.list[g.ends].g != g {
		if g.ends = x.n; x.n == len(x.list) {
			x.list = append(x.list, segmentEnds{})
		}
		at := &x.list[x.n]
		at.g, at.slots, at.rows = g, at.slots[:0], at.rows[:0]
		x.n++
	}
	at := &x.list[g.ends]
	at.slots, at.rows = append(at.slots, slot), append(at.rows, row)
}

// drop takes the version at a place out again, and puts the last in it.
func (x *segmentEnds) drop(at int) {
	n := len(x.slots) - 1
	x.slots[at], x.rows[at] = x.slots[n], x.rows[n]
	x.slots, x.rows = x.slots[:n], x.rows[:n]
}

func (x *ends) all() []segmentEnds { return x.list[:x.n] }

// reset lets go of the segments.
func (x *ends) reset() {
	for i := range x.all() {
		x.list[i].g = nil
	}
	x.n = 0
}
