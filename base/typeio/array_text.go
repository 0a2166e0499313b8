package typeio

import (
	"bytes"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// TextArray is an array of a type whose elements are text, in its stored form: its elements in
// a row, whatever its dimensions.
type TextArray []byte

// AppendTextArray appends the stored form of an array of one dimension of the elements; nil is
// a NULL element.
func AppendTextArray(dst []byte, elems [][]byte) []byte {
	v := col.NewVector(col.Text)
	for _, e := range elems {
		if e == nil {
			v.AppendNull()
		} else {
			v.AppendBytes(e)
		}
	}
	shape := col.Flat(len(elems))
	return col.AppendArray(dst, &shape, v, 0)
}

// Len is the number of elements.
func (a TextArray) Len() int {
	read := col.ArrayOf(a, col.Text)
	return read.N
}

// Elems lists the elements, nil for NULL; they alias a.
func (a TextArray) Elems() [][]byte {
	read := col.ArrayOf(a, col.Text)
	elems := make([][]byte, read.N)
	for i := range elems {
		if !read.Null(i) {
			elems[i] = read.Bytes(i)
		}
	}
	return elems
}

// appendArrayText appends the text of an array whose elements' codec is of.
func appendArrayText(dst, b []byte, elem col.Type, s *settings) []byte {
	a := col.ArrayOf(b, elem)
	for d := range a.Dims {
		if a.Lower[d] != 1 {
			dst = append(AppendBounds(dst, &a.Shape), '=')
			break
		}
	}
	if a.N == 0 {
		return append(dst, "{}"...)
	}
	v := col.NewVector(elem)
	a.AppendTo(v, 0, a.N)
	print, at := Of(elem).AppendText, 0
	var level func(d int)
	level = func(d int) {
		dst = append(dst, '{')
		for k := range a.Len[d] {
			if k > 0 {
				dst = append(dst, ',')
			}
			switch {
			case d+1 < a.Dims:
				level(d + 1)
				continue
			case v.Null(at):
				dst = append(dst, "NULL"...)
			default:
				from := len(dst)
				dst = quoteFrom(print(dst, v, at, s), from)
			}
			at++
		}
		dst = append(dst, '}')
	}
	level(0)
	return dst
}

// AppendBounds appends the bounds of a shape: [1:2][0:3].
func AppendBounds(dst []byte, s *col.Shape) []byte {
	for d := range s.Dims {
		dst = appendInt(append(dst, '['), s.Lower[d])
		dst = append(appendInt(append(dst, ':'), s.Lower[d]+s.Len[d]-1), ']')
	}
	return dst
}

// quoteFrom puts what stands behind a position of dst into quotes where an element needs them.
func quoteFrom(dst []byte, from int) []byte {
	if !needsQuotes(dst[from:]) {
		return dst
	}
	elem := bytes.Clone(dst[from:])
	dst = append(dst[:from], '"')
	for _, c := range elem {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func needsQuotes(e []byte) bool {
	for _, c := range e {
		switch c {
		case '{', '}', '"', ',', '\\', ' ', '\t', '\n', '\r', '\v', '\f':
			return true
		}
	}
	return len(e) == 0 || len(e) == 4 && strings.EqualFold(string(e), "null")
}
