package jsonb

import (
	"bytes"
	"math"

	"github.com/millracedb/millrace/base/pgerr"
)

func invalidParameter(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidParameterValue, format, args...)
}

// build runs write over a fresh Builder that appends to dst.
func build(dst []byte, write func(b *Builder)) ([]byte, error) {
	var b Builder
	b.Reset(dst)
	write(&b)
	return b.Finish()
}

// Concat appends v || w: objects merge, w's values winning; anything else becomes the
// concatenation of arrays, a value that is no array standing for an array of itself.
func Concat(dst []byte, v, w Value) ([]byte, error) {
	return build(dst, func(b *Builder) {
		if v.Kind() == KindObject && w.Kind() == KindObject {
			b.BeginObject()
			b.fields(v)
			b.fields(w)
			b.End()
			return
		}
		b.BeginArray()
		b.elems(v)
		b.elems(w)
		b.End()
	})
}

func (b *Builder) fields(v Value) {
	for k, e := range v.Fields() {
		b.Key(k)
		b.Value(e)
	}
}

func (b *Builder) elems(v Value) {
	if v.Kind() != KindArray {
		b.Value(v)
		return
	}
	for _, e := range v.Elems() {
		b.Value(e)
	}
}

// DeleteKey appends v without the pair of key, or without the elements that are the
// string key (the operator - with text). 22023 for a scalar.
func DeleteKey(dst []byte, v Value, key []byte) ([]byte, error) {
	return DeleteKeys(dst, v, Path{key})
}

// DeleteKeys is DeleteKey for each of keys; NULL keys count for nothing.
func DeleteKeys(dst []byte, v Value, keys Path) ([]byte, error) {
	if v.IsScalar() {
		return dst, invalidParameter("cannot delete from scalar")
	}
	among := keys.set()
	return build(dst, func(b *Builder) {
		if v.Kind() == KindArray {
			b.BeginArray()
		} else {
			b.BeginObject()
		}
		for _, e := range v.Elems() {
			if e.Kind() != KindString || !among[string(e.Text())] {
				b.Value(e)
			}
		}
		for k, e := range v.Fields() {
			if !among[string(k)] {
				b.Key(k)
				b.Value(e)
			}
		}
		b.End()
	})
}

// DeleteIndex appends the array v without element i, counted from the end if negative
// (the operator - with an integer). 22023 for a scalar or an object.
func DeleteIndex(dst []byte, v Value, i int) ([]byte, error) {
	switch {
	case v.IsScalar():
		return dst, invalidParameter("cannot delete from scalar")
	case v.Kind() == KindObject:
		return dst, invalidParameter("cannot delete from object using integer index")
	}
	n := v.Len()
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return append(dst, v...), nil
	}
	return build(dst, func(b *Builder) {
		b.BeginArray()
		for j, e := range v.Elems() {
			if j != i {
				b.Value(e)
			}
		}
		b.End()
	})
}

type pathOp uint8

const (
	opDelete pathOp = iota
	opReplace
	opCreate
	opInsertBefore
	opInsertAfter
)

// creates reports whether the operation adds what is not there yet.
func (op pathOp) creates() bool { return op >= opCreate }

// inserts reports whether the operation keeps what stands at the place.
func (op pathOp) inserts() bool { return op >= opInsertBefore }

// DeletePath appends v without what stands at path (the operator #-).
func DeletePath(dst []byte, v Value, path Path) ([]byte, error) {
	if v.IsScalar() {
		return dst, invalidParameter("cannot delete path in scalar")
	}
	if v.Len() == 0 || len(path) == 0 {
		return append(dst, v...), nil
	}
	return changePath(dst, v, path, nil, opDelete)
}

// Set appends v with what stands at path replaced by w (jsonb_set); create adds it if
// only the last step is missing.
func Set(dst []byte, v Value, path Path, w Value, create bool) ([]byte, error) {
	if v.IsScalar() {
		return dst, invalidParameter("cannot set path in scalar")
	}
	if v.Len() == 0 && !create || len(path) == 0 {
		return append(dst, v...), nil
	}
	op := opReplace
	if create {
		op = opCreate
	}
	return changePath(dst, v, path, w, op)
}

// SetLax is jsonb_set_lax: a nil w is an SQL NULL and treatment says what to do with it.
func SetLax(dst []byte, v Value, path Path, w Value, create bool, treatment string) ([]byte, error) {
	if w != nil {
		return Set(dst, v, path, w, create)
	}
	switch treatment {
	case "raise_exception":
		return dst, pgerr.New(pgerr.NullValueNotAllowed, "JSON value must not be null").
			WithDetail(`Exception was raised because null_value_treatment is "raise_exception".`).
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	case "use_json_null":
		return Set(dst, v, path, NullValue, create)
	case "delete_key":
		return DeletePath(dst, v, path)
	case "return_target":
		return append(dst, v...), nil
	}
	return dst, invalidParameter(`null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
}

// Insert appends v with w inserted at path (jsonb_insert), before or after an element
// that stands there; 22023 for a key that exists.
func Insert(dst []byte, v Value, path Path, w Value, after bool) ([]byte, error) {
	if v.IsScalar() {
		return dst, invalidParameter("cannot set path in scalar")
	}
	if len(path) == 0 {
		return append(dst, v...), nil
	}
	op := opInsertBefore
	if after {
		op = opInsertAfter
	}
	return changePath(dst, v, path, w, op)
}

func changePath(dst []byte, v Value, path Path, w Value, op pathOp) ([]byte, error) {
	return build(dst, func(b *Builder) {
		c := pathChange{b: b, path: path, with: w, op: op}
		c.value(v, 0)
	})
}

// pathChange copies a value and changes what the path points at, level by level, in the
// order in which PostgreSQL's setPath finds errors.
type pathChange struct {
	b    *Builder
	path Path
	with Value
	op   pathOp
}

func (c *pathChange) value(v Value, level int) {
	kind := v.Kind()
	if c.path[level] == nil {
		c.b.fail(pgerr.New(pgerr.NullValueNotAllowed, "path element at position %d is null", level+1))
	}
	if c.b.err != nil {
		return
	}
	switch kind {
	case KindArray:
		c.array(v, level)
	case KindObject:
		c.object(v, level)
	default:
		c.b.Value(v)
	}
}

func (c *pathChange) object(v Value, level int) {
	step, last := c.path[level], level == len(c.path)-1
	b := c.b
	b.BeginObject()
	found := false
	for k, e := range v.Fields() {
		if !bytes.Equal(k, step) {
			b.Key(k)
			b.Value(e)
			continue
		}
		found = true
		switch {
		case !last:
			b.Key(k)
			c.value(e, level+1)
		case c.op.inserts():
			b.fail(invalidParameter("cannot replace existing key").
				WithHint("Try using the function jsonb_set to replace key value."))
		case c.op != opDelete:
			b.Key(k)
			b.Value(c.with)
		}
	}
	if !found && last && c.op.creates() {
		b.Key(step)
		b.Value(c.with)
	}
	b.End()
}

func (c *pathChange) array(v Value, level int) {
	n, last := v.Len(), level == len(c.path)-1
	b := c.b
	at, ok := index(c.path[level])
	if !ok {
		b.fail(pgerr.New(pgerr.InvalidTextRepresentation,
			`path element at position %d is not an integer: "%s"`, level+1, c.path[level]))
		return
	}
	b.BeginArray()
	if at < 0 {
		if at += n; at < 0 {
			at = math.MinInt
		}
	}
	done := false
	if last && c.op.creates() && (at == math.MinInt || n == 0) {
		b.Value(c.with)
		done = true
	}
	for i, e := range v.Elems() {
		switch {
		case i != at:
			b.Value(e)
		case !last:
			c.value(e, level+1)
		default:
			done = true
			c.element(e)
		}
	}
	if last && !done && c.op.creates() {
		b.Value(c.with)
	}
	b.End()
}

// element writes what takes the place of the array element e.
func (c *pathChange) element(e Value) {
	switch c.op {
	case opReplace, opCreate:
		c.b.Value(c.with)
	case opInsertBefore:
		c.b.Value(c.with)
		c.b.Value(e)
	case opInsertAfter:
		c.b.Value(e)
		c.b.Value(c.with)
	}
}

// StripNulls appends v without the pairs whose value is null, at every level; elements
// of arrays stay.
func StripNulls(dst []byte, v Value) ([]byte, error) {
	return build(dst, func(b *Builder) { b.stripNulls(v) })
}

func (b *Builder) stripNulls(v Value) {
	kind := v.Kind()
	if kind < KindArray || b.err != nil {
		b.Value(v)
		return
	}
	if kind == KindArray {
		b.BeginArray()
	} else {
		b.BeginObject()
	}
	for _, e := range v.Elems() {
		b.stripNulls(e)
	}
	for k, e := range v.Fields() {
		if e.Kind() != KindNull {
			b.Key(k)
			b.stripNulls(e)
		}
	}
	b.End()
}
