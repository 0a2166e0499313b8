package table

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// Every blob is: magic "MRSG", format number, what it holds, the body, and CRC-32C of all
// of it. Integers are little-endian.
const (
	magic         = "MRSG"
	formatNumber  = 2
	profilesSince = 2 // the format in which columns have profiles
	blobSegment   = 1 // a sealed segment, written once
	blobState     = 2 // everything else of a store
	blobHead      = 8
	maxBlobValues = 1 << 32 // bytes of the strings of one column
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func beginBlob(dst []byte, kind byte) []byte {
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint16(dst, formatNumber)
	return append(dst, kind, 0)
}

// sealBlob appends the checksum of the blob that begins at from.
func sealBlob(dst []byte, from int) []byte {
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[from:], castagnoli))
}

// openBlob checks a blob's frame and gives its body to read.
func openBlob(b []byte, kind byte) (*reader, error) {
	if len(b) < blobHead+4 {
		return nil, corrupt("%d bytes are too few", len(b))
	}
	if string(b[:4]) != magic {
		return nil, corrupt("magic number is wrong")
	}
	f := binary.LittleEndian.Uint16(b[4:])
	if f == 0 || f > formatNumber {
		return nil, corrupt("format %d is not known", f)
	}
	if b[6] != kind {
		return nil, corrupt("it holds kind %d, not %d", b[6], kind)
	}
	end := len(b) - 4
	if crc32.Checksum(b[:end], castagnoli) != binary.LittleEndian.Uint32(b[end:]) {
		return nil, corrupt("checksum does not match")
	}
	return &reader{b: b[blobHead:end], format: f}, nil
}

func putUint(dst []byte, x uint64) []byte { return binary.AppendUvarint(dst, x) }
func putInt(dst []byte, x int64) []byte   { return binary.AppendVarint(dst, x) }
func putBytes(dst, b []byte) []byte       { return append(putUint(dst, uint64(len(b))), b...) }
func putWords(dst []byte, w []uint64) []byte {
	dst = putUint(dst, uint64(len(w)))
	for _, x := range w {
		dst = binary.LittleEndian.AppendUint64(dst, x)
	}
	return dst
}

// reader takes a body apart. The first thing wrong ends it: everything after is zero.
type reader struct {
	b      []byte
	format uint16
	err    error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = corrupt(format, args...)
	}
	r.b = nil
}

func (r *reader) uint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("a number is cut off")
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) int() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail("a number is cut off")
		return 0
	}
	r.b = r.b[n:]
	return x
}

// count is a number of at most limit.
func (r *reader) count(limit int, what string) int {
	x := r.uint()
	if x > uint64(limit) {
		r.fail("%d %s are too many", x, what)
		return 0
	}
	return int(x)
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail("a byte is cut off")
		return 0
	}
	x := r.b[0]
	r.b = r.b[1:]
	return x
}

// take is the next n bytes, which belong to the blob.
func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail("%d bytes are cut off", n)
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) bytes() []byte { return append([]byte(nil), r.take(r.uint())...) }

func (r *reader) fixed(n int) uint64 {
	var x [8]byte
	copy(x[:n], r.take(uint64(n)))
	return binary.LittleEndian.Uint64(x[:])
}

func (r *reader) words() []uint64 {
	n := r.uint()
	if n > uint64(len(r.b)/8) {
		r.fail("%d words are cut off", n)
		return nil
	}
	w := make([]uint64, n)
	for i := range w {
		w[i] = r.fixed(8)
	}
	return w
}

// wordsOf is a list of words whose length is known.
func (r *reader) wordsOf(n int) []uint64 {
	w := r.words()
	if len(w) != n {
		r.fail("%d words stand where %d belong", len(w), n)
		return make([]uint64, n)
	}
	return w
}

func putBitmap(dst []byte, b *roaring.Bitmap) []byte {
	if b == nil || b.IsEmpty() {
		return putBytes(dst, nil)
	}
	enc, err := b.ToBytes()
	if err != nil {
		panic(err) // writing to memory does not fail
	}
	return putBytes(dst, enc)
}

// bitmap is a set of slots below n, nil when it is empty.
func (r *reader) bitmap(n int) *roaring.Bitmap {
	enc := r.bytes()
	if len(enc) == 0 {
		return nil
	}
	b := roaring.New()
	if err := b.UnmarshalBinary(enc); err != nil {
		r.fail("set of deaths: %v", err)
		return nil
	}
	if err := b.Validate(); err != nil || b.IsEmpty() || b.Maximum() >= uint32(max(n, 0)) {
		r.fail("set of deaths is not one of %d rows", n)
		return nil
	}
	return b
}

func putPacked(dst []byte, p *packed) []byte {
	dst = putUint(dst, uint64(p.n))
	for _, f := range p.frames {
		dst = binary.LittleEndian.AppendUint64(dst, f.base)
		dst = putInt(dst, int64(f.slope))
		dst = append(dst, f.width)
	}
	return putWords(dst, p.words)
}

// packed is n packed integers.
func (r *reader) packed(n int) *packed {
	p := &packed{n: r.count(maxRows, "integers")}
	if p.n != n {
		r.fail("%d integers stand where %d belong", p.n, n)
	}
	at := 0
	for lo := 0; lo < p.n && r.err == nil; lo += packBlock {
		f := frame{base: r.fixed(8), slope: uint64(r.int()), width: r.byte(), at: uint32(at)}
		if f.width > 64 {
			r.fail("integers of %d bits", f.width)
		}
		at += (min(packBlock, p.n-lo)*int(f.width) + 63) / 64
		p.frames = append(p.frames, f)
	}
	p.words = r.wordsOf(at + 1)
	return p
}

func floatBits(v []float64) []uint64 {
	w := make([]uint64, len(v))
	for i, x := range v {
		w[i] = math.Float64bits(x)
	}
	return w
}
