package jsonb

import (
	"unicode/utf8"

	"github.com/millracedb/millrace/base/pgerr"
)

// Valid reports, with XX001, whether v is a well-formed value to its last byte: what
// Parse and Builder make and nothing else. Bytes from outside (a log, a segment, a
// network) pass it before they become a row.
func Valid(v Value) error {
	if !valid(v, 0) {
		return pgerr.New(pgerr.DataCorrupted, "stored jsonb value is damaged")
	}
	return nil
}

func valid(v Value, depth int) bool {
	if len(v) == 0 {
		return false
	}
	switch v[0] {
	case tagNull, tagFalse, tagTrue:
		return len(v) == 1
	case tagNumber:
		return validNumber(v[1:])
	case tagString:
		return utf8.Valid(v[1:])
	}
	return v.Kind() >= KindArray && depth < MaxDepth && validContainer(v, depth+1)
}

func validContainer(v Value, depth int) bool {
	t := v.table()
	entries := len(t.ends) / t.width
	if t.ends == nil || len(t.payload) > maxContainer ||
		widthFor(t.n, len(t.payload)) != v[0]>>4 {
		return false
	}
	last := 0
	for i := range entries {
		if t.end(i) < last || t.end(i) > len(t.payload) {
			return false
		}
		last = t.end(i)
	}
	if last != len(t.payload) {
		return false
	}
	if v.Kind() == KindObject && !validKeys(t) {
		return false
	}
	for i := entries - t.n; i < entries; i++ {
		if !valid(t.entry(i), depth) {
			return false
		}
	}
	return true
}

func validKeys(t table) bool {
	for i := range t.n {
		if !utf8.Valid(t.entry(i)) || i > 0 && compareKeys(t.entry(i-1), t.entry(i)) >= 0 {
			return false
		}
	}
	return true
}
