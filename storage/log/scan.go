package log

// scanner reads the blocks of consecutive segments in order.
type scanner struct {
	segs  []*segment
	i     int    // segment of the next block
	block uint32 // the next block
	buf   []byte // blocks [lo, hi) of segment i
	lo    uint32
	hi    uint32
}

const scanBlocks = 512 // read at a time: 256 KB

func newScanner(segs []*segment) *scanner {
	s := &scanner{segs: segs, buf: make([]byte, scanBlocks*blockSize)}
	s.seek(0, firstBlock)
	return s
}

// seek moves to a block of the i-th segment.
func (s *scanner) seek(i int, block uint32) {
	s.i, s.block, s.lo, s.hi = i, block, 0, 0
}

// place returns where the next block is: at the end of all segments, behind the last.
func (s *scanner) place() (i int, block uint32) {
	if s.i < len(s.segs)-1 && s.block >= s.segs[s.i].blocks {
		return s.i + 1, firstBlock
	}
	return s.i, s.block
}

// left returns how many blocks there are from the next one to the end.
func (s *scanner) left() (n uint64) {
	for i := s.i; i < len(s.segs); i++ {
		n += uint64(s.segs[i].blocks - firstBlock)
	}
	if s.i < len(s.segs) {
		n -= uint64(s.block - firstBlock)
	}
	return n
}

// next returns the next block, which is valid until the next call, and where it is.
// At the end of the last segment the block is nil.
func (s *scanner) next() (b []byte, seg *segment, block uint32, err error) {
	if i, block := s.place(); i != s.i {
		s.seek(i, block)
	}
	if s.i >= len(s.segs) || s.block >= s.segs[s.i].blocks {
		return nil, nil, 0, nil
	}
	seg = s.segs[s.i]
	if s.block < s.lo || s.block >= s.hi {
		n := min(scanBlocks, seg.blocks-s.block)
		offset := int64(s.block) * blockSize
		if got, err := seg.file.ReadAt(s.buf[:n*blockSize], offset); got < int(n)*blockSize {
			return nil, nil, 0, readError(seg.name, offset+int64(got), err)
		}
		s.lo, s.hi = s.block, s.block+n
	}
	b = s.buf[(s.block-s.lo)*blockSize:][:blockSize]
	block = s.block
	s.block++
	return b, seg, block, nil
}
