package pgtext

import "encoding/binary"

// ParseUUID reads a uuid: 32 hexadecimal digits, a hyphen allowed behind each group of
// four, braces allowed around. The words are big-endian: hi holds the first eight bytes.
func ParseUUID[T Text](s T) (hi, lo uint64, err error) {
	in := s
	if len(s) > 1 && s[0] == '{' {
		if s[len(s)-1] != '}' {
			return 0, 0, invalidSyntax("uuid", in)
		}
		s = s[1 : len(s)-1]
	}
	i := 0
	for n := range 32 {
		if n > 0 && n%4 == 0 && i < len(s) && s[i] == '-' {
			i++
		}
		if i >= len(s) {
			return 0, 0, invalidSyntax("uuid", in)
		}
		d := HexValue(s[i])
		if d < 0 {
			return 0, 0, invalidSyntax("uuid", in)
		}
		i++
		if n < 16 {
			hi = hi<<4 | uint64(d)
		} else {
			lo = lo<<4 | uint64(d)
		}
	}
	if i != len(s) {
		return 0, 0, invalidSyntax("uuid", in)
	}
	return hi, lo, nil
}

// AppendUUID appends the text of a uuid.
func AppendUUID(dst []byte, hi, lo uint64) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}
