package jsonb

import (
	"bytes"

	"github.com/millracedb/millrace/base/long"
)

// AppendText appends v as PostgreSQL prints jsonb: one space behind colons and commas.
func AppendText(dst []byte, v Value) []byte { return appendValue(dst, v, 0) }

// String returns the text of v, for tests and messages.
func (v Value) String() string { return string(AppendText(nil, v)) }

func appendValue(dst []byte, v Value, depth int) []byte {
	switch v.Kind() {
	case KindString:
		return AppendQuoted(dst, v[1:])
	case KindNumber:
		return appendNumberText(dst, v[1:])
	case KindBool:
		if v.Bool() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case KindArray:
		return appendArray(dst, v, depth+1)
	case KindObject:
		return appendObject(dst, v, depth+1)
	}
	return append(dst, "null"...)
}

func appendArray(dst []byte, v Value, depth int) []byte {
	if depth > MaxDepth {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, e := range v.Elems() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendValue(dst, e, depth)
	}
	return append(dst, ']')
}

func appendObject(dst []byte, v Value, depth int) []byte {
	if depth > MaxDepth {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	first := len(dst)
	for k, e := range v.Fields() {
		if len(dst) > first {
			dst = append(dst, ", "...)
		}
		dst = AppendQuoted(dst, k)
		dst = append(dst, ": "...)
		dst = appendValue(dst, e, depth)
	}
	return append(dst, '}')
}

// maxPretty ends a text that is longer than any may be: what is behind is left out.
const maxPretty = 1 << 30

// AppendPretty appends v as jsonb_pretty: four spaces a level. A text of more than a gigabyte, which
// nobody takes, is not complete.
func AppendPretty(dst []byte, v Value) []byte { return appendPretty(dst, v, 0) }

func appendPretty(dst []byte, v Value, depth int) []byte {
	kind := v.Kind()
	if kind < KindArray || depth >= MaxDepth {
		return appendValue(dst, v, depth)
	}
	if len(dst) > maxPretty {
		return dst
	}
	open, end := byte('['), byte(']')
	if kind == KindObject {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	first := len(dst)
	next := func() {
		if len(dst) > first {
			dst = append(dst, ',')
		}
		dst = appendIndent(dst, depth+1)
	}
	for _, e := range v.Elems() {
		if next(); len(dst) > maxPretty {
			break
		}
		dst = appendPretty(dst, e, depth+1)
	}
	for k, e := range v.Fields() {
		if next(); len(dst) > maxPretty {
			break
		}
		dst = append(AppendQuoted(dst, k), ": "...)
		dst = appendPretty(dst, e, depth+1)
	}
	return append(appendIndent(dst, depth), end)
}

var indents = bytes.Repeat([]byte("    "), MaxDepth+1)

func appendIndent(dst []byte, depth int) []byte {
	dst = append(dst, '\n')
	return append(dst, indents[:4*depth]...)
}

const hexDigits = "0123456789abcdef"

// AppendQuoted appends s as a JSON string with PostgreSQL's escapes: only what must be
// escaped is. It is the quoting of to_json for text.
func AppendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = long.Append(dst, s[from:i])
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(long.Append(dst, s[from:]), '"')
}
