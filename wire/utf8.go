package wire

import (
	"encoding/binary"

	"github.com/millracedb/millrace/base/pgtext"
)

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	sevens = 0x7f7f7f7f7f7f7f7f
)

// zeroBytes has the high bit of each byte of w that is zero, exactly.
func zeroBytes(w uint64) uint64 { return ^((w&sevens + sevens) | w | sevens) }

// plain reports whether b is ASCII without NUL.
func plain(b []byte) bool {
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		if (w|(w-ones))&highs != 0 { // a borrow can only start at a zero byte
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c == 0 || c >= 0x80 {
			return false
		}
	}
	return true
}

// checkText refuses, with 22021, what is not UTF-8 or holds a NUL.
func checkText(b []byte) error {
	if plain(b) {
		return nil
	}
	return pgtext.ValidateUTF8(b)
}
