package col

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Seed keys the one hash that persisted state, placement and indexes use. A database
// draws it once and keeps it; it is part of the format.
type Seed [2]uint64

const (
	hashS0 = 0xa0761d6478bd642f
	hashS1 = 0xe7037ed1a0b428db
	nullH  = 0x2d358dccaa6c78a5
)

func mul64(a, b uint64) (hi, lo uint64) { return bits.Mul64(a, b) }

func mum(a, b uint64) uint64 { h, l := bits.Mul64(a, b); return h ^ l }

// hash16 takes up to 16 bytes as two words, and their length. The multiply-128 family is
// that of wyhash (Wang Yi, public domain); keys and order of mixing are ours.
func (s *Seed) hash16(a, b, n uint64) uint64 {
	h, l := bits.Mul64(a^s[0], b^s[1])
	return mum(h^hashS0^n, l^hashS1)
}

// Bytes hashes a byte string.
func (s *Seed) Bytes(b []byte) uint64 {
	n := uint64(len(b))
	if n <= InlineLen {
		v := ShortStr(b)
		return s.hash16(v.Lo>>32|v.Hi<<32, v.Hi>>32, n)
	}
	h, end := s[0]^hashS0, binary.LittleEndian.Uint64(b[n-8:])
	for len(b) > 16 {
		h = mum(binary.LittleEndian.Uint64(b)^hashS1^h, binary.LittleEndian.Uint64(b[8:])^s[1])
		b = b[16:]
	}
	if rest := uint(len(b)); rest < 8 { // what is left, as two words with zeros behind
		return s.hash16(end>>(64-8*rest)^h, 0, n)
	}
	return s.hash16(binary.LittleEndian.Uint64(b)^h, end>>(128-8*uint(len(b))), n)
}

func (s *Seed) str(v *Vector, i int) uint64 {
	x := v.Str[i]
	if n := x.Lo & 0xffffffff; n <= InlineLen {
		return s.hash16(x.Lo>>32|x.Hi<<32, x.Hi>>32, n)
	}
	return s.Bytes(v.Bytes(i))
}

// Keys hashes the rows of dense key vectors in canonical (or identity) form into out,
// whose length is the number of rows. NULL hashes as a value of its own. All integers
// hash as 8 bytes, so that int4 and int8 keys of one value meet.
func (s *Seed) Keys(out []uint64, keys []*Vector) {
	for k, v := range keys {
		s.one(out, v, k > 0)
	}
	if len(keys) == 0 {
		h := s.hash16(0, 0, 0)
		for i := range out {
			out[i] = h
		}
	}
}

func (s *Seed) one(out []uint64, v *Vector, more bool) {
	n := len(out)
	switch {
	case v.Valid != nil:
		s.general(out, v, more)
	case (v.Kind == KindI64 || v.Kind == KindD64) && !more:
		for i, x := range v.I64[:n] {
			out[i] = s.hash16(uint64(x), 0, 8)
		}
	case v.Kind == KindI64 || v.Kind == KindD64:
		for i, x := range v.I64[:n] {
			out[i] = mum(out[i]^hashS0, s.hash16(uint64(x), 0, 8)^hashS1)
		}
	case v.Kind == KindI32 && !more:
		for i, x := range v.I32[:n] {
			out[i] = s.hash16(uint64(int64(x)), 0, 8)
		}
	case v.Kind == KindStr:
		s.strs(out, v, more)
	default:
		s.general(out, v, more)
	}
}

// strs is one for strings. Joins leave one view in many rows, side by side, whose bytes are
// read once.
func (s *Seed) strs(out []uint64, v *Vector, more bool) {
	last, h := Str{}, s.hash16(0, 0, 0)
	for i, x := range v.Str[:len(out)] {
		if x != last {
			last, h = x, s.str(v, i)
		}
		if more {
			out[i] = mum(out[i]^hashS0, h^hashS1)
		} else {
			out[i] = h
		}
	}
}

func (s *Seed) general(out []uint64, v *Vector, more bool) {
	for i := range out {
		h := uint64(nullH)
		if !v.Null(i) {
			h = s.lane(v, i)
		}
		if more {
			h = mum(out[i]^hashS0, h^hashS1)
		}
		out[i] = h
	}
}

func (s *Seed) lane(v *Vector, i int) uint64 {
	switch v.Kind {
	case KindBit:
		if v.Bool(i) {
			return s.hash16(1, 0, 1)
		}
		return s.hash16(0, 0, 1)
	case KindI32:
		return s.hash16(uint64(int64(v.I32[i])), 0, 8)
	case KindI64, KindD64:
		return s.hash16(uint64(v.I64[i]), 0, 8)
	case KindF32:
		return s.hash16(uint64(math.Float32bits(v.F32[i])), 0, 4)
	case KindF64:
		return s.hash16(math.Float64bits(v.F64[i]), 0, 8)
	case KindIv, KindU128:
		return s.hash16(v.Wide[i][0], v.Wide[i][1], 16)
	}
	return s.str(v, i)
}

// VNode is the unit of placement of a hash: its top 6 bits.
func VNode(h uint64) int { return int(h >> 58) }
