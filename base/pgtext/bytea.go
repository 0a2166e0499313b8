package pgtext

import (
	"github.com/millracedb/millrace/base/pgerr"
)

// AppendBytea appends the bytes that a bytea's text means: \x and hexadecimal digits, or
// the escape format.
func AppendBytea(dst, text []byte) ([]byte, error) {
	if len(text) >= 2 && text[0] == '\\' && text[1] == 'x' {
		return appendHexDecoded(dst, text[2:])
	}
	return appendEscapeDecoded(dst, text)
}

// AppendByteaHex appends the text of a bytea in the hex format, the default.
func AppendByteaHex(dst, b []byte) []byte {
	return appendHexEncoded(append(dst, '\\', 'x'), b)
}

// AppendByteaEscape appends the text of a bytea in the escape format: bytes that do not
// print as octal numbers.
func AppendByteaEscape(dst, b []byte) []byte {
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c < 0x20 || c > 0x7e:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func appendHexEncoded(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

func appendHexDecoded(dst, s []byte) ([]byte, error) {
	out := dst
	for i := 0; i < len(s); {
		if isSpace(s[i]) && s[i] != '\v' && s[i] != '\f' {
			i++
			continue
		}
		hi := HexValue(s[i])
		if hi < 0 {
			return dst, badHexDigit(s[i:])
		}
		if i++; i >= len(s) {
			return dst, pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		lo := HexValue(s[i])
		if lo < 0 {
			return dst, badHexDigit(s[i:])
		}
		i++
		out = append(out, byte(hi<<4|lo))
	}
	return out, nil
}

func badHexDigit(s []byte) error {
	return pgerr.New(pgerr.InvalidParameterValue, `invalid hexadecimal digit: "%s"`, s[:charLen(s)])
}

func appendEscapeDecoded(dst, s []byte) ([]byte, error) {
	out := dst
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		switch {
		case i+1 < len(s) && s[i+1] == '\\':
			i++
			out = append(out, '\\')
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return dst, pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return out, nil
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }
