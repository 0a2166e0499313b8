package typeio

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Rows as values: (1,"a b",), and in the binary form number, then type, length and value of each
// field. Without the types of their fields they cannot be read.
var _ = func() (done struct{}) {
	register(Codec{appendRecordText,
		func(*col.Vector, []byte, *settings) error { return errRecordInput() },
		sendRecord,
		func(*col.Vector, []byte) error { return errRecordInput() },
	}, col.OIDRecord)
	return
}()

func errRecordInput() error {
	return pgerr.New(pgerr.FeatureNotSupported, "input of anonymous composite types is not implemented")
}

func appendRecordText(dst []byte, v *col.Vector, i int, s *settings) []byte {
	dst = append(dst, '(')
	first := true
	col.RecordFields(v.Bytes(i), func(_ []byte, f *col.Vector) bool {
		if !first {
			dst = append(dst, ',')
		}
		if first = false; !f.Null(0) {
			dst = appendQuotedField(dst, Of(f.Type).AppendText(nil, f, 0, s))
		}
		return true
	})
	return append(dst, ')')
}

// appendQuotedField appends a field's text, in quotes where it is empty or has characters that
// mean something in a row.
func appendQuotedField(dst, text []byte) []byte {
	if len(text) > 0 && !bytes.ContainsAny(text, "\"\\(), \t\n\r\v\f") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for _, c := range text {
		if c == '"' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func sendRecord(dst []byte, v *col.Vector, i int) []byte {
	count := len(dst)
	dst = be.AppendUint32(dst, 0)
	n := uint32(0)
	col.RecordFields(v.Bytes(i), func(_ []byte, f *col.Vector) bool {
		n++
		dst = be.AppendUint32(dst, uint32(f.Type.OID))
		if f.Null(0) {
			dst = be.AppendUint32(dst, ^uint32(0))
			return true
		}
		at := len(dst)
		dst = Of(f.Type).AppendBinary(be.AppendUint32(dst, 0), f, 0)
		be.PutUint32(dst[at:], uint32(len(dst)-at-4))
		return true
	})
	be.PutUint32(dst[count:], n)
	return dst
}
