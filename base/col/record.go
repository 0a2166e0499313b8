package col

import (
	"bytes"
	"encoding/binary"
)

// Record is the type of rows as values: ROW(…), or a row of FROM. A value tells the types of its
// fields itself: for each the number of the type, the length of what follows, and the value as an
// array of one element in the stored form. Where the number has the bit named, the field's name
// and its length stand before that.
//
// While a statement is bound, the modifier is the number of what its planner knows of the fields;
// it is -1 everywhere else.
var Record = Type{OIDRecord, -1}

// named marks the fields that have names. It is part of the format.
const named = 1 << 31

// AppendRecord appends the stored form of a row whose fields are the values of vectors at a lane
// each, none of them of KindD64. names, nil for none, are theirs.
func AppendRecord(dst []byte, fields []*Vector, names []string, lane func(v *Vector) int) []byte {
	one := Flat(1)
	for k, v := range fields {
		elem := Type{v.Type.OID, -1}
		e := NewVector(elem)
		if i := lane(v); v.Null(i) {
			e.AppendNull()
		} else {
			e.AppendFrom(v, i)
		}
		if names == nil {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(elem.OID))
		} else {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(elem.OID)|named)
			dst = append(binary.LittleEndian.AppendUint16(dst, uint16(len(names[k]))), names[k]...)
		}
		at := len(dst)
		dst = AppendArray(binary.LittleEndian.AppendUint32(dst, 0), &one, e, 0)
		binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// RecordFields calls f for each field of a row in its stored form, until f returns false: with its
// name, nil for none, and a vector of one value.
func RecordFields(b []byte, f func(name []byte, v *Vector) bool) {
	for len(b) >= 8 {
		oid, name := binary.LittleEndian.Uint32(b), []byte(nil)
		if b = b[4:]; oid&named != 0 {
			n := 2 + int(binary.LittleEndian.Uint16(b))
			name, b = b[2:n], b[n:]
		}
		elem, n := Type{OID(oid &^ named), -1}, binary.LittleEndian.Uint32(b)
		a := ArrayOf(b[4:4+n], elem)
		v := NewVector(elem)
		a.AppendTo(v, 0, 1)
		if !f(name, v) {
			return
		}
		b = b[4+n:]
	}
}

// AppendRecordKey appends bytes that order as rows do, by their fields, where NULLs are equal to
// each other and behind the others; equal rows have equal ones, whatever their fields' names.
func AppendRecordKey(dst, b []byte) []byte {
	RecordFields(b, func(_ []byte, v *Vector) bool {
		if v.Null(0) {
			dst = append(dst, orderNull)
		} else {
			dst = appendOrdered(append(dst, orderElem), v, 0)
		}
		return true
	})
	return append(dst, orderEnd)
}

// CompareRecords compares two rows in their stored form.
func CompareRecords(x, y []byte) int {
	return bytes.Compare(AppendRecordKey(nil, x), AppendRecordKey(nil, y))
}
