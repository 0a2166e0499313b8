package log

// span is a run of blocks [from, to) in one segment.
type span struct {
	segment  int
	from, to uint32
}

// remains are what lies behind the place where record n would begin or is not whole.
type remains struct {
	cut    []span // all that is not old, to be overwritten before record n is written
	extent uint64 // blocks of record n, if one of them is there
	// The first bad block, and how far behind the place it is.
	bad      *segment
	badBlock uint32
	badAt    uint64
	// The first block of record n that is not where it must be: its index and place.
	stray      *segment
	strayBlock uint32
	strayIndex uint32
	strayAt    uint64
	// The first later record that was written when record n was durable.
	proof   *segment
	proofOf uint64
}

// survey looks at everything behind a place.
func survey(in *scanner, at int, atBlock uint32, n uint64) (r remains, err error) {
	in.seek(at, atBlock)
	for k := uint64(0); ; k++ {
		b, seg, block, err := in.next()
		if b == nil {
			return r, err
		}
		h, c := inspect(b)
		if c.old(h, n) {
			continue
		}
		r.cut = addBlock(r.cut, in.i, block)
		switch {
		case c == blockBad:
			if r.bad == nil {
				r.bad, r.badBlock, r.badAt = seg, block, k
			}
		case h.number > n:
			if r.proof == nil && h.flags&flagFloating == 0 {
				r.proof, r.proofOf = seg, h.number
			}
		case uint64(h.index) != k:
			if r.stray == nil {
				r.stray, r.strayBlock, r.strayIndex, r.strayAt = seg, block, h.index, k
			}
		default:
			r.extent = uint64(h.count)
		}
	}
}

// tail decides whether the log ends at a place, and returns the spans that must be
// overwritten then. It is an error when something proves that record n was
// acknowledged, or when it may have been.
func tail(in *scanner, at int, atBlock uint32, n uint64) (cut []span, err error) {
	r, err := survey(in, at, atBlock, n)
	switch {
	case err != nil:
		return nil, err
	case r.proof != nil:
		return nil, corrupt(in.segs[at].name, atBlock,
			"record %d is not whole, and was: record %d follows in file %q", n, r.proofOf, r.proof.name)
	case r.stray != nil:
		return nil, corrupt(r.stray.name, r.strayBlock, "block %d of record %d stands where its block %d belongs", r.strayIndex, n, r.strayAt)
	case r.bad != nil && r.badAt < r.extent:
		return nil, corrupt(r.bad.name, r.badBlock, "checksum mismatch in block %d of record %d", r.badAt, n)
	}
	return r.cut, nil
}

// addBlock adds a block to the last span or begins another one: one a segment, since
// the old blocks between may be overwritten as well.
func addBlock(spans []span, segment int, block uint32) []span {
	if last := len(spans) - 1; last >= 0 && spans[last].segment == segment {
		spans[last].to = block + 1
		return spans
	}
	return append(spans, span{segment: segment, from: block, to: block + 1})
}
