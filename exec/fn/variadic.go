package fn

import "github.com/millracedb/millrace/base/col"

// SpreadsNull takes VARIADIC NULL for no arguments; the answer of other functions is NULL.
var SpreadsNull Option = func(s *Scalar) { s.spreadsNull = true }

// spread registers what f(…, VARIADIC array) calls: f with the elements of its last argument, an
// array, in place of it.
func (s *Scalar) spread() {
	t := *s
	t.Params = append([]Param(nil), s.Params...)
	last := &t.Params[len(t.Params)-1]
	if last.Type != Any { // the planner sees to it that any is an array
		last.Type, _ = last.Type.Array()
	}
	t.Variadic, t.Spread, t.Inner, t.Total, t.Dense, t.Filter = false, true, true, false, false, nil
	t.Kernel = func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		got := c.Vec(out.Type)
		each(c, sel, n, out, got, func(i int) error { return s.appendSpread(c, got, a, i, n) })
	}
	s.spreads = &t
	byID[t.ID()] = &t
}

// appendSpread appends the answer for the arguments in lane i; nothing for NULL.
func (s *Scalar) appendSpread(c *Ctx, got *col.Vector, a []*col.Vector, i, n int) error {
	var args []*col.Vector
	for _, v := range a[:len(a)-1] {
		args = append(args, oneValue(v, i&mask(v, n)))
	}
	array := a[len(a)-1]
	elem, _ := array.Type.Element()
	var r col.Array
	switch at := i & mask(array, n); {
	case !array.Null(at):
		r = col.ArrayOf(array.Bytes(at), elem)
	case !s.spreadsNull:
		return nil
	}
	for k := range r.N {
		v := col.NewVector(elem)
		r.AppendTo(v, k, k+1)
		args = append(args, v)
	}
	before := len(c.marks)
	v := s.Apply(c, args, nil, 1, got.Type)
	if err := c.CutMarks(before); err != nil {
		return err
	}
	if !v.Null(0) {
		got.AppendFrom(v, 0)
	}
	return nil
}

// oneValue is a vector of lane i of v alone.
func oneValue(v *col.Vector, i int) *col.Vector {
	out := &col.Vector{}
	out.ResetKind(v.Type, v.Kind, v.Scale)
	if v.Null(i) {
		out.AppendNull()
	} else {
		out.AppendFrom(v, i)
	}
	return out
}

// ResolveVariadic is Resolve for a call whose last argument is marked VARIADIC: of a function that
// takes any number of arguments it is the array of them. Where any type is taken, the caller must
// see to it that it is an array.
func ResolveVariadic(name string, args []col.Type, names []string) (*Match, error) {
	var overloads []*Scalar
	for _, s := range byName[name] {
		if s.spreads != nil {
			s = s.spreads
		}
		overloads = append(overloads, s)
	}
	return ResolveAmong(overloads, name, args, names)
}
