package typeio

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
)

// TextArray is a text[] of one dimension in its stored form: the number of elements, for
// each the end of its bytes (the highest bit set for NULL), little-endian words of four
// bytes, and the bytes. Whatever the bytes are, no method panics.
type TextArray []byte

const nullBit = 1 << 31

// AppendTextArray appends the stored form of the elements; nil is a NULL element.
func AppendTextArray(dst []byte, elems [][]byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(elems)))
	end := uint32(0)
	for _, e := range elems {
		end += uint32(len(e))
		if e == nil {
			dst = binary.LittleEndian.AppendUint32(dst, end|nullBit)
		} else {
			dst = binary.LittleEndian.AppendUint32(dst, end)
		}
	}
	for _, e := range elems {
		dst = append(dst, e...)
	}
	return dst
}

// Len is the number of elements.
func (a TextArray) Len() int {
	if len(a) < 4 {
		return 0
	}
	n := int(binary.LittleEndian.Uint32(a))
	if n > len(a)/4-1 {
		return 0
	}
	return n
}

// Elem is element i, 0 ≤ i < Len; null: it is NULL. It aliases a.
func (a TextArray) Elem(i int) (elem []byte, null bool) {
	n := a.Len()
	from := uint32(0)
	if i > 0 {
		from = binary.LittleEndian.Uint32(a[4*i:]) &^ nullBit
	}
	to := binary.LittleEndian.Uint32(a[4*i+4:])
	if to&nullBit != 0 {
		return nil, true
	}
	body := a[4+4*n:]
	if from > to || int(to) > len(body) {
		return []byte{}, false
	}
	return body[from:to:to], false
}

// Elems lists the elements, nil for NULL; they alias a.
func (a TextArray) Elems() [][]byte {
	elems := make([][]byte, a.Len())
	for i := range elems {
		elems[i], _ = a.Elem(i)
	}
	return elems
}

var _ = register(Codec{
	func(dst []byte, v *col.Vector, i int, _ *settings) []byte { return appendArrayText(dst, v.Bytes(i)) },
	func(v *col.Vector, text []byte, _ *settings) error {
		elems, err := parseArray(text)
		if err == nil {
			v.AppendBytes(AppendTextArray(nil, elems))
		}
		return err
	},
	func(dst []byte, v *col.Vector, i int) []byte { return sendArray(dst, v.Bytes(i)) },
	func(v *col.Vector, b []byte) error {
		elems, err := receiveArray(b)
		if err == nil {
			v.AppendBytes(AppendTextArray(nil, elems))
		}
		return err
	},
}, col.OIDTextArray)

func appendArrayText(dst []byte, a TextArray) []byte {
	dst = append(dst, '{')
	for i := range a.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		e, null := a.Elem(i)
		switch {
		case null:
			dst = append(dst, "NULL"...)
		case needsQuotes(e):
			dst = append(dst, '"')
			for _, c := range e {
				if c == '"' || c == '\\' {
					dst = append(dst, '\\')
				}
				dst = append(dst, c)
			}
			dst = append(dst, '"')
		default:
			dst = append(dst, e...)
		}
	}
	return append(dst, '}')
}

func needsQuotes(e []byte) bool {
	return len(e) == 0 || bytes.ContainsAny(e, "{}\",\\ \t\n\r\v\f") || strings.EqualFold(string(e), "null")
}

func malformed(text []byte, detail string) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, "malformed array literal: \"%s\"", text).WithDetail("%s", detail)
}

// parseArray reads a literal such as {a,"b c",NULL} of one dimension.
func parseArray(text []byte) ([][]byte, error) {
	s := bytes.Trim(text, " \t\n\r\v\f")
	if len(s) == 0 || s[0] != '{' {
		return nil, malformed(text, `Array value must start with "{" or dimension information.`)
	}
	s = bytes.TrimLeft(s[1:], " \t\n\r\v\f")
	elems := [][]byte{}
	if len(s) == 1 && s[0] == '}' {
		return elems, nil
	}
	for {
		elem, rest, err := parseElem(text, s)
		if err != nil {
			return nil, err
		}
		elems = append(elems, elem)
		switch {
		case len(rest) == 0:
			return nil, malformed(text, "Unexpected end of input.")
		case rest[0] == ',':
			s = rest[1:]
		case len(rest) > 1:
			return nil, malformed(text, "Junk after closing right brace.")
		default:
			return elems, nil
		}
	}
}

// parseElem reads one element and returns what follows it: a comma or closing brace first.
func parseElem(text, s []byte) (elem, rest []byte, err error) {
	s = bytes.TrimLeft(s, " \t\n\r\v\f")
	elem = []byte{}
	quoted, keep := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			elem = append(elem, s[i])
			keep = len(elem)
		case c == '"':
			quoted = true
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				elem = append(elem, s[i])
			}
			keep = len(elem)
		case c == ',' || c == '}':
			elem = elem[:max(keep, len(bytes.TrimRight(elem, " \t\n\r\v\f")))]
			if !quoted && len(elem) == 0 {
				return nil, nil, malformed(text, `Unexpected "`+string(c)+`" character.`)
			}
			if !quoted && keep == 0 && strings.EqualFold(string(elem), "null") {
				elem = nil
			}
			return elem, s[i:], nil
		case c == '{':
			return nil, nil, pgerr.Unsupported("an array of more than one dimension")
		default:
			elem = append(elem, c)
		}
	}
	return nil, nil, malformed(text, "Unexpected end of input.")
}

func sendArray(dst []byte, a TextArray) []byte {
	n, nulls := a.Len(), uint32(0)
	for i := range n {
		if _, null := a.Elem(i); null {
			nulls = 1
		}
	}
	dims := uint32(1)
	if n == 0 {
		dims = 0
	}
	dst = be.AppendUint32(dst, dims)
	dst = be.AppendUint32(dst, nulls)
	dst = be.AppendUint32(dst, uint32(col.OIDText))
	if n == 0 {
		return dst
	}
	dst = be.AppendUint32(be.AppendUint32(dst, uint32(n)), 1)
	for i := range n {
		e, null := a.Elem(i)
		if null {
			dst = be.AppendUint32(dst, ^uint32(0))
			continue
		}
		dst = append(be.AppendUint32(dst, uint32(len(e))), e...)
	}
	return dst
}

// receiveArray reads elements of any type as texts, as long as they are texts in binary too.
func receiveArray(b []byte) ([][]byte, error) {
	if len(b) < 12 {
		return nil, errBinary()
	}
	elems, err := receiveElements(b, col.OID(be.Uint32(b[8:])))
	if err != nil {
		return nil, err
	}
	for _, e := range elems {
		if err := pgtext.ValidateUTF8(e); err != nil {
			return nil, err
		}
	}
	return elems, nil
}
