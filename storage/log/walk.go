package log

// walker goes from record to record and checks each block, each record's extent and
// the chain.
type walker struct {
	in     *scanner
	next   uint64 // number of the record that must come
	hash   uint64 // chain value of the record before, if linked
	linked bool
	// Of the record at which the last step was, whole or not: its place, and what its
	// first block says.
	at      int
	atBlock uint32
	head    recordHeader
}

// recordHeader is what a record's first block says about it.
type recordHeader struct {
	header
	prev   uint64
	length uint64 // of the frames
	frames uint32
}

// decodeRecord reads a record's head from its first block; ok is false when the lengths
// do not agree.
func decodeRecord(h header, b []byte) (r recordHeader, ok bool) {
	p := b[blockHead:]
	r = recordHeader{header: h, prev: le.Uint64(p), length: le.Uint64(p[8:]), frames: le.Uint32(p[16:])}
	room := uint64(h.count)*payload - recordHead
	return r, r.length <= room && blocksFor(r.length) == uint64(h.count) && uint64(r.frames) <= r.length/frameHead
}

// step reads one record and hands the payload of each of its blocks to sink, if there
// is one. It returns false, with the scanner somewhere behind it, when record next is
// not whole since blocks of it are old: the end of the log, or a hole.
func (w *walker) step(sink func(b []byte)) (whole bool, err error) {
	w.at, w.atBlock = w.in.place()
	w.head = recordHeader{}
	b, seg, block, err := w.in.next()
	if b == nil {
		return false, err
	}
	h, c := inspect(b)
	switch {
	case c.old(h, w.next):
		return false, nil
	case c == blockBad:
		return false, corrupt(seg.name, block, "checksum mismatch where record %d begins", w.next)
	case h.number != w.next || h.index != 0:
		return false, corrupt(seg.name, block, "block %d of record %d stands where record %d begins", h.index, h.number, w.next)
	case uint64(h.count-1) > w.in.left():
		return false, corrupt(seg.name, block, "record %d has %d blocks, the log ends after %d of them", h.number, h.count, w.in.left()+1)
	}
	head, ok := decodeRecord(h, b)
	if !ok {
		return false, corrupt(seg.name, block, "the lengths in the head of record %d do not agree", h.number)
	}
	w.head = head
	hash := chain(0, b)
	if sink != nil {
		sink(b[blockHead:])
	}
	if whole, err = w.rest(&hash, sink); !whole {
		return false, err
	}
	if w.linked && head.prev != w.hash {
		return false, corrupt(seg.name, block, "record %d does not follow from record %d: the history forks", h.number, h.number-1)
	}
	w.hash, w.linked = hash, true
	w.next++
	return true, nil
}

// rest reads the blocks of the record behind its first one. All of them are looked at
// even when one is old: a bad one says more.
func (w *walker) rest(hash *uint64, sink func(b []byte)) (whole bool, err error) {
	whole = true
	for i := uint32(1); i < w.head.count; i++ {
		b, seg, block, err := w.in.next()
		if err != nil {
			return false, err
		}
		h, c := inspect(b)
		want := w.head.header
		want.index = i
		switch {
		case c.old(h, w.next):
			whole = false
			continue
		case c == blockBad:
			return false, corrupt(seg.name, block, "checksum mismatch in block %d of record %d", i, w.next)
		case h != want:
			return false, corrupt(seg.name, block, "block %d of %d of record %d stands where block %d of %d of record %d belongs",
				h.index, h.count, h.number, i, w.head.count, w.next)
		}
		*hash = chain(*hash, b)
		if sink != nil {
			sink(b[blockHead:])
		}
	}
	return whole, nil
}

// begin finds out which record comes first and stands before it. A log that has been
// trimmed may begin in the middle of a record: its blocks are checked and skipped.
func (w *walker) begin(head segmentHead) error {
	first := w.in.segs[0]
	if first.index == 1 {
		// Nothing has been trimmed: the log begins with its first record, or is empty.
		w.next, w.hash, w.linked = head.base+1, head.identity, true
		return nil
	}
	b, seg, block, err := w.in.next()
	if err != nil {
		return err
	}
	h, c := inspect(b)
	switch {
	case c == blockBad:
		return corrupt(seg.name, block, "checksum mismatch")
	case c.old(h, head.base+1):
		return corrupt(seg.name, block, "the first segment holds no record")
	case h.index == 0:
		w.next = h.number
		w.in.seek(0, firstBlock)
		return nil
	}
	w.next = h.number
	for want := h; want.index+1 < h.count; {
		want.index++
		b, seg, block, err := w.in.next()
		if err != nil {
			return err
		}
		if b == nil {
			return corrupt(first.name, first.blocks, "record %d does not end", h.number)
		}
		if got, c := inspect(b); c != blockGood || got != want {
			return corrupt(seg.name, block, "block %d of record %d is not there", want.index, h.number)
		}
	}
	w.next = h.number + 1
	return nil
}
