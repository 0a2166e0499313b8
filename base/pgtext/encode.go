package pgtext

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

func errEncoding(name []byte) error {
	return pgerr.New(pgerr.InvalidParameterValue, `unrecognized encoding: "%s"`, name)
}

// AppendEncoded is encode(b, encoding): hex, base64 or escape.
func AppendEncoded(dst, b, encoding []byte) ([]byte, error) {
	switch name := string(encoding); {
	case equalFoldASCII(name, "hex"):
		return appendHexEncoded(dst, b), nil
	case equalFoldASCII(name, "base64"):
		return appendBase64(dst, b), nil
	case equalFoldASCII(name, "escape"):
		return appendEscapeEncoded(dst, b), nil
	}
	return dst, errEncoding(encoding)
}

// AppendDecoded is decode(text, encoding), the reverse of AppendEncoded.
func AppendDecoded(dst, text, encoding []byte) ([]byte, error) {
	switch name := string(encoding); {
	case equalFoldASCII(name, "hex"):
		return appendHexDecoded(dst, text)
	case equalFoldASCII(name, "base64"):
		return appendBase64Decoded(dst, text)
	case equalFoldASCII(name, "escape"):
		return appendEscapeDecoded(dst, text)
	}
	return dst, errEncoding(encoding)
}

// appendEscapeEncoded escapes zero and what is beyond ASCII only, so that text stays
// readable; bytea's own output escapes more.
func appendEscapeEncoded(dst, b []byte) []byte {
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c == 0 || c >= 0x80:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// appendBase64 breaks lines after 76 characters, as RFC 2045 has them.
func appendBase64(dst, b []byte) []byte {
	column := 0
	for len(b) > 0 {
		n := min(len(b), 3)
		var in [3]byte
		copy(in[:], b)
		b = b[n:]
		v := uint(in[0])<<16 | uint(in[1])<<8 | uint(in[2])
		out := [4]byte{base64Digits[v>>18], base64Digits[v>>12&63], base64Digits[v>>6&63], base64Digits[v&63]}
		for i := n + 1; i < 4; i++ {
			out[i] = '='
		}
		dst = append(dst, out[:]...)
		if column += 4; column >= 76 && n == 3 {
			dst = append(dst, '\n')
			column = 0
		}
	}
	return dst
}

func base64Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// appendBase64Decoded follows PostgreSQL's decoder, which takes blanks anywhere and goes
// on behind padding.
func appendBase64Decoded(dst, s []byte) ([]byte, error) {
	out := dst
	var buf uint
	pos, end := 0, 0
	for i, c := range s {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			continue
		}
		v := base64Value(c)
		if c == '=' {
			if end == 0 {
				switch pos {
				case 2:
					end = 1
				case 3:
					end = 2
				default:
					return dst, pgerr.New(pgerr.InvalidParameterValue, `unexpected "=" while decoding base64 sequence`)
				}
			}
			v = 0
		} else if v < 0 {
			return dst, pgerr.New(pgerr.InvalidParameterValue,
				`invalid symbol "%s" found while decoding base64 sequence`, s[i:i+charLen(s[i:])])
		}
		buf = buf<<6 | uint(v)
		if pos++; pos == 4 {
			out = append(out, byte(buf>>16))
			if end == 0 || end > 1 {
				out = append(out, byte(buf>>8))
			}
			if end == 0 || end > 2 {
				out = append(out, byte(buf))
			}
			buf, pos = 0, 0
		}
	}
	if pos != 0 {
		return dst, pgerr.New(pgerr.InvalidParameterValue, "invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return out, nil
}

// AppendMD5 appends md5(b), 32 hexadecimal digits.
func AppendMD5(dst, b []byte) []byte {
	if long.Is(b) {
		return appendHexEncoded(dst, long.Sum(md5.New(), b))
	}
	sum := md5.Sum(b)
	return appendHexEncoded(dst, sum[:])
}

// AppendSHA224, and its like for the other lengths, append the digest, a bytea. Values that are not
// long are digested at once, which takes no memory and two thirds of the time.
func AppendSHA224(dst, b []byte) []byte {
	if long.Is(b) {
		return append(dst, long.Sum(sha256.New224(), b)...)
	}
	s := sha256.Sum224(b)
	return append(dst, s[:]...)
}

// AppendSHA256 appends sha256(b).
func AppendSHA256(dst, b []byte) []byte {
	if long.Is(b) {
		return append(dst, long.Sum(sha256.New(), b)...)
	}
	s := sha256.Sum256(b)
	return append(dst, s[:]...)
}

// AppendSHA384 appends sha384(b).
func AppendSHA384(dst, b []byte) []byte {
	if long.Is(b) {
		return append(dst, long.Sum(sha512.New384(), b)...)
	}
	s := sha512.Sum384(b)
	return append(dst, s[:]...)
}

// AppendSHA512 appends sha512(b).
func AppendSHA512(dst, b []byte) []byte {
	if long.Is(b) {
		return append(dst, long.Sum(sha512.New(), b)...)
	}
	s := sha512.Sum512(b)
	return append(dst, s[:]...)
}
