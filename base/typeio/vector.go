package typeio

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
)

// vectorCodec reads and writes the catalogs' int2vector and oidvector: arrays of one dimension
// that begins at 0, whose text is the elements with blanks between.
func vectorCodec(elem col.Type) Codec {
	shape := func(n int) col.Shape {
		s := col.Flat(n)
		s.Lower[0] = 0
		return s
	}
	return Codec{
		func(dst []byte, v *col.Vector, i int, s *settings) []byte {
			elems := col.NewVector(elem)
			AppendElements(elems, v.Bytes(i))
			for k := range elems.N {
				if k > 0 {
					dst = append(dst, ' ')
				}
				dst = AppendText(dst, elems, k, s)
			}
			return dst
		},
		func(v *col.Vector, text []byte, s *settings) error {
			elems := col.NewVector(elem)
			for _, f := range bytes.Fields(text) {
				if err := ParseText(elems, f, s); err != nil {
					return err
				}
			}
			of := shape(elems.N)
			v.AppendBytes(col.AppendArray(nil, &of, elems, 0))
			return nil
		},
		func(dst []byte, v *col.Vector, i int) []byte { return sendArray(dst, v.Bytes(i), elem) },
		func(v *col.Vector, b []byte) error { return receiveArray(v, b, elem) },
	}
}
