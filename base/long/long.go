package long

import "hash"

// piece is how many bytes are worked on at a time: some hundred microseconds, a few milliseconds
// where the memory is new.
const piece = 1 << 20

// Copy copies the bytes of src into dst, which has room for them; they do not overlap.
func Copy(dst, src []byte) {
	for len(src) > piece {
		copyPiece(dst, src[:piece])
		dst, src = dst[piece:], src[piece:]
	}
	copy(dst, src)
}

// copyPiece is a call, in which the runtime can stop who copies.
//
//go:noinline
func copyPiece(dst, src []byte) { copy(dst, src) }

// Append is append(dst, src...).
func Append(dst, src []byte) []byte {
	if len(dst)|len(src) < piece { // both are, of a power of two
		return append(dst, src...)
	}
	return appendLong(dst, src)
}

// appendLong is a call for the same reason.
//
//go:noinline
func appendLong(dst, src []byte) []byte {
	n := len(dst)
	if len(src) <= piece && n+len(src) <= cap(dst) {
		return append(dst, src...)
	}
	dst = Grow(dst, len(src))[:n+len(src)]
	Copy(dst[n:], src)
	return dst
}

// Grow is slices.Grow, with a quarter more where dst has to move.
func Grow(dst []byte, n int) []byte {
	if need := len(dst) + n; need > cap(dst) {
		moved := make([]byte, len(dst), max(need, len(dst)+len(dst)/4))
		Copy(moved, dst)
		return moved
	}
	return dst
}

// Clone is bytes.Clone.
func Clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return Append([]byte{}, b)
}

// Is reports whether there is more than a piece of b.
func Is(b []byte) bool { return len(b) > piece }

// Sum is the digest of b.
func Sum(h hash.Hash, b []byte) []byte {
	for len(b) > piece {
		h.Write(b[:piece])
		b = b[piece:]
	}
	h.Write(b)
	return h.Sum(nil)
}
