package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = binds(func(b *binder, x *ast.Array) (expr.Expr, error) { return b.arrayOf(x, col.Type{}) })

// arrayOf binds ARRAY[…]. elem, if it is a type, is that of the elements, to which a cast around
// brings them; else they have their common type. Members that are arrays make dimensions.
func (b *binder) arrayOf(x *ast.Array, elem col.Type) (expr.Expr, error) {
	members, nested := make([]expr.Expr, len(x.Elems)), false
	for i, m := range x.Elems {
		var err error
		inner, ok := m.(*ast.Array)
		if ok {
			members[i], err = b.arrayOf(inner, elem)
		} else {
			members[i], err = b.expr(m)
		}
		if err != nil {
			return nil, err
		}
		t := members[i].Type()
		_, array := t.Element()
		nested = nested || array && !isVector(t)
	}
	if elem.OID == 0 && len(members) == 0 {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.IndeterminateDatatype, "cannot determine type of empty array").
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."))
	}
	t, err := b.memberType(x, members, elem, nested)
	if err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return b.coerce(expr.NewUnknown("{}"), t, fn.Explicit)
	}
	f := fn.ByID("array_of(variadic any)")
	to, ok := t.Element()
	if nested {
		f, to = fn.ByID("array_of_arrays(variadic any)"), t
	}
	if context := fn.Implicit; ok {
		if elem.OID != 0 {
			context, to.Mod = fn.Explicit, elem.Mod
		}
		for i := range members {
			if members[i], err = b.coerce(members[i], to, context); err != nil {
				return nil, b.env.at(leftmost(x.Elems[i]), err)
			}
		}
	}
	return expr.NewCall(f, t, members...), nil
}

// isVector reports whether a type is one of the catalogs' arrays, which have one dimension and no NULLs.
func isVector(t col.Type) bool { return t.OID == col.OIDInt2vector || t.OID == col.OIDOidvector }

// vectorOf is ARRAY[…] as one of those.
func (b *binder) vectorOf(x *ast.Array, t col.Type) (expr.Expr, error) {
	elem, _ := t.Element()
	invalid := len(x.Elems) == 0 || slices.ContainsFunc(x.Elems, func(m ast.Expr) bool {
		_, nested := m.(*ast.Array)
		_, null := m.(*ast.Null)
		return nested || null
	})
	if invalid {
		err := pgerr.New(pgerr.DatatypeMismatch, "array is not a valid %s", t)
		err.Nowhere = true
		return nil, err
	}
	array, err := b.arrayOf(x, elem)
	if err != nil {
		return nil, err
	}
	return b.cast(array, t, x.Pos)
}

// memberType is the type of ARRAY[…] with such members.
func (b *binder) memberType(x *ast.Array, members []expr.Expr, elem col.Type, nested bool) (col.Type, error) {
	if elem.OID == 0 {
		_, common, err := b.common("ARRAY", members, x.Elems)
		if err != nil {
			return common, err
		}
		if elem = common; nested {
			if _, ok := common.Element(); !ok {
				return common, pgerr.New(pgerr.UndefinedObject, "could not find element type for data type %s", common)
			}
			return common, nil
		}
	}
	t, ok := elem.Array()
	if !ok {
		return t, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", bare(elem))
	}
	return t, nil
}

// subscripts lists those of x[1][2:3], first to last, and what they are applied to.
func subscripts(x *ast.Subscript) (base ast.Expr, list []*ast.Subscript) {
	for {
		list = append([]*ast.Subscript{x}, list...)
		inner, ok := x.Expr.(*ast.Subscript)
		if !ok {
			return x.Expr, list
		}
		x = inner
	}
}

var _ = binds(func(b *binder, x *ast.Subscript) (expr.Expr, error) {
	of, list := subscripts(x)
	e, err := b.expr(of)
	if err != nil {
		return nil, err
	}
	if e.Type().Is(col.JSONB) {
		return b.jsonSubscripts(e, list)
	}
	elem, ok := e.Type().Element()
	if !ok {
		return nil, b.env.at(of.Position(), errSubscripting(e.Type()))
	}
	args, spec, err := b.bounds(list)
	if err != nil {
		return nil, err
	}
	if call, ok := e.(*expr.Call); ok && spec == "" && len(args) == 1 && call.Fn.Name == "regexp_match" {
		return expr.NewCall(fn.ByID("regexp_group(text,text,text,int4)"), col.Text, append(slices.Clone(call.Args()), args...)...), nil
	}
	if spec == "" {
		return expr.NewCall(fn.ByID("array_get(anyarray,variadic int4)"), elem, append([]expr.Expr{e}, args...)...), nil
	}
	t, _ := elem.Array()
	t.Mod = e.Type().Mod
	return expr.NewCall(fn.ByID("array_slice(anyarray,text,variadic int4)"), t, append([]expr.Expr{e, expr.NewText(spec)}, args...)...), nil
})

func errSubscripting(t col.Type) error {
	return pgerr.New(pgerr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", bare(t))
}

// bounds binds subscripts. When one of them is a slice all are, x[2] as x[1:2], and spec tells
// which bounds are written.
func (b *binder) bounds(list []*ast.Subscript) (args []expr.Expr, spec string, err error) {
	if len(list) > col.MaxDims {
		return nil, "", b.env.at(list[0].Pos, pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(list), col.MaxDims))
	}
	slice := false
	for _, s := range list {
		slice = slice || s.Slice
	}
	for _, s := range list {
		low, high := s.Low, s.High
		if !slice {
			high = nil
		} else if !s.Slice {
			low, high = nil, s.Low
		}
		for k, bound := range []ast.Expr{low, high} {
			arg := expr.Expr(expr.NewNull(col.Int4))
			switch {
			case bound != nil:
				if arg, err = b.subscript(bound); err != nil {
					return nil, "", err
				}
				spec += "lu"[k : k+1]
			case !slice:
				continue
			case !s.Slice: // x[2] beside a slice
				arg = expr.NewInt4(1)
				spec += "l"
			default:
				spec += "-"
			}
			args = append(args, arg)
		}
	}
	if !slice {
		spec = ""
	}
	return args, spec, nil
}

// subscript binds one bound.
func (b *binder) subscript(x ast.Expr) (expr.Expr, error) {
	e, err := b.expr(x)
	if err != nil {
		return nil, err
	}
	c, err := b.coerce(e, col.Int4, fn.Assignment)
	if pgerr.CodeOf(err) == pgerr.CannotCoerce {
		err = pgerr.New(pgerr.DatatypeMismatch, "array subscript must have type integer")
	}
	return c, b.env.at(x.Position(), err)
}

// jsonSubscripts is x['a'][1], which is x #> '{a,1}'.
func (b *binder) jsonSubscripts(e expr.Expr, list []*ast.Subscript) (expr.Expr, error) {
	path, _, err := b.jsonPath(list)
	if err != nil {
		return nil, err
	}
	return b.operator("#>", e, path)
}

// jsonPath is the path that subscripts of a jsonb value are; element says that the first of them is
// a number.
func (b *binder) jsonPath(list []*ast.Subscript) (all expr.Expr, element bool, err error) {
	path := make([]expr.Expr, len(list))
	for i, s := range list {
		if s.Slice {
			at := s.Pos
			for _, bound := range []ast.Expr{s.Low, s.High} {
				if bound != nil {
					at = bound.Position()
				}
			}
			return nil, false, b.env.at(at, pgerr.New(pgerr.DatatypeMismatch, "jsonb subscript does not support slices"))
		}
		k, err := b.value(s.Low)
		if err != nil {
			return nil, false, err
		}
		number := fn.CanCast(k.Type(), col.Int4, fn.Implicit) && !k.Type().Is(col.Unknown)
		element = element || i == 0 && number
		if number {
			k, err = b.coerce(k, col.Int4, fn.Implicit)
		} else if !fn.CanCast(k.Type(), col.Text, fn.Implicit) {
			err = pgerr.New(pgerr.DatatypeMismatch, "subscript type %s is not supported", bare(k.Type())).
				WithHint("jsonb subscript must be coercible to either integer or text.")
		}
		if err == nil {
			path[i], err = b.coerce(k, col.Text, fn.Explicit)
		}
		if err != nil {
			return nil, false, b.env.at(s.Low.Position(), err)
		}
	}
	return expr.NewCall(fn.ByID("array_of(variadic any)"), col.TextArray, path...), element, nil
}

// anyOfValue is x op ANY (array), or ALL, over an array that is not written out. Equality looks
// in a set where the array is one for all rows.
func (b *binder) anyOfValue(x *ast.Quantified) (expr.Expr, error) {
	operand, err := b.expr(x.Expr)
	if err != nil {
		return nil, err
	}
	array, err := b.array(x.Array, operand.Type())
	if err != nil {
		return nil, err
	}
	elem, ok := array.Type().Element()
	if !ok {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.WrongObjectType, "op ANY/ALL (array) requires array on right side"))
	}
	m, err := fn.ResolveOperator(x.Op.Name, []col.Type{operand.Type(), elem})
	if err != nil {
		return nil, err
	}
	if !m.Ret.Is(col.Bool) {
		return nil, b.env.at(x.Pos, errNotBoolean)
	}
	left, right := bare(m.Args[0]), bare(m.Args[1])
	equal := x.Op.Name == "=" && !x.All || x.Op.Name == "<>" && x.All
	if equal {
		if common, err := fn.CommonType("ANY", []col.Type{left, right}); err == nil {
			left, right = common, common
		}
	}
	if operand, err = b.coerce(operand, left, fn.Implicit); err != nil {
		return nil, err
	}
	to, ok := right.Array()
	if !ok {
		return nil, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", right)
	}
	if array, err = b.coerce(array, to, fn.Implicit); err != nil {
		return nil, err
	}
	if !equal || left != right {
		return expr.NewQuantified(m.Fn, x.All, operand, array), nil
	}
	in := expr.Expr(expr.NewCall(fn.ByID("in_array(anyelement,anyarray)"), col.Bool, operand, array))
	if x.All {
		in = expr.NewNot(in)
	}
	return in, nil
}

var errNotBoolean = pgerr.New(pgerr.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")

// array binds an array; what has no type yet is one of the other operand's type.
func (b *binder) array(x ast.Expr, elem col.Type) (expr.Expr, error) {
	e, err := b.expr(x)
	if err != nil || !e.Type().Is(col.Unknown) {
		return e, err
	}
	if elem.Is(col.Varchar) || elem.Is(col.Unknown) { // its = is that of text
		elem = col.Text
	}
	t, ok := bare(elem).Array()
	if !ok {
		return nil, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", bare(elem))
	}
	c, err := b.coerce(e, t, fn.Implicit)
	return c, b.env.at(x.Position(), err)
}
