package planner

import (
	"bytes"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
)

// Functions over the arrays of the catalogs: those that are no text[] stand there as their
// text, an int2vector or oidvector as its elements with blanks between.
var (
	_ = fn.Register("array_to_string(any, text) text", "The elements joined by a string; NULLs are left out.", plainTexts(joinElements), fn.Fallible)
	_ = fn.Register("array_length(any, int4) int4", "The number of elements along a dimension.", dimension("array_length", func(n, _ int) int { return n }), fn.Fallible)
	_ = fn.Register("array_upper(any, int4) int4", "The place of the last element along a dimension.", dimension("array_upper", func(n, first int) int { return first + n - 1 }), fn.Fallible)
	_ = fn.Register("array_lower(any, int4) int4", "The place of the first element along a dimension.", dimension("array_lower", func(_, first int) int { return first }), fn.Fallible)
	_ = fn.Register("cardinality(any) int4", "The number of elements.", plainKernel(func(r *row, out *col.Vector) error {
		elems, _, err := r.elements("cardinality", 0)
		out.I32[r.lane] = int32(len(elems))
		return err
	}), fn.Fallible)
)

const (
	oidInt2vector col.OID = 22
	oidOidvector  col.OID = 30
)

// elements are the elements of array k, nil for NULL, and the place of the first. An argument
// that is no array is 42883.
func (r *row) elements(function string, k int) (elems [][]byte, first int, err error) {
	v, b := r.args[k], []byte(nil)
	if v.Kind.IsView() {
		b = v.Bytes(r.at(k))
	}
	switch t := v.Type.OID; {
	case t == col.OIDTextArray:
		return typeio.TextArray(b).Elems(), 1, nil
	case t == oidInt2vector || t == oidOidvector:
		return bytes.Fields(b), 0, nil
	case catalog.IsArray(t):
		parsed := col.NewVector(col.TextArray)
		if err := typeio.ParseText(parsed, b, nil); err != nil {
			return nil, 0, err
		}
		return typeio.TextArray(parsed.Bytes(0)).Elems(), 1, nil
	}
	return nil, 0, pgerr.New(pgerr.UndefinedFunction, "function %s(%s) does not exist", function, v.Type).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

func joinElements(r *row) (string, bool, error) {
	elems, _, err := r.elements("array_to_string", 0)
	if err != nil {
		return "", false, err
	}
	var out []byte
	for _, e := range elems {
		if e == nil {
			continue
		}
		if out != nil {
			out = append(out, r.text(1)...)
		} else {
			out = []byte{}
		}
		out = append(out, e...)
	}
	return string(out), true, nil
}

// dimension makes the kernel of a function of an array's length and first place; NULL for an
// empty array and for every dimension but the first.
func dimension(function string, f func(n, first int) int) fn.Kernel {
	return plainKernel(func(r *row, out *col.Vector) error {
		elems, first, err := r.elements(function, 0)
		if err != nil {
			return err
		}
		if len(elems) == 0 || r.int4(1) != 1 {
			return errNull
		}
		out.I32[r.lane] = int32(f(len(elems), first))
		return nil
	})
}
