package jsonb

import (
	"bytes"
	"math"
)

// Path is a text[] operand: object keys, or array indexes as text. A nil step is an SQL
// NULL.
type Path [][]byte

// Strict reports whether no step is NULL; #> and its like answer NULL for others.
func (p Path) Strict() bool {
	for _, s := range p {
		if s == nil {
			return false
		}
	}
	return true
}

// index reads a step as an array index as C's strtol does: leading blanks and a sign pass.
func index(step []byte) (int, bool) {
	s := bytes.TrimLeft(step, " \t\n\v\f\r")
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 64 {
		return 0, false
	}
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + int(c-'0'); n > math.MaxInt32+1 {
			return 0, false
		}
	}
	if neg {
		n = -n
	}
	return n, n <= math.MaxInt32
}

// At follows path (#>, jsonb_extract_path). ok is false where the path leads nowhere or
// has a NULL step.
func (v Value) At(path Path) (at Value, ok bool) {
	if !path.Strict() {
		return nil, false
	}
	for _, step := range path {
		switch v.Kind() {
		case KindObject:
			v, ok = v.Field(step)
		case KindArray:
			var i int
			if i, ok = index(step); ok {
				v, ok = v.Elem(i)
			}
		default:
			return nil, false
		}
		if !ok {
			return nil, false
		}
	}
	return v, true
}

// AppendAsText appends v as ->> and #>> return it: a string without its quotes. ok is
// false for a JSON null, which is an SQL NULL there.
func AppendAsText(dst []byte, v Value) (text []byte, ok bool) {
	switch v.Kind() {
	case KindNull:
		return dst, false
	case KindString:
		return append(dst, v[1:]...), true
	}
	return AppendText(dst, v), true
}

// Exists is the operator ?: key is a key of the object v, a string in the array v, or the
// string v.
func (v Value) Exists(key []byte) bool {
	switch v.Kind() {
	case KindObject:
		_, ok := v.table().find(key)
		return ok
	case KindArray:
		for _, e := range v.Elems() {
			if e.isString(key) {
				return true
			}
		}
	case KindString:
		return v.isString(key)
	}
	return false
}

func (v Value) isString(s []byte) bool { return v.Kind() == KindString && bytes.Equal(v[1:], s) }

// ExistsAny is the operator ?|. NULL keys count for nothing.
func (v Value) ExistsAny(keys Path) bool {
	if v.Kind() == KindArray {
		return v.strings(keys.set()) > 0
	}
	for _, k := range keys {
		if k != nil && v.Exists(k) {
			return true
		}
	}
	return false
}

// ExistsAll is the operator ?&. NULL keys count for nothing.
func (v Value) ExistsAll(keys Path) bool {
	if v.Kind() == KindArray {
		set := keys.set()
		return v.strings(set) == len(set)
	}
	for _, k := range keys {
		if k != nil && !v.Exists(k) {
			return false
		}
	}
	return true
}

// set is the keys that are not NULL, each once.
func (p Path) set() map[string]bool {
	set := make(map[string]bool, len(p))
	for _, k := range p {
		if k != nil {
			set[string(k)] = true
		}
	}
	return set
}

// strings is how many of a set are strings in the array v.
func (v Value) strings(set map[string]bool) int {
	found := map[string]bool{}
	for _, e := range v.Elems() {
		if e.Kind() == KindString && set[string(e[1:])] {
			if found[string(e[1:])] = true; len(found) == len(set) {
				break
			}
		}
	}
	return len(found)
}
