package fn

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// Casts of arrays are found by the types of their elements, and made by these. What may depend
// on settings has a name of its own, for views to know.
var (
	_ = scalar("array_cast(anyarray) anyarray", "Casts the elements of an array.", castElements(Explicit), Fallible, Inner, Scans)
	_ = scalar("array_cast_stable(anyarray) anyarray", "Casts the elements of an array by the session's settings.", castElements(Explicit), Fallible, IsStable, Inner, Scans)
	_ = scalar("array_assign(anyarray) anyarray", "Casts the elements of an array as an assignment does.", castElements(Assignment), Fallible, Inner, Scans)
	_ = scalar("array_assign_stable(anyarray) anyarray", "Casts the elements of an array as an assignment does, by the session's settings.", castElements(Assignment), Fallible, IsStable, Inner, Scans)

	_ = scalar("array_out(anyarray) text", "The text of an array.", toText, Inner, Scans)
	_ = scalar("array_out_stable(anyarray) text", "The text of an array by the session's settings.", toText, IsStable, Inner, Scans)
	_ = scalar("array_in(any) anyarray", "Reads an array from text.", fromText, Fallible, Inner, Scans)
	_ = scalar("array_in_stable(any) anyarray", "Reads an array from text by the session's settings.", fromText, Fallible, IsStable, Inner, Scans)
)

// arrayCasts are the names of the functions that casts of arrays are made of.
var arrayCasts = []string{"array_cast", "array_cast_stable", "array_assign", "array_assign_stable",
	"array_out", "array_out_stable", "array_in", "array_in_stable"}

// viaArray reports whether a cast is one of arrays.
func viaArray(from, to col.Type) bool {
	_, source := from.Element()
	_, target := to.Element()
	return source && (target || isString(to)) || target && isString(from)
}

// isString reports whether texts of the type are those that casts through text come from.
func isString(t col.Type) bool {
	return t.Is(col.Text) || t.Is(col.Varchar) || t.Is(col.Bpchar) || t.Is(col.Name)
}

func castArray(from, to col.Type, context CastContext) (steps []CastStep, ok bool) {
	source, isArray := from.Element()
	target, toArray := to.Element()
	switch {
	case !toArray:
		steps, ok = Cast(col.Text, to, context)
		return slices.Insert(steps, 0, arrayStep("array_out", "(anyarray)", settingsTell(source), col.Text)), ok && context >= Assignment
	case !isArray:
		if context < Explicit {
			return nil, false
		}
		steps = append(steps, arrayStep("array_in", "(any)", settingsTell(target), untyped(to)))
		if to.Mod >= 0 {
			more, _ := castArray(untyped(to), to, context)
			steps = append(steps, more...)
		}
		return steps, true
	}
	source.Mod, target.Mod = from.Mod, to.Mod
	elements, ok := Cast(source, target, context)
	if !ok || len(elements) == 0 && from.Is(to) {
		return nil, ok
	}
	name := "array_assign"
	if context == Explicit {
		name = "array_cast"
	}
	stable := slices.ContainsFunc(elements, func(s CastStep) bool { return s.Fn.Volatility != Immutable })
	return []CastStep{arrayStep(name, "(anyarray)", stable, to)}, true
}

func arrayStep(name, params string, stable bool, to col.Type) CastStep {
	if stable {
		name += "_stable"
	}
	return CastStep{ByID(name + params), to}
}

// settingsTell reports whether the text of a type depends on settings.
func settingsTell(t col.Type) bool {
	i, _ := t.Info()
	return slices.Contains(stableText, i.Name)
}

// castElements casts the elements of all arrays of a batch at once.
func castElements(context CastContext) Kernel {
	return func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		from, _ := a[0].Type.Element()
		to, _ := out.Type.Element()
		source := from
		source.Mod, to.Mod = a[0].Type.Mod, out.Type.Mod
		f := flatten(c, a[0], sel, n)
		elems := f.elems
		if steps, _ := Cast(source, to, context); f.elems.N > 0 {
			before := len(c.marks)
			for _, s := range steps {
				elems = s.Fn.Apply(c, []*col.Vector{elems}, nil, f.elems.N, s.To)
			}
			f.remark(c, before, out)
		}
		f.build(c, elems, out)
	}
}

// flat are the elements of the arrays of a batch, one array behind the other.
type flat struct {
	elems  *col.Vector
	lanes  []int // of each array
	ends   []int // where the elements of each end
	shapes []col.Shape
}

// flatten lays the elements of the selected arrays of a vector in a row; a NULL has none.
func flatten(c *Ctx, v *col.Vector, sel []uint32, n int) *flat {
	elem, _ := v.Type.Element()
	f, m := &flat{elems: c.Vec(elem)}, mask(v, n)
	span(sel, n, func(i int) {
		if v.Null(i & m) {
			return
		}
		a := col.ArrayOf(v.Bytes(i&m), elem)
		a.AppendTo(f.elems, 0, a.N)
		f.lanes, f.ends, f.shapes = append(f.lanes, i), append(f.ends, f.elems.N), append(f.shapes, a.Shape)
	})
	return f
}

// laneOf is the lane of the array that an element is of.
func (f *flat) laneOf(elem int) int {
	at, _ := slices.BinarySearch(f.ends, elem+1)
	return f.lanes[at]
}

// remark turns the errors of elements into errors of their arrays, which become NULL.
func (f *flat) remark(c *Ctx, before int, out *col.Vector) {
	for k := before; k < len(c.marks); k++ {
		c.marks[k].Lane = f.laneOf(c.marks[k].Lane)
		c.SetNull(out, c.marks[k].Lane)
	}
}

// build sets the arrays that have their elements in elems, as many as before.
func (f *flat) build(c *Ctx, elems, out *col.Vector) {
	from := 0
	for k, lane := range f.lanes {
		if !out.Null(lane) {
			c.buf = col.AppendArray(c.buf[:0], &f.shapes[k], elems, from)
			out.SetBytes(lane, c.buf)
		}
		from = f.ends[k]
	}
}
