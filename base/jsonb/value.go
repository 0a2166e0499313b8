package jsonb

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

// Kind is what a value is. The order of the kinds is PostgreSQL's order of values.
type Kind uint8

const (
	KindNull Kind = iota
	KindString
	KindNumber
	KindBool
	KindArray
	KindObject
)

// String returns the kind as jsonb_typeof names it.
func (k Kind) String() string {
	return [...]string{"null", "string", "number", "boolean", "array", "object"}[min(k, KindObject)]
}

// The tags of the binary form; containers carry the width of their offsets (0: one byte,
// 1: two, 2: four) in the high half.
const (
	tagNull   = 0
	tagFalse  = 1
	tagTrue   = 2
	tagNumber = 3
	tagString = 4
	tagArray  = 5
	tagObject = 6
)

// Value is one jsonb value in the binary form of the package's description. It is a view:
// it lives as long as the bytes it was taken from. Any bytes may be asked; what is not
// well-formed reads as null, or ends early.
type Value []byte

// NullValue, FalseValue and TrueValue are the values without contents. They are not to be
// written to.
var (
	NullValue  = Value{tagNull}
	FalseValue = Value{tagFalse}
	TrueValue  = Value{tagTrue}
)

// Kind returns what v is.
func (v Value) Kind() Kind {
	if len(v) == 0 {
		return KindNull
	}
	switch v[0] & 0x0f {
	case tagFalse, tagTrue:
		return KindBool
	case tagNumber:
		return KindNumber
	case tagString:
		return KindString
	case tagArray:
		return KindArray
	case tagObject:
		return KindObject
	}
	return KindNull
}

// IsScalar reports whether v is neither an array nor an object.
func (v Value) IsScalar() bool { return v.Kind() < KindArray }

// Bool returns the truth of a boolean; false for every other kind.
func (v Value) Bool() bool { return len(v) > 0 && v[0] == tagTrue }

// Text returns the bytes of a string, nil for every other kind.
func (v Value) Text() []byte {
	if v.Kind() != KindString {
		return nil
	}
	return v[1:]
}

// Number returns the stored bytes of a number (base/numeric), nil for every other kind.
func (v Value) Number() []byte {
	if v.Kind() != KindNumber {
		return nil
	}
	return v[1:]
}

// table is the decoded head of a container.
type table struct {
	ends    []byte // n or 2n offsets
	payload []byte
	width   int
	n       int // elements or pairs
}

// table reads the head of a container, or of nothing: a table of no entries.
func (v Value) table() table {
	kind := v.Kind()
	if kind < KindArray || v[0]>>4 > 2 {
		return table{width: 1}
	}
	w := 1 << (v[0] >> 4)
	if len(v) < 1+w {
		return table{width: 1}
	}
	n := readUint(v[1:], w)
	entries := n
	if kind == KindObject {
		entries *= 2
	}
	if entries > (len(v)-1-w)/w {
		return table{width: 1}
	}
	head := 1 + w + entries*w
	return table{ends: v[1+w : head], payload: v[head:], width: w, n: n}
}

func readUint(b []byte, w int) int {
	switch w {
	case 1:
		return int(b[0])
	case 2:
		return int(binary.LittleEndian.Uint16(b))
	}
	return int(binary.LittleEndian.Uint32(b))
}

func (t table) end(i int) int { return readUint(t.ends[i*t.width:], t.width) }

// entry returns the bytes of entry i, empty if the offsets are damaged.
func (t table) entry(i int) []byte {
	start := 0
	if i > 0 {
		start = t.end(i - 1)
	}
	end := t.end(i)
	if start > end || end > len(t.payload) {
		return nil
	}
	return t.payload[start:end:end]
}

// Len returns the number of elements of an array or of pairs of an object, else 0.
func (v Value) Len() int { return v.table().n }

// Elem returns element i of an array, counted from the end if i is negative (the
// operator -> with an integer). A scalar is the only element of itself, as PostgreSQL stores
// it. ok is false for what is not there.
func (v Value) Elem(i int) (elem Value, ok bool) {
	if v.IsScalar() && (i == 0 || i == -1) {
		return v, true
	}
	if v.Kind() != KindArray {
		return nil, false
	}
	t := v.table()
	if i < 0 {
		i += t.n
	}
	if i < 0 || i >= t.n {
		return nil, false
	}
	return t.entry(i), true
}

// Field returns the value of key in an object (the operator -> with text). ok is false
// if there is none, or v is no object.
func (v Value) Field(key []byte) (field Value, ok bool) {
	if v.Kind() != KindObject {
		return nil, false
	}
	t := v.table()
	i, ok := t.find(key)
	if !ok {
		return nil, false
	}
	return t.entry(t.n + i), true
}

// find returns the place of key among the keys of an object, or where it would stand.
func (t table) find(key []byte) (int, bool) {
	lo, hi := 0, t.n
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch c := compareKeys(t.entry(mid), key); {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// compareKeys is the order of keys inside an object: shorter first, then by bytes.
func compareKeys(a, b []byte) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return bytes.Compare(a, b)
}

// Elems yields the elements of an array in order; nothing for other kinds.
func (v Value) Elems() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != KindArray {
			return
		}
		t := v.table()
		for i := range t.n {
			if !yield(i, t.entry(i)) {
				return
			}
		}
	}
}

// Fields yields the keys and values of an object in the order of its keys; nothing for
// other kinds.
func (v Value) Fields() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		if v.Kind() != KindObject {
			return
		}
		t := v.table()
		for i := range t.n {
			if !yield(t.entry(i), t.entry(t.n+i)) {
				return
			}
		}
	}
}

// Pair returns pair i of an object, 0 ≤ i < Len. Set-returning functions that resume
// use it, and Elem, in place of the iterators.
func (v Value) Pair(i int) (key []byte, field Value) {
	t := v.table()
	if v.Kind() != KindObject || i < 0 || i >= t.n {
		return nil, nil
	}
	return t.entry(i), t.entry(t.n + i)
}

// Clone returns v in memory of its own.
func (v Value) Clone() Value { return slices.Clone(v) }
