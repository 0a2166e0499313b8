package typeio

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
)

// Codec reads and writes the values of one type. Vectors are of that type, in any kind
// that the type allows. No function is asked for a NULL.
type Codec struct {
	// AppendText appends the text of value i as the type's output function prints it.
	AppendText func(dst []byte, v *col.Vector, i int, s *datetime.Settings) []byte
	// ParseText appends the value that the text stands for to v. It keeps nothing of text.
	ParseText func(v *col.Vector, text []byte, s *datetime.Settings) error
	// AppendBinary appends the binary form of value i, without its length.
	AppendBinary func(dst []byte, v *col.Vector, i int) []byte
	// ParseBinary appends the value in the binary form b to v. It keeps nothing of b.
	ParseBinary func(v *col.Vector, b []byte) error
}

var codecs = map[col.OID]*Codec{}

func register(c Codec, oids ...col.OID) struct{} {
	for _, oid := range oids {
		if codecs[oid] != nil {
			panic("typeio: two codecs of one type")
		}
		codecs[oid] = &c
	}
	return struct{}{}
}

// Of returns the codec of a type; text's for types that have none of their own.
func Of(t col.Type) *Codec {
	if c := codecs[t.OID]; c != nil {
		return c
	}
	return codecs[col.OIDText]
}

// AppendText appends the text of value i of v, which is not NULL.
func AppendText(dst []byte, v *col.Vector, i int, s *datetime.Settings) []byte {
	return Of(v.Type).AppendText(dst, v, i, s)
}

// ParseText appends the value that the text stands for to v, of v's type.
func ParseText(v *col.Vector, text []byte, s *datetime.Settings) error {
	return Of(v.Type).ParseText(v, text, s)
}

// AppendBinary appends the binary form of value i of v, which is not NULL.
func AppendBinary(dst []byte, v *col.Vector, i int) []byte {
	return Of(v.Type).AppendBinary(dst, v, i)
}

// ParseBinary appends the value in the binary form b to v, of v's type.
func ParseBinary(v *col.Vector, b []byte) error {
	return Of(v.Type).ParseBinary(v, b)
}

func errBinary() error {
	return pgerr.New(pgerr.InvalidBinaryRepresentation, "incorrect binary data format")
}
