package pgtext

import (
	"bytes"

	"github.com/millracedb/millrace/base/long"
	"github.com/millracedb/millrace/base/pgerr"
)

// Varchar applies the length of varchar(n) to s, which the result aliases. Blanks beyond
// it are cut; anything else is cut by an explicit cast and 22001 otherwise.
func Varchar(s []byte, n int, explicit bool) ([]byte, error) {
	if len(s) <= n {
		return s, nil
	}
	end := offsetOf(s, n)
	if !explicit && len(bytes.TrimLeft(s[end:], " ")) > 0 {
		return nil, pgerr.New(pgerr.StringDataRightTruncation, "value too long for type character varying(%d)", n)
	}
	return s[:end:end], nil
}

// AppendBpchar appends s as char(n): padded with blanks to n characters, cut as Varchar
// does.
func AppendBpchar(dst, s []byte, n int, explicit bool) ([]byte, error) {
	end := offsetOf(s, n)
	if end < len(s) {
		if !explicit && len(bytes.TrimLeft(s[end:], " ")) > 0 {
			return dst, pgerr.New(pgerr.StringDataRightTruncation, "value too long for type character(%d)", n)
		}
		return long.Append(dst, s[:end]), nil
	}
	dst = long.Append(dst, s)
	for range n - Length(s) {
		dst = append(dst, ' ')
	}
	return dst, nil
}

// TrimBpchar cuts the blanks at the end, which count for nothing when char(n) values are
// compared or become text. The result aliases s.
func TrimBpchar(s []byte) []byte {
	return bytes.TrimRight(s, " ")
}
