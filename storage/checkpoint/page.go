package checkpoint

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/klauspost/compress/s2"

	"github.com/millracedb/millrace/storage/pool"
)

// A page file begins with a head of 16 bytes: magic, format u32, zero u32. A record is a
// page: number u32, length of its data u32, CRC-32C u32 of the eight bytes before it and
// of the data, then the data: the page compressed by s2, or as it is when that is not
// shorter. Little-endian.
const (
	pageMagic  = "MRPAGES\n"
	pageFormat = 1
	fileHead   = 16
	recordHead = 12
	maxRecord  = recordHead + pool.PageSize
	maxFile    = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendFileHead(dst []byte) []byte {
	dst = append(dst, pageMagic...)
	dst = binary.LittleEndian.AppendUint32(dst, pageFormat)
	return append(dst, 0, 0, 0, 0)
}

// appendRecord appends a page's record; scratch is room for s2.MaxEncodedLen of a page.
func appendRecord(dst []byte, page uint32, content, scratch []byte) []byte {
	data := s2.Encode(scratch, content)
	if len(data) >= len(content) {
		data = content
	}
	from := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, page)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(data)))
	sum := crc32.Update(crc32.Checksum(dst[from:], castagnoli), castagnoli, data)
	dst = binary.LittleEndian.AppendUint32(dst, sum)
	return append(dst, data...)
}

// decodeRecord checks that rec is the record of a page and puts its content into dst,
// which is a page long.
func decodeRecord(dst []byte, page uint32, rec []byte) error {
	if len(rec) < recordHead || len(rec) > maxRecord {
		return errors.New("a page's record of impossible length")
	}
	data := rec[recordHead:]
	sum := crc32.Update(crc32.Checksum(rec[:8], castagnoli), castagnoli, data)
	switch {
	case sum != binary.LittleEndian.Uint32(rec[8:]):
		return errors.New("checksum mismatch")
	case binary.LittleEndian.Uint32(rec) != page:
		return errors.New("the record is another page's")
	case int(binary.LittleEndian.Uint32(rec[4:])) != len(data):
		return errors.New("the record has another length")
	case len(data) == pool.PageSize:
		copy(dst, data)
		return nil
	}
	if n, err := s2.DecodedLen(data); err != nil || n != pool.PageSize {
		return errors.New("the record is not a compressed page")
	}
	if _, err := s2.Decode(dst, data); err != nil {
		return errors.New("the record is not a compressed page")
	}
	return nil
}
