package col

import (
	"bytes"
	"encoding/binary"
)

// Record is the type of rows as values: ROW(…), or a row of FROM. A value tells the types of its
// fields itself: for each the number of the type, the length of what follows, and the value as an
// array of one element in the stored form.
var Record = Type{OIDRecord, -1}

// AppendRecord appends the stored form of a row whose fields are the values of vectors at a lane
// each.
func AppendRecord(dst []byte, fields []*Vector, lane func(v *Vector) int) []byte {
	one := Flat(1)
	for _, v := range fields {
		elem := Type{v.Type.OID, -1}
		e := NewVector(elem)
		if i := lane(v); v.Null(i) {
			e.AppendNull()
		} else {
			e.AppendFrom(v.StoredKind(), i)
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(elem.OID))
		at := len(dst)
		dst = AppendArray(binary.LittleEndian.AppendUint32(dst, 0), &one, e, 0)
		binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// RecordFields calls f for each field of a row in its stored form: a vector of one value.
func RecordFields(b []byte, f func(v *Vector)) {
	for len(b) >= 8 {
		elem, n := Type{OID(binary.LittleEndian.Uint32(b)), -1}, binary.LittleEndian.Uint32(b[4:])
		a := ArrayOf(b[8:8+n], elem)
		v := NewVector(elem)
		a.AppendTo(v, 0, 1)
		f(v)
		b = b[8+n:]
	}
}

// AppendRecordKey appends bytes that order as rows do, by their fields, where NULLs are equal to
// each other and behind the others; equal rows have equal ones.
func AppendRecordKey(dst, b []byte) []byte {
	RecordFields(b, func(v *Vector) {
		if v.Null(0) {
			dst = append(dst, orderNull)
			return
		}
		dst = appendOrdered(append(dst, orderElem), v, 0)
	})
	return append(dst, orderEnd)
}

// CompareRecords compares two rows in their stored form.
func CompareRecords(x, y []byte) int {
	return bytes.Compare(AppendRecordKey(nil, x), AppendRecordKey(nil, y))
}
