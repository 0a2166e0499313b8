package jsonb

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"github.com/millracedb/millrace/base/numeric"
)

// Compare is the order of PostgreSQL's btree operator class for jsonb: Object > Array >
// Boolean > Number > String > Null; containers with fewer entries first, then entry by
// entry. A scalar at the top stands against an array there as an array of one element
// that sorts before other arrays of one, a peculiarity of PostgreSQL's storage.
func Compare(a, b Value) int {
	ka, kb := a.Kind(), b.Kind()
	switch {
	case ka == KindArray && kb < KindArray:
		return -compareScalarToArray(b, a)
	case ka < KindArray && kb == KindArray:
		return compareScalarToArray(a, b)
	}
	return compareNested(a, b, 0)
}

func compareScalarToArray(_, array Value) int {
	if array.Len() == 0 {
		return 1
	}
	return -1
}

func compareNested(a, b Value, depth int) int {
	kind := a.Kind()
	if c := cmp.Compare(kind, b.Kind()); c != 0 {
		return c
	}
	switch kind {
	case KindString:
		return bytes.Compare(a[1:], b[1:])
	case KindNumber:
		return compareNumbers(a[1:], b[1:])
	case KindBool:
		return cmp.Compare(a[0], b[0])
	case KindArray, KindObject:
		if depth < MaxDepth {
			return compareContainers(a.table(), b.table(), kind, depth+1)
		}
	}
	return 0
}

func compareContainers(a, b table, kind Kind, depth int) int {
	if c := cmp.Compare(a.n, b.n); c != 0 {
		return c
	}
	values := 0
	if kind == KindObject {
		values = a.n
	}
	for i := range a.n {
		if kind == KindObject {
			if c := bytes.Compare(a.entry(i), b.entry(i)); c != 0 {
				return c
			}
		}
		if c := compareNested(a.entry(values+i), b.entry(values+i), depth); c != 0 {
			return c
		}
	}
	return 0
}

// Equal is SQL equality: numbers by value, whatever their display scales.
func Equal(a, b Value) bool { return compareNested(a, b, 0) == 0 }

// AppendKey appends the canonical key bytes of v: equal exactly if the values are Equal.
// They delimit themselves, so other key bytes may follow.
func AppendKey(dst []byte, v Value) []byte { return appendKey(dst, v, 0) }

func appendKey(dst []byte, v Value, depth int) []byte {
	kind := v.Kind()
	switch kind {
	case KindString:
		return appendKeyBytes(append(dst, tagString), v[1:])
	case KindNumber:
		return append(append(dst, tagNumber), numeric.Canonical(v[1:])...)
	case KindBool:
		return append(dst, v[0])
	case KindArray, KindObject:
		if depth < MaxDepth {
			return appendKeyContainer(dst, v, depth+1)
		}
	}
	return append(dst, tagNull)
}

func appendKeyContainer(dst []byte, v Value, depth int) []byte {
	dst = binary.AppendUvarint(append(dst, v[0]&0x0f), uint64(v.Len()))
	for _, e := range v.Elems() {
		dst = appendKey(dst, e, depth)
	}
	for k, e := range v.Fields() {
		dst = appendKey(appendKeyBytes(dst, k), e, depth)
	}
	return dst
}

func appendKeyBytes(dst, s []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// AppendOrderKey appends bytes that sort (bytes.Compare) as Compare sorts the values, and
// are equal exactly if they are Equal. They delimit themselves.
func AppendOrderKey(dst []byte, v Value) []byte {
	// The top level tells raw scalars from arrays: an empty array, scalars, the others.
	switch kind := v.Kind(); {
	case kind < KindArray:
		dst = append(dst, 1)
	case kind == KindArray && v.Len() == 0:
		dst = append(dst, 0)
	default:
		dst = append(dst, 2)
	}
	return appendOrderKey(dst, v, 0)
}

func appendOrderKey(dst []byte, v Value, depth int) []byte {
	kind := v.Kind()
	dst = append(dst, byte(kind))
	switch kind {
	case KindString:
		dst = appendOrderBytes(dst, v[1:])
	case KindNumber:
		dst = append(dst, numeric.Canonical(v[1:])...)
	case KindBool:
		dst = append(dst, v[0])
	case KindArray, KindObject:
		if depth >= MaxDepth {
			return dst
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(v.Len()))
		for _, e := range v.Elems() {
			dst = appendOrderKey(dst, e, depth+1)
		}
		for k, e := range v.Fields() {
			dst = appendOrderKey(appendOrderBytes(dst, k), e, depth+1)
		}
	}
	return dst
}

// appendOrderBytes appends s so that it ends before every longer string: 0 becomes 0 255,
// the end is 0 1.
func appendOrderBytes(dst, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, 0)
		if i < 0 {
			return append(append(dst, s...), 0, 1)
		}
		dst = append(append(dst, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
}
