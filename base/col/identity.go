package col

import (
	"bytes"
	"encoding/binary"
	"math"
)

// ReadIdentity takes identity bytes apart: it appends the row that AppendIdentity wrote to
// the columns, which are of the same types and in the form that states keep, and returns
// the bytes behind it. Bytes that AppendIdentity did not write panic.
func ReadIdentity(cols []Vector, b []byte) []byte {
	for c := range cols {
		v := &cols[c]
		null := b[0] == 1
		if b = b[1:]; null {
			v.AppendNull()
			continue
		}
		b = readIdentity(v, b)
	}
	return b
}

func readIdentity(v *Vector, b []byte) []byte {
	be := binary.BigEndian
	switch v.Kind {
	case KindBit:
		v.AppendBool(b[0] == 1)
		return b[1:]
	case KindI32:
		x := be.Uint32(b)
		if !unsigned(v.Type.OID) {
			x ^= 1 << 31
		}
		v.AppendI32(int32(x))
		return b[4:]
	case KindI64, KindD64:
		v.AppendI64(int64(be.Uint64(b) ^ 1<<63))
		return b[8:]
	case KindF32:
		v.AppendF32(math.Float32frombits(be.Uint32(b)))
		return b[4:]
	case KindF64:
		v.AppendF64(math.Float64frombits(be.Uint64(b)))
		return b[8:]
	case KindIv, KindU128:
		v.AppendWide([2]uint64{be.Uint64(b), be.Uint64(b[8:])})
		return b[16:]
	}
	n := escapedLen(b)
	if x := b[:n-2]; bytes.IndexByte(x, 0) < 0 {
		v.AppendBytes(x)
	} else {
		v.AppendBytes(bytes.ReplaceAll(x, []byte{0, 0xff}, []byte{0}))
	}
	return b[n:]
}

// escapedLen is the length of the escaped bytes at the start of b, their end included.
func escapedLen(b []byte) int {
	for n := 0; ; n += 2 {
		if n += bytes.IndexByte(b[n:], 0); b[n+1] == 0 {
			return n + 2
		}
	}
}
