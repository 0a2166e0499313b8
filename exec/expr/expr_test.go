package expr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec/fn"
)

// sample is a batch of an int4, an int8, a bool and a text column, with NULLs, and columns of
// zeros between.
func sample(n int) *col.Batch {
	b := col.NewBatch(col.Int4, col.Int8, col.Bool, col.Text, col.Numeric)
	r := rand.New(rand.NewPCG(1, 2))
	null := func(v *col.Vector, value func()) {
		if r.IntN(5) == 0 {
			v.AppendNull()
		} else {
			value()
		}
	}
	for range n {
		null(&b.Cols[0], func() { b.Cols[0].AppendI32(int32(r.IntN(4))) })
		null(&b.Cols[1], func() { b.Cols[1].AppendI64(int64(r.IntN(4) - 1)) })
		null(&b.Cols[2], func() { b.Cols[2].AppendBool(r.IntN(2) == 0) })
		null(&b.Cols[3], func() { b.Cols[3].AppendString(strings.Repeat("ab", r.IntN(10))) })
		null(&b.Cols[4], func() {
			if err := typeio.ParseText(&b.Cols[4], fmt.Append(nil, r.IntN(3), ".", r.IntN(30)), nil); err != nil {
				panic(err)
			}
		})
	}
	b.Grow(n, 1)
	return b
}

var (
	a  = NewColumn(0, col.Int4)
	b8 = NewColumn(1, col.Int8)
	p  = NewColumn(2, col.Bool)
	s  = NewColumn(3, col.Text)
	d  = NewColumn(4, col.Numeric)
)

func op(t *testing.T, name string, args ...Expr) Expr {
	t.Helper()
	e, err := CallOperator(fn.NewCtx(nil, 0), name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func call(t *testing.T, name string, args ...Expr) Expr {
	t.Helper()
	e, err := CallNamed(fn.NewCtx(nil, 0), name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// every is one expression of each kind of node.
func every(t *testing.T) map[string]Expr {
	div := op(t, ">", op(t, "/", NewInt8(6), b8), NewInt8(2)) // in error where b8 is 0
	safe := op(t, "<>", b8, NewInt8(0))
	eq := fn.ByID("=(int4,int4)")
	greatest, err := NewExtreme(col.Int4, false, a, NewInt4(1), op(t, "+", a, NewInt4(-1)))
	if err != nil {
		t.Fatal(err)
	}
	least, err := NewExtreme(col.Numeric, true, d, op(t, "*", d, d))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Expr{
		"column":        s,
		"constant":      NewText("it's \\ a constant of more than twelve bytes"),
		"null":          NewNull(col.NumericType(10, 2)),
		"parameter":     NewParam(1, col.Int8),
		"call":          call(t, "upper", s),
		"once":          op(t, "+", NewParam(1, col.Int8), NewInt8(1)),
		"comparison":    op(t, "<", a, NewInt4(2)),
		"fallible":      div,
		"guarded and":   NewAnd(safe, div),
		"and":           NewAnd(p, div, op(t, "=", a, NewInt4(1))),
		"guarded or":    NewOr(op(t, "=", b8, NewInt8(0)), div),
		"or":            NewOr(p, div),
		"not":           NewNot(p),
		"nested":        NewNot(NewOr(NewAnd(p, safe), NewNot(p))),
		"is null":       NewIs(s, IsNull),
		"is not null":   NewIs(op(t, "/", NewInt8(1), b8), IsNotNull),
		"is true":       NewIs(p, IsTrue),
		"is not true":   NewIs(p, IsNotTrue),
		"is false":      NewIs(p, IsFalse),
		"is not false":  NewIs(p, IsNotFalse),
		"distinct":      NewDistinct(eq, false, a, NewInt4(1)),
		"not distinct":  NewDistinct(eq, true, a, NewNull(col.Int4)),
		"guarded case":  NewCase(col.Int8, safe, op(t, "/", NewInt8(6), b8), p, b8, NewNull(col.Int8)),
		"case of texts": NewCase(col.Text, p, s, op(t, "<", a, NewInt4(2)), call(t, "upper", s), NewText("none of the cases that stand before")),
		"case of forms": NewCase(col.Numeric, p, d, op(t, "*", d, d)),
		"case of one":   NewCase(col.Text, op(t, "=", s, NewText("ab")), NewText("first"), op(t, "=", s, NewText("abab")), s, op(t, "=", s, NewText("ab")), NewText("never"), NewNull(col.Text)),
		"case of ints":  NewCase(col.Int4, op(t, "=", a, NewInt4(1)), a, op(t, "=", a, NewNull(col.Int4)), NewInt4(0), op(t, "=", a, NewInt4(2)), NewInt4(9), op(t, "+", a, NewInt4(1))),
		"case in error": NewCase(col.Int8, op(t, "=", op(t, "/", NewInt8(6), b8), NewInt8(6)), b8, op(t, "=", op(t, "/", NewInt8(6), b8), NewInt8(3)), NewInt8(0), NewNull(col.Int8)),
		"coalesce":      NewCoalesce(col.Text, s, call(t, "upper", NewText("x"))),
		"coalesce all":  NewCoalesce(col.Int4, a, op(t, "+", a, a), NewNull(col.Int4)),
		"nullif":        NewNullIf(eq, a, a, NewInt4(1)),
		"greatest":      greatest,
		"least":         least,
		"in":            NewIn(eq, a, NewInt4(1), NewInt4(2), NewInt4(7)),
		"in with null":  NewIn(eq, a, NewInt4(1), NewNull(col.Int4)),
		"in of texts":   NewIn(fn.ByID("=(text,text)"), s, NewText("ab"), NewText(strings.Repeat("ab", 8))),
		"in of columns": NewIn(eq, a, NewInt4(1), op(t, "+", a, NewInt4(0))),
		"cast":          mustCoerce(t, d, col.NumericType(6, 1), fn.Assignment),
		"concatenation": op(t, "||", s, op(t, "||", s, s)),
		"like":          op(t, "~~", s, NewText("%ba")),
	}
}

func mustCoerce(t *testing.T, e Expr, to col.Type, context fn.CastContext) Expr {
	t.Helper()
	r, err := Coerce(fn.NewCtx(nil, 0), e, to, context)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func context() *fn.Ctx {
	c := fn.NewCtx(&datetime.Settings{}, 0)
	v := col.NewVector(col.Int8)
	v.AppendI64(41)
	c.Params = []*col.Vector{v}
	return c
}

// answer is the text of a lane, or its error.
func answer(c *fn.Ctx, v *col.Vector, i int) string {
	for _, m := range c.Marks() {
		if m.Lane == i {
			return m.Err.Code
		}
	}
	if v.Null(i) {
		return "NULL"
	}
	return string(typeio.AppendText(nil, v, i, c.Settings))
}

// TestDisguises evaluates each node row by row, and wants the same answers of whole batches,
// behind selections, and of what was stored and read back; conditions also as filters.
func TestDisguises(t *testing.T) {
	const n = 300
	b := sample(n)
	for name, e := range every(t) {
		want := make([]string, n)
		for i := range n {
			one := col.NewBatch(b.Types()...)
			one.AppendRow(b, i, 1)
			c := context()
			want[i] = answer(c, e.Eval(c, one, nil), 0)
		}
		back, err := Parse(string(e.Append(nil)))
		if err != nil || !Equal(e, back) {
			t.Fatalf("%s: %s reads back as %v, %v", name, e.Append(nil), back, err)
		}
		c := context()
		check := func(how string, e Expr, sel []uint32) {
			c.Reset()
			v := e.Eval(c, b, sel)
			v.Check(n)
			fn.Each(sel, n, func(i int) {
				if got := answer(c, v, i); got != want[i] {
					t.Errorf("%s %s, row %d: %s, want %s", name, how, i, got, want[i])
				}
			})
			for _, m := range c.Marks() {
				if sel != nil && !contains(sel, m.Lane) {
					t.Errorf("%s %s marks row %d, which nobody asked for", name, how, m.Lane)
				}
			}
			if !e.Type().Is(col.Bool) {
				return
			}
			c.Reset()
			got := Filter(c, e, b, sel)
			var hits []uint32
			fn.Each(sel, n, func(i int) {
				if want[i] == "t" {
					hits = append(hits, uint32(i))
				}
			})
			if fmt.Sprint(got) != fmt.Sprint(hits) && len(got)+len(hits) > 0 {
				t.Errorf("%s as a filter %s: %v, want %v", name, how, got, hits)
			}
		}
		check("whole", e, nil)
		check("read back", back, nil)
		check("behind a selection", e, []uint32{0, 1, 2, 63, 64, 65, 128, 200, 299})
		check("behind an empty selection", e, []uint32{})
		check("again", e, nil)
	}
}

func contains(sel []uint32, lane int) bool {
	for _, i := range sel {
		if int(i) == lane {
			return true
		}
	}
	return false
}

// TestNarrowing wants no error where a guard stands before the division.
func TestNarrowing(t *testing.T) {
	b := sample(200)
	for _, name := range []string{"guarded and", "guarded or", "guarded case"} {
		c := context()
		every(t)[name].Eval(c, b, nil)
		if len(c.Marks()) > 0 {
			t.Errorf("%s: %v", name, c.Marks()[0].Err)
		}
	}
	c := context()
	every(t)["fallible"].Eval(c, b, nil)
	if len(c.Marks()) == 0 {
		t.Error("the division is never in error")
	}
}

// TestEveryCastRuns evaluates each registered cast over NULLs and over no rows at all.
func TestEveryCastRuns(t *testing.T) {
	for _, k := range fn.Casts() {
		from := k.Fn.Params[0].Type
		b := &col.Batch{N: 70, Cols: []col.Vector{*col.NullVector(from, 70)}}
		e := NewCall(k.Fn, k.Fn.Ret, NewColumn(0, from))
		c := context()
		v := e.Eval(c, b, nil)
		v.Check(70)
		if len(c.Marks()) > 0 || !v.Null(0) || !v.Null(69) || !v.Type.Is(k.Fn.Ret) {
			t.Errorf("%s of NULLs: %v, %v", k.Fn.ID(), c.Marks(), v.Type)
		}
		if v := e.Eval(c, col.NewBatch(from), nil); v.N != 0 {
			t.Errorf("%s of nothing has %d values", k.Fn.ID(), v.N)
		}
	}
}

// TestEveryFunctionTakesNulls calls each strict function with NULL columns: nothing is in
// error, and the answer is NULL.
func TestEveryFunctionTakesNulls(t *testing.T) {
	for _, s := range fn.All() {
		if s.NonStrict || s.Relabel || s.Volatility == fn.Volatile || len(s.Params) == 0 {
			continue
		}
		b, args := &col.Batch{N: 70}, []Expr{}
		for i, p := range s.Params {
			typ := p.Type
			if typ == fn.Any || typ == fn.AnyElement {
				typ = col.Int4
			}
			b.Cols = append(b.Cols, *col.NullVector(typ, 70))
			args = append(args, NewColumn(i, typ))
		}
		ret := s.Ret
		if ret == fn.AnyElement {
			ret = col.Int4
		}
		e := NewCall(s, ret, args...)
		c := context()
		v := e.Eval(c, b, nil)
		v.Check(70)
		if len(c.Marks()) > 0 || !v.Null(0) || !v.Null(69) {
			t.Errorf("%s of NULLs is in error or not NULL", s.ID())
		}
		if ret.Is(col.Bool) && len(Filter(c, e, b, nil)) > 0 {
			t.Errorf("%s lets NULLs pass", s.ID())
		}
	}
}

func TestTraits(t *testing.T) {
	e := NewAnd(op(t, "=", b8, NewInt8(1)), op(t, "~~", s, NewText("x")))
	if got := fmt.Sprint(Columns(e)); got != "[1 3]" {
		t.Error(got)
	}
	moved := Remap(e, func(i int) int { return i + 10 })
	if got := fmt.Sprint(Columns(moved)); got != "[11 13]" || fmt.Sprint(Columns(e)) != "[1 3]" {
		t.Error(got)
	}
	if Equal(e, moved) || !Equal(e, Remap(moved, func(i int) int { return i - 10 })) {
		t.Error("Equal")
	}
	if !Fallible(e) || Fallible(op(t, "=", b8, NewInt8(1))) {
		t.Error("Fallible")
	}
	for v, e := range map[fn.Volatility]Expr{
		fn.Immutable: e, fn.Stable: call(t, "now"), fn.Volatile: op(t, "<", call(t, "random"), mustCoerce(t, NewInt4(1), col.Float8, fn.Implicit)),
	} {
		if Volatility(e) != v {
			t.Errorf("%s: %d", e.Append(nil), Volatility(e))
		}
	}
}

func TestFold(t *testing.T) {
	c := context()
	if k, ok := Fold(c, op(t, "+", NewInt4(1), NewInt4(2)), false); !ok || k.SQL(nil) != "3" {
		t.Error(k.SQL(nil))
	}
	for name, e := range map[string]Expr{"in error": op(t, "/", NewInt4(1), NewInt4(0)), "a column": op(t, "+", a, a), "stable": call(t, "now")} {
		if _, ok := Fold(c, e, false); ok || len(c.Marks()) > 0 {
			t.Errorf("%s folds", name)
		}
	}
	if _, ok := Fold(c, call(t, "now"), true); !ok {
		t.Error("now() does not fold")
	}
}

// TestKeys wants equal keys of equal numbers of different modifiers, once they are coerced to
// their common type.
func TestKeys(t *testing.T) {
	narrow, wide := col.NumericType(10, 2), col.NumericType(12, 1)
	b := col.NewBatch(narrow, wide)
	b.Cols[0].AppendI64(150)
	b.Cols[1].AppendI64(15)
	b.Grow(1, 1)
	common, err := fn.CommonType("JOIN", b.Types())
	if err != nil || common != col.Numeric {
		t.Fatal(common, err)
	}
	c := context()
	var keys []*col.Vector
	for i, typ := range b.Types() {
		e := mustCoerce(t, NewColumn(i, typ), common, fn.Implicit)
		back, err := Parse(string(e.Append(nil)))
		if err != nil || !Equal(e, back) || e.Type() != common {
			t.Fatalf("%s: %v", e.Append(nil), err)
		}
		keys = append(keys, col.CanonicalOf(e.Eval(c, b, nil)))
	}
	if !col.EqualAt(keys[0], 0, keys[1], 0) {
		t.Error("1.50 and 1.5 have different keys")
	}
	if e := mustCoerce(t, NewColumn(0, narrow), common, fn.Implicit); e.SQL(func(int) string { return "a" }) != "(a)::numeric" {
		t.Error(e.SQL(func(int) string { return "a" }))
	}
}
