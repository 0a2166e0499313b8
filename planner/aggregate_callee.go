package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// callee is a function that an aggregate is made of.
type callee struct {
	*fn.Scalar
	user *catalog.Function // nil: it is one of the system
}

func (c callee) strict() bool {
	if c.user != nil {
		return c.user.Strict
	}
	return !c.NonStrict
}

func (e *env) calleeOf(c catalog.Callee) (callee, error) {
	if c.OID == 0 {
		if s := fn.ByID(c.ID); s != nil {
			return callee{Scalar: s}, nil
		}
		return callee{}, pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", c.ID)
	}
	f := e.Catalog.Function(c.OID)
	if f == nil {
		return callee{}, pgerr.New(pgerr.UndefinedFunction, "function with OID %d does not exist", c.OID)
	}
	e.uses[f.OID] = f.Version
	s, err := e.signature(f, false)
	return callee{s, f}, err
}

// callOver calls a function with arguments of which none is NULL where it is strict: its value is of
// the type want, unless that is the zero type.
func (b *binder) callOver(ref catalog.Callee, args []expr.Expr, want col.Type) (x expr.Expr, strict bool, err error) {
	c, err := b.calleeOf(ref)
	if err != nil {
		return nil, false, err
	}
	m, err := fn.ResolveAmong([]*fn.Scalar{c.Scalar}, c.Name, exprTypes(args), nil)
	if err != nil {
		return nil, false, err
	}
	if want.OID != 0 && !m.Ret.Is(want) {
		return nil, false, pgerr.New(pgerr.DatatypeMismatch, "return type of transition function %s is not %s", c.Name, b.Catalog.FormatType(b.Path, want))
	}
	if c.user == nil {
		x, err = b.call(m, args, nil)
		return x, c.strict(), err
	}
	f := *c.user
	f.Strict = false
	call := &functionCall{Function: &f, match: m, ret: m.Ret}
	written := &ast.Call{Name: ast.Name{Name: f.Name}}
	for range args {
		written.Args = append(written.Args, &ast.Null{})
	}
	if err = b.callArguments(call, m, args, written); err != nil {
		return nil, false, err
	}
	x, err = b.inline(call, written)
	return x, c.user.Strict, err
}

// ref is how the catalog names a callee.
func (c callee) ref() catalog.Callee {
	if c.user != nil {
		return catalog.Callee{OID: c.user.OID}
	}
	return catalog.Callee{ID: c.ID()}
}

// lookup finds the function that an option names, which takes the types as they are and, unless want
// is the zero type, returns that.
func (m *aggregateMaker) lookup(option string, takes []col.Type, want col.Type, what string) (callee, error) {
	n := m.said[option].Type
	if n == nil {
		return callee{}, pgerr.New(pgerr.SyntaxError, "%s must name a function", option)
	}
	name := functionName(n)
	all, err := m.named(name)
	if err != nil {
		return callee{}, err
	}
	c, ret, err := among(all, name, takes)
	switch {
	case pgerr.CodeOf(err) == pgerr.UndefinedFunction:
		return callee{}, pgerr.New(pgerr.UndefinedFunction, "function %s(%s) does not exist", name.String(), m.typesText(takes))
	case err != nil:
		return callee{}, err
	case c.user != nil && c.user.Set:
		return callee{}, pgerr.New(pgerr.DatatypeMismatch, "function %s(%s) returns a set", name.String(), m.typesText(takes))
	}
	var declared []col.Type
	for _, p := range c.Params {
		declared = append(declared, p.Type)
	}
	for i, t := range takes {
		if d := declared[min(i, len(declared)-1)]; !fn.IsPolymorphic(d) && d != fn.Any && !relabels(t, d) {
			return callee{}, pgerr.New(pgerr.DatatypeMismatch, "function %s(%s) requires run-time type coercion", name.String(), m.typesText(declared))
		}
	}
	if want.OID != 0 && !ret.Is(want) {
		return callee{}, pgerr.New(pgerr.DatatypeMismatch, "return type of %s function %s is not %s", what, name.String(), m.typeText(want))
	}
	return c, nil
}

func (m *aggregateMaker) typesText(types []col.Type) string {
	var out []string
	for _, t := range types {
		out = append(out, m.typeText(t))
	}
	return strings.Join(out, ", ")
}

// functionName is the name of a function where the parser saw that of a type.
func functionName(n *ast.TypeName) ast.Name { return ast.Name{Schema: n.Schema, Name: n.Name} }

// named lists the functions of a name that are no aggregates.
func (m *aggregateMaker) named(name ast.Name) (all []callee, err error) {
	if name.Schema == "" || name.Schema == "pg_catalog" {
		for _, s := range fn.Named(name.Name) {
			all = append(all, callee{Scalar: s})
		}
	}
	for _, f := range m.Catalog.FunctionsNamed(m.Path, name.Schema, name.Name) {
		if f.Aggregate == nil {
			s, err := m.signature(f, false)
			if err != nil {
				return nil, err
			}
			all = append(all, callee{s, f})
		}
	}
	return all, nil
}

// among chooses one of the functions for types, of which some may be polymorphic: those a function
// must take as they are.
func among(all []callee, name ast.Name, takes []col.Type) (c callee, ret col.Type, err error) {
	exact := func(c callee) bool {
		return slices.EqualFunc(c.Params, takes, func(p fn.Param, t col.Type) bool { return p.Type.Is(t) })
	}
	if i := slices.IndexFunc(all, exact); i >= 0 {
		return all[i], all[i].Ret, nil
	}
	var sigs []*fn.Scalar
	for _, c := range all {
		sigs = append(sigs, c.Scalar)
	}
	m, err := fn.ResolveAmong(sigs, name.String(), takes, nil)
	if err != nil {
		return c, ret, err
	}
	return all[slices.IndexFunc(all, func(c callee) bool { return c.Scalar == m.Fn })], m.Ret, nil
}

// firstIsState reports whether a first argument may become the state as it is.
func (m *aggregateMaker) firstIsState(state col.Type) bool {
	in := m.inputs()
	return len(in) > 0 && relabels(in[0], state)
}

// relabels reports whether values of a type are those of another, too.
func relabels(from, to col.Type) bool {
	if from.Is(to) {
		return true
	}
	if fn.IsPolymorphic(from) || fn.IsPolymorphic(to) {
		return fn.Accepts(to, from)
	}
	steps, ok := fn.Cast(from, to, fn.Implicit)
	return ok && !slices.ContainsFunc(steps, func(s fn.CastStep) bool { return !s.Fn.Relabel })
}
