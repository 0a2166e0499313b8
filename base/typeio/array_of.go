package typeio

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
)

// Arrays of other types than text are kept as a TextArray of their elements' texts under the
// default settings. They are what clients send for = ANY ($1).
var _ = func() (done struct{}) {
	for _, t := range col.Arrays() {
		elem, _ := t.Element()
		register(arrayCodec(elem), t.OID)
	}
	return
}()

func arrayCodec(elem col.Type) Codec {
	return Codec{
		func(dst []byte, v *col.Vector, i int, _ *settings) []byte { return appendArrayText(dst, v.Bytes(i)) },
		func(v *col.Vector, text []byte, s *settings) error {
			elems, err := parseArray(text)
			if err != nil {
				return err
			}
			return appendElements(v, elem, elems, func(one *col.Vector, b []byte) error { return ParseText(one, b, s) })
		},
		func(dst []byte, v *col.Vector, i int) []byte { return sendElements(dst, v.Bytes(i), elem) },
		func(v *col.Vector, b []byte) error {
			elems, err := receiveElements(b, elem.OID)
			if err != nil {
				return err
			}
			return appendElements(v, elem, elems, ParseBinary)
		},
	}
}

// appendElements appends an array of elements that parse reads; nil is NULL.
func appendElements(v *col.Vector, elem col.Type, elems [][]byte, parse func(*col.Vector, []byte) error) error {
	texts := make([][]byte, len(elems))
	one := col.NewVector(elem)
	for i, e := range elems {
		if e == nil {
			continue
		}
		one.Reset(elem)
		if err := parse(one, e); err != nil {
			return err
		}
		texts[i] = AppendText([]byte{}, one, 0, &datetime.Settings{})
	}
	v.AppendBytes(AppendTextArray(nil, texts))
	return nil
}

// Elements appends the elements of a stored array to v, a vector of some type that reads their
// texts.
func Elements(v *col.Vector, a TextArray) error {
	for i := range a.Len() {
		e, null := a.Elem(i)
		if null {
			v.AppendNull()
			continue
		}
		if err := ParseText(v, e, &datetime.Settings{}); err != nil {
			return err
		}
	}
	return nil
}

func sendElements(dst []byte, a TextArray, elem col.Type) []byte {
	n := a.Len()
	dims, nulls := uint32(min(n, 1)), uint32(0)
	one := col.NewVector(elem)
	if Elements(one, a) != nil { // bytes that no codec wrote
		n, dims = 0, 0
	}
	for i := range n {
		if one.Null(i) {
			nulls = 1
		}
	}
	dst = be.AppendUint32(be.AppendUint32(be.AppendUint32(dst, dims), nulls), uint32(elem.OID))
	if n == 0 {
		return dst
	}
	dst = be.AppendUint32(be.AppendUint32(dst, uint32(n)), 1)
	for i := range n {
		if one.Null(i) {
			dst = be.AppendUint32(dst, ^uint32(0))
			continue
		}
		at := len(dst)
		dst = AppendBinary(be.AppendUint32(dst, 0), one, i)
		be.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// receiveElements takes the binary form of an array of one dimension apart; nil is NULL.
func receiveElements(b []byte, elem col.OID) ([][]byte, error) {
	if len(b) < 12 || be.Uint32(b) > 1 || len(b) < 20 && be.Uint32(b) == 1 || be.Uint32(b[8:]) != uint32(elem) {
		return nil, errBinary()
	}
	if be.Uint32(b) == 0 {
		return [][]byte{}, nil
	}
	n := int(be.Uint32(b[12:]))
	b = b[20:]
	if n > len(b)/4 {
		return nil, errBinary()
	}
	elems := make([][]byte, n)
	for i := range elems {
		if len(b) < 4 {
			return nil, errBinary()
		}
		size := int32(be.Uint32(b))
		b = b[4:]
		if size < 0 {
			continue
		}
		if int(size) > len(b) {
			return nil, errBinary()
		}
		elems[i] = b[:size:size]
		b = b[size:]
	}
	if len(b) > 0 {
		return nil, errBinary()
	}
	return elems, nil
}
