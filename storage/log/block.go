package log

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

const (
	blockSize = 512
	blockHead = 24
	payload   = blockSize - blockHead
	// recordHead are the bytes of a record before its first frame, frameHead those of
	// a frame before its body.
	recordHead = 24
	frameHead  = 8
	frameAlign = 8
)

const (
	flagRelaxed  = 1
	flagFloating = 2
	flagsKnown   = flagRelaxed | flagFloating
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	zeroBlock  [blockSize]byte
	le         = binary.LittleEndian
)

// header is what stands in front of a block's payload.
type header struct {
	number       uint64
	index, count uint32
	flags        uint8
}

// seal writes the header in front of a block whose payload is in place.
func (h header) seal(b []byte) {
	le.PutUint32(b[4:], h.count)
	le.PutUint64(b[8:], h.number)
	le.PutUint32(b[16:], h.index)
	le.PutUint32(b[20:], uint32(h.flags))
	le.PutUint32(b, crc32.Checksum(b[4:blockSize], castagnoli))
}

// condition is what a block tells by itself.
type condition uint8

const (
	blockZero condition = iota // never written since the file was made
	blockGood                  // the block of a record
	blockBad                   // neither
)

// inspect reads a block's header. The block of a good checksum whose header no release
// of this format could have written is bad, too.
func inspect(b []byte) (header, condition) {
	b = b[:blockSize]
	sum := le.Uint32(b)
	if sum == 0 && [blockSize]byte(b) == zeroBlock {
		return header{}, blockZero
	}
	if crc32.Checksum(b[4:], castagnoli) != sum {
		return header{}, blockBad
	}
	h := header{number: le.Uint64(b[8:]), index: le.Uint32(b[16:]), count: le.Uint32(b[4:]), flags: b[20]}
	if h.number == 0 || h.index >= h.count || h.flags&^flagsKnown != 0 || le.Uint32(b[20:])>>8 != 0 {
		return header{}, blockBad
	}
	return h, blockGood
}

// old says whether the block has not been written since record n-1 was the last one.
func (c condition) old(h header, n uint64) bool {
	return c == blockZero || c == blockGood && h.number < n
}

// chain adds a sealed block to the chain value of the blocks before it: folded 128-bit
// products of 16 bytes at a time, as in the wyhash family (public domain). It tells
// histories apart; it is no protection against forgery.
func chain(h uint64, b []byte) uint64 {
	b = b[:blockSize]
	for i := 0; i < blockSize; i += 16 {
		hi, lo := bits.Mul64(le.Uint64(b[i:])^0xa0761d6478bd642f^h, le.Uint64(b[i+8:])^0xe7037ed1a0b428db)
		h = bits.RotateLeft64(h, 29) ^ hi ^ lo
	}
	return h
}

// blocksFor returns how many blocks a record needs whose frames take length bytes.
func blocksFor(length uint64) uint64 {
	return (recordHead + length + payload - 1) / payload
}

// framed returns the bytes that a frame with a body of n bytes takes in a record.
func framed(n uint64) uint64 {
	return frameHead + (n+frameAlign-1)/frameAlign*frameAlign
}
