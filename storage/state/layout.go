package state

import (
	"fmt"

	"github.com/millracedb/millrace/base/col"
)

// Layout is the form of a RowTable's rows.
type Layout struct {
	Keys    []col.Type // key columns; their vectors come as col.CanonicalOf makes them
	Payload int        // bytes beside the key, zeroed when a row is inserted; rounded up to 8
}

// PayloadAt is the offset of the payload from a row's address, a multiple of 8.
func (l Layout) PayloadAt() int { return formOf(l.Keys).size }

// Stride is the bytes of a row.
func (l Layout) Stride() int { return l.PayloadAt() + (l.Payload+7)&^7 }

// maxStride is the longest row.
const maxStride = 64 << 10

// A stored row begins with byte 0: live and the vnode of its key's hash, or 0 when the
// row is free; then a mask with a bit set for every NULL; then the key's columns, each at
// a multiple of its width (16-byte ones of 8), narrow ones first and views last.
const liveBit = 0x80

// field is one column in a stored row.
type field struct {
	off   uintptr
	width uintptr
	kind  col.Kind
	typ   col.Type
}

// form places columns behind a head.
type form struct {
	fields []field
	maskAt uintptr
	size   int // bytes to the next multiple of 8
}

func formOf(keys []col.Type) form {
	kinds := make([]col.Kind, len(keys))
	for i, t := range keys {
		kinds[i] = col.KeyKind(t)
	}
	return place(1, keys, kinds)
}

// place puts a null mask at an offset and the columns after it, views last.
func place(maskAt int, types []col.Type, kinds []col.Kind) form {
	f := form{fields: make([]field, len(types)), maskAt: uintptr(maskAt)}
	at := maskAt + (len(types)+7)/8
	put := func(w int, view bool) {
		for i, k := range kinds {
			if k.Width() != w || k.IsView() != view {
				continue
			}
			align := min(w, 8)
			at = (at + align - 1) &^ (align - 1)
			f.fields[i] = field{uintptr(at), uintptr(w), k, types[i]}
			at += w
		}
	}
	for _, w := range []int{1, 4, 8, 16} {
		put(w, false)
	}
	put(16, true)
	f.size = (at + 7) &^ 7
	return f
}

func (l Layout) check() {
	if s := l.Stride(); s > maxStride {
		panic(fmt.Sprintf("state: rows of %d bytes, more than %d", s, maxStride))
	}
}
