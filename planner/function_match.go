package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// candidates are the functions of a name that a call may mean: those of users, and with system set
// those of the system, which hide functions of users that take the same types.
func (b *binder) candidates(users []*catalog.Function, bound *boundCall, system bool, name string) (all []*fn.Scalar, byScalar map[*fn.Scalar]*catalog.Function, err error) {
	if system {
		all = slices.Clone(fn.Named(name))
		for i := range procs() {
			if p := &procs()[i]; p.name == name && (p.kind != 'f' || p.set) {
				s := &fn.Scalar{Name: name, Ret: p.ret, Variadic: p.variadic}
				for _, t := range p.args {
					s.Params = append(s.Params, fn.Param{Type: t})
				}
				all = append(all, s)
			}
		}
	}
	byScalar = map[*fn.Scalar]*catalog.Function{}
	for _, f := range users {
		if bound.names != nil && !bound.variadic && f.IsVariadic() {
			continue // names cannot list elements
		}
		s, err := b.signature(f, bound.lists(f))
		if err != nil {
			return nil, nil, err
		}
		hides := func(o *fn.Scalar) bool {
			return byScalar[o] == nil && slices.EqualFunc(o.Params, s.Params, func(p, q fn.Param) bool { return p.Type.Is(q.Type) })
		}
		if !slices.ContainsFunc(all, hides) && b.takesRows(f, bound) {
			byScalar[s] = f
			all = append(all, s)
		}
	}
	listing := func(s *fn.Scalar) bool {
		return byScalar[s] != nil && s.Variadic && slices.ContainsFunc(all, func(o *fn.Scalar) bool { return !o.Variadic && bound.sameTypes(o, s) })
	}
	return slices.DeleteFunc(all, listing), byScalar, nil
}

// boundCall is the arguments of a call, when they are bound before it is known what it means.
type boundCall struct {
	args     []expr.Expr
	names    []string
	variadic bool // the last one is an array of further ones
}

func (b *binder) bindCall(x *ast.Call) (*boundCall, error) {
	args, names, err := b.arguments(x)
	return &boundCall{args, names, x.Variadic}, err
}

// lists reports whether a call of a function lists the elements of its last parameter.
func (c *boundCall) lists(f *catalog.Function) bool {
	return f.IsVariadic() && !c.variadic && c.names == nil && len(c.args) >= len(f.Inputs())
}

// sameTypes reports whether a function takes the arguments as the types that one takes which lists its last ones: it goes
// before that.
func (c *boundCall) sameTypes(o, listing *fn.Scalar) bool {
	if len(o.Params) < len(c.args) || slices.ContainsFunc(o.Params[len(c.args):], func(p fn.Param) bool { return !p.HasDef }) {
		return false
	}
	for i := range c.args {
		if !o.Params[i].Type.Is(listing.Params[min(i, len(listing.Params)-1)].Type) {
			return false
		}
	}
	return true
}

// signature is a function as calls are matched with it, which may list the elements of the last parameter.
func (e *env) signature(f *catalog.Function, lists bool) (*fn.Scalar, error) {
	s := &fn.Scalar{Name: f.Name, Ret: f.Result, Variadic: lists}
	for _, p := range f.Inputs() {
		if lists && p.Mode == catalog.ParamVariadic {
			s.Params = append(s.Params, fn.Param{Type: fn.ElementOf(p.Type)})
			break
		}
		if e.rowsOf(p.Type) != nil {
			p.Type = anyRow
		}
		param := fn.Param{Name: p.Name, Type: p.Type, HasDef: p.Default != ""}
		if param.HasDef && fn.IsPolymorphic(p.Type) {
			x, err := e.inFunction(f).storedExpr(p.Default, nil, inDefault)
			if err != nil {
				return nil, err
			}
			param.Given = x.Type()
		}
		s.Params = append(s.Params, param)
	}
	return s, nil
}

var anyRow = col.Type{OID: col.OIDRecord, Mod: -1}

// rowsOf is the relation whose rows a type is; nil: it is another type.
func (e *env) rowsOf(t col.Type) *catalog.Relation {
	if r := e.Catalog.Relation(t.OID - 1); r != nil && r.TypeOID() == t.OID {
		return r
	}
	return nil
}

// fieldsOfRows is the type of a relation's rows with their fields.
func (e *env) fieldsOfRows(r *catalog.Relation) (t col.Type, fields []col.Column) {
	for _, c := range r.Columns {
		if !c.Hidden {
			fields = append(fields, col.Column{Name: c.Name, Type: e.withFields(c.Type, c.Fields)})
		}
	}
	return e.rowType(fields), fields
}

// takesRows reports whether the rows among the arguments of a call are those that a function takes.
func (b *binder) takesRows(f *catalog.Function, bound *boundCall) bool {
	inputs := f.Inputs()
	for i, x := range bound.args {
		at := i
		if bound.names != nil && bound.names[i] != "" {
			at = slices.IndexFunc(inputs, func(p catalog.Param) bool { return p.Name == bound.names[i] })
		}
		if at < 0 || at >= len(inputs) {
			return true // the names or the number tell
		}
		r := b.rowsOf(inputs[at].Type)
		if r == nil || x.Type().Is(col.Unknown) {
			continue
		}
		_, want := b.fieldsOfRows(r)
		if given, _ := b.fieldsOf(x.Type()); !slices.EqualFunc(given, want, sameType) {
			return false
		}
	}
	return true
}

// listed is the array of the last arguments of a call that lists them.
func (b *binder) listed(m *fn.Match, args []expr.Expr, x *ast.Call) (expr.Expr, error) {
	first := len(m.Fn.Params) - 1
	array, ok := m.Args[first].Array()
	if !ok {
		err := pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", bare(m.Args[first]))
		return nil, b.env.at(x.Args[first].Position(), err)
	}
	var elements []expr.Expr
	for i, arg := range args[first:] {
		e, err := b.coerce(arg, m.Args[first], fn.Implicit)
		if err != nil {
			return nil, b.env.at(x.Args[first+i].Position(), err)
		}
		elements = append(elements, e)
	}
	return expr.NewCall(fn.ByID("array_of(variadic any)"), array, elements...), nil
}

func sameType(a, b col.Column) bool { return a.Type.Is(b.Type) }
