package log

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/storage/disk"
)

const (
	segmentMagic  = "MLRLOG\r\n"
	segmentFormat = 1
	segmentSuffix = ".seg"
	tmpSuffix     = ".tmp"
	// firstBlock is where a segment's records begin: block 0 is its head.
	firstBlock = 1
)

// segment is one open segment file.
type segment struct {
	file   disk.File
	name   string // path in the data folder
	index  uint64 // place in the order of segments
	blocks uint32 // in the file, with block 0
	head   segmentHead

	// The first record that begins in this segment and is whole: its number and its
	// first block. Zero: none.
	first   uint64
	firstAt uint32
}

// segmentHead is what block 0 says about the log.
type segmentHead struct {
	identity uint64
	base     uint64
}

// place is a block of the log. At the end of a segment block may be the number of its
// blocks, which is the first block of the next one.
type place struct {
	segment uint64
	block   uint32
}

func segmentName(dir string, index uint64) string {
	return path.Join(dir, fmt.Sprintf("%016x%s", index, segmentSuffix))
}

// segmentIndex reads a segment's number from a name in the log's folder.
func segmentIndex(name string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(hex) != 16 || strings.ToLower(hex) != hex {
		return 0, false
	}
	index, err := strconv.ParseUint(hex, 16, 64)
	return index, err == nil && index > 0
}

func (h segmentHead) encode(blocks uint32) []byte {
	b := make([]byte, blockSize)
	copy(b, segmentMagic)
	le.PutUint32(b[8:], segmentFormat)
	le.PutUint32(b[16:], blocks)
	le.PutUint64(b[24:], h.identity)
	le.PutUint64(b[32:], h.base)
	le.PutUint32(b[12:], crc32.Checksum(b, castagnoli))
	return b
}

// makeSegment makes a segment file under a name that Open would remove: allocated,
// with its head, durable. With zero it is written once, since a short sync that must turn
// allocated into written blocks costs several times one that need not.
func makeSegment(fsys disk.FS, name string, blocks uint32, head segmentHead, zero bool) (s *segment, err error) {
	if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := fsys.Create(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), fsys.Remove(name))
		}
	}()
	if err := f.Allocate(int64(blocks) * blockSize); err != nil {
		return nil, err
	}
	if zero {
		if err := writeZeros(f, firstBlock, blocks); err != nil {
			return nil, err
		}
	}
	if _, err := f.WriteAt(head.encode(blocks), 0); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	return &segment{file: f, name: name, blocks: blocks, head: head}, nil
}

// writeZeros overwrites the blocks [from, to).
func writeZeros(f disk.File, from, to uint32) error {
	z := make([]byte, min(to-from, 2048)*blockSize)
	for from < to {
		n := min(to-from, uint32(len(z)/blockSize))
		if _, err := f.WriteAt(z[:n*blockSize], int64(from)*blockSize); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// openSegment opens the segment of an index and checks its head.
func openSegment(fsys disk.FS, dir string, index uint64) (s *segment, err error) {
	name := segmentName(dir, index)
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, blockSize)
	if _, err := f.ReadAt(b, 0); err != nil {
		return nil, readError(name, 0, err)
	}
	head, blocks, err := decodeHead(name, b)
	if err != nil {
		return nil, err
	}
	if have := size / blockSize; have < int64(blocks) {
		return nil, corrupt(name, uint32(have), "the file ends there, its head says after %d bytes", int64(blocks)*blockSize)
	}
	return &segment{file: f, name: name, index: index, blocks: blocks, head: head}, nil
}

func decodeHead(name string, b []byte) (segmentHead, uint32, error) {
	sum := le.Uint32(b[12:])
	le.PutUint32(b[12:], 0)
	switch {
	case string(b[:8]) != segmentMagic:
		return segmentHead{}, 0, corrupt(name, 0, "it does not begin with %q", segmentMagic)
	case crc32.Checksum(b, castagnoli) != sum:
		return segmentHead{}, 0, corrupt(name, 0, "checksum mismatch in the head")
	}
	if format := le.Uint32(b[8:]); format != segmentFormat {
		return segmentHead{}, 0, disk.NewerFormat(name, format, segmentFormat)
	}
	blocks := le.Uint32(b[16:])
	if blocks < 2 {
		return segmentHead{}, 0, corrupt(name, 0, "a segment of %d blocks", blocks)
	}
	return segmentHead{identity: le.Uint64(b[24:]), base: le.Uint64(b[32:])}, blocks, nil
}
