package typeio

import (
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

func appendInt(dst []byte, n int32) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// Arrays are read and written by the codecs of their elements, which also apply the modifier.
var _ = func() (done struct{}) {
	for _, t := range col.Arrays() {
		register(arrayCodec(t), t.OID)
	}
	register(vectorCodec(col.Int2), col.OIDInt2vector)
	register(vectorCodec(col.Oid), col.OIDOidvector)
	return
}()

func arrayCodec(array col.Type) Codec {
	elem, _ := array.Element()
	return Codec{
		func(dst []byte, v *col.Vector, i int, s *settings) []byte {
			return appendArrayText(dst, v.Bytes(i), elem, s)
		},
		func(v *col.Vector, text []byte, s *settings) error {
			return parseArrayText(v, text, col.Type{OID: elem.OID, Mod: v.Type.Mod}, s)
		},
		func(dst []byte, v *col.Vector, i int) []byte { return sendArray(dst, v.Bytes(i), elem) },
		func(v *col.Vector, b []byte) error {
			return receiveArray(v, b, col.Type{OID: elem.OID, Mod: v.Type.Mod})
		},
	}
}

// AppendElements appends the elements of a stored array to v, of the element type without
// modifier.
func AppendElements(v *col.Vector, b []byte) {
	a := col.ArrayOf(b, v.Type)
	a.AppendTo(v, 0, a.N)
}

func sendArray(dst, b []byte, elem col.Type) []byte {
	a := col.ArrayOf(b, elem)
	nulls := uint32(0)
	if a.AnyNull() {
		nulls = 1
	}
	dst = be.AppendUint32(be.AppendUint32(be.AppendUint32(dst, uint32(a.Dims)), nulls), uint32(elem.OID))
	for d := range a.Dims {
		dst = be.AppendUint32(be.AppendUint32(dst, uint32(a.Len[d])), uint32(a.Lower[d]))
	}
	v := col.NewVector(elem)
	a.AppendTo(v, 0, a.N)
	send := Of(elem).AppendBinary
	for i := range a.N {
		if v.Null(i) {
			dst = be.AppendUint32(dst, ^uint32(0))
			continue
		}
		at := len(dst)
		dst = send(be.AppendUint32(dst, 0), v, i)
		be.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// receiveShape reads the head of the binary form of an array, and returns what follows it.
func receiveShape(b []byte, elem col.Type) (s col.Shape, rest []byte, err error) {
	if len(b) < 12 {
		return s, nil, errMessageEnds()
	}
	dims, flags, typ := int32(be.Uint32(b)), be.Uint32(b[4:]), col.OID(be.Uint32(b[8:]))
	switch {
	case dims < 0:
		return s, nil, pgerr.New(pgerr.InvalidBinaryRepresentation, "invalid number of dimensions: %d", dims)
	case dims > col.MaxDims:
		return s, nil, ErrTooManyDims(int(dims))
	case flags > 1:
		return s, nil, pgerr.New(pgerr.InvalidBinaryRepresentation, "invalid array flags")
	case typ != elem.OID:
		return s, nil, pgerr.New(pgerr.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)",
			typ, nameOf(typ), elem.OID, nameOf(elem.OID))
	}
	b = b[12:]
	if len(b) < 8*int(dims) {
		return s, nil, errMessageEnds()
	}
	s.Dims = int(dims)
	for d := range s.Dims {
		s.Len[d], s.Lower[d] = int32(be.Uint32(b[8*d:])), int32(be.Uint32(b[8*d+4:]))
		if err := checkDimension(s.Len[d], s.Lower[d]); err != nil {
			return s, nil, err
		}
	}
	if s.Size() > col.MaxElements {
		return s, nil, ErrArrayTooBig()
	}
	return s, b[8*s.Dims:], nil
}

// checkDimension wants that the upper bound is an integer, too.
func checkDimension(length, lower int32) error {
	if length < 0 {
		return ErrArrayTooBig()
	}
	if length > 0 && int64(lower)+int64(length) > 1<<31-1 {
		return pgerr.New(pgerr.ProgramLimitExceeded, "array lower bound is too large: %d", lower)
	}
	return nil
}

func nameOf(t col.OID) string {
	if i, ok := (col.Type{OID: t, Mod: -1}).Info(); ok {
		return i.SQL
	}
	return "???"
}

func errMessageEnds() error {
	return pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
}

// ErrArrayTooBig is 54000 for more elements than an array may have.
func ErrArrayTooBig() *pgerr.Error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", col.MaxElements)
}

// ErrTooManyDims is 54000 for more dimensions than an array may have.
func ErrTooManyDims(n int) *pgerr.Error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, col.MaxDims)
}

func receiveArray(v *col.Vector, b []byte, elem col.Type) error {
	shape, b, err := receiveShape(b, elem)
	if err != nil {
		return err
	}
	n := shape.Size()
	if n > len(b)/4 {
		return errMessageEnds()
	}
	elems, receive := col.NewVector(elem), Of(elem).ParseBinary
	for i := range n {
		if len(b) < 4 {
			return errMessageEnds()
		}
		size := int32(be.Uint32(b))
		if b = b[4:]; size == -1 {
			elems.AppendNull()
			continue
		}
		if size < -1 || int(size) > len(b) {
			return errMessageEnds()
		}
		if err := receive(elems, b[:size:size]); err != nil {
			return err
		}
		if elems.N != i+1 {
			return errBinary()
		}
		b = b[size:]
	}
	if len(b) > 0 {
		return errBinary()
	}
	v.AppendBytes(col.AppendArray(nil, &shape, elems, 0))
	return nil
}
