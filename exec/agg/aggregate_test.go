package agg

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
	"github.com/millracedb/millrace/exec/fn"
)

var postgres = flag.String("postgres", "", "URL of a PostgreSQL whose answers are the expected ones")

// memory is a Heap that knows what is in use.
type memory struct {
	arenas [][]byte
	live   map[uint32]bool
}

func (m *memory) Put(b []byte) col.Str {
	if len(b) <= col.InlineLen {
		return col.ShortStr(b)
	}
	if m.live == nil {
		m.live = map[uint32]bool{}
	}
	no := uint32(len(m.arenas))
	m.arenas = append(m.arenas, slices.Clone(b))
	m.live[no] = true
	return col.LongStr(b, no, 0)
}

func (m *memory) Free(s col.Str) {
	no, _ := s.Ref()
	if !m.live[no] {
		panic("freed twice")
	}
	delete(m.live, no)
}

func (m *memory) Arenas() [][]byte { return m.arenas }

// group is one accumulator at an odd place of its row.
type group struct {
	a    *Aggregate
	k    Kernel
	heap *memory
	row  []int64
}

const off = 16

func newGroup(a *Aggregate, h *memory, appendOnly bool) *group {
	return &group{a, a.New(h, appendOnly), h, make([]int64, off/8+a.Size/8)}
}

func (g *group) addresses(n int) []unsafe.Pointer {
	return slices.Repeat([]unsafe.Pointer{unsafe.Pointer(&g.row[0])}, n)
}

// add adds values, each with the next one as a second argument where there is one.
func (g *group) add(v, next *col.Vector, w []int64) {
	args := []*col.Vector{v, next}[:len(g.a.Args)]
	g.k.Update(fn.NewCtx(nil, 0), g.addresses(v.N), off, args, w)
}

// rotated is the values that follow values, the first one after the last.
func rotated(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return append(slices.Clone(values[1:]), values[0])
}

func (g *group) result() string {
	c := fn.NewCtx(nil, 0)
	out := c.Vec(g.a.Ret)
	g.k.Result(c, g.addresses(1), off, out)
	switch {
	case out.N != 1:
		return fmt.Sprintf("%d results", out.N)
	case len(c.Marks()) > 0:
		return c.Marks()[0].Err.Code + " " + c.Marks()[0].Err.Message
	case out.Null(0):
		return "NULL"
	}
	return string(typeio.AppendText(nil, out, 0, c.Settings))
}

// overloads are the aggregates with a kernel that take a type, count(*) and count(x) among
// them.
func overloads(t col.Type) []*Aggregate {
	var as []*Aggregate
	for _, a := range All() {
		if a.Collecting != nil || a.Steady > 0 {
			continue
		}
		if len(a.Args) == 0 || a.Args[0] == Any || a.Args[0].Is(t) {
			as = append(as, a)
		}
	}
	return as
}

// TestAnswers computes every aggregate of a type over the lines of testdata, which hold one
// value each.
func TestAnswers(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			typ, ok := col.TypeNamed(d.CmdArgs[0].Key)
			if !ok {
				d.Fatalf(t, "no type %s", d.CmdArgs[0].Key)
			}
			var values []string
			if d.Input != "" {
				values = strings.Split(d.Input, "\n")
			}
			var out strings.Builder
			for _, a := range overloads(typ) {
				answer := compute(t, a, typ, values)
				if *postgres != "" {
					answer = reference(t, a, typ, values)
				}
				fmt.Fprintf(&out, "%s %s\n", a.ID(), answer)
			}
			return out.String()
		})
	})
}

func vector(t *testing.T, typ col.Type, values []string) *col.Vector {
	v := col.NewVector(typ)
	for _, s := range values {
		if s == "NULL" {
			v.AppendNull()
		} else if err := typeio.ParseText(v, []byte(s), nil); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// compute adds the values at once, and again in two halves that are merged.
func compute(t *testing.T, a *Aggregate, typ col.Type, values []string) string {
	h := &memory{}
	whole, left, right := newGroup(a, h, true), newGroup(a, h, true), newGroup(a, h, true)
	next := rotated(values)
	whole.add(vector(t, typ, values), vector(t, typ, next), nil)
	half := len(values) / 2
	left.add(vector(t, typ, values[:half]), vector(t, typ, next[:half]), nil)
	right.add(vector(t, typ, values[half:]), vector(t, typ, next[half:]), nil)
	left.k.Merge(left.addresses(1), right.addresses(1), off)
	if merged := left.result(); merged != whole.result() {
		return whole.result() + ", merged " + merged
	}
	answer := whole.result()
	for _, g := range []*group{whole, left, right} {
		g.k.Release(g.addresses(1), off)
	}
	if len(h.live) > 0 {
		t.Errorf("%s leaves %d values in the heap", a.ID(), len(h.live))
	}
	return answer
}

func reference(t *testing.T, a *Aggregate, typ col.Type, values []string) string {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, *postgres)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	arg := []string{"*", "v", "v, u"}[len(a.Args)]
	info, _ := typ.Info()
	literal := func(s string) string {
		if s == "NULL" {
			return "NULL::" + info.Name
		}
		return "'" + s + "'::" + info.Name
	}
	q := fmt.Sprintf("SELECT %s(%s) FROM (SELECT NULL::%[3]s AS v, NULL::%[3]s AS u WHERE false", a.Name, arg, info.Name)
	for i, next := range rotated(values) {
		q += " UNION ALL SELECT " + literal(values[i]) + ", " + literal(next)
	}
	r := conn.PgConn().ExecParams(ctx, q+") t", nil, nil, nil, nil).Read()
	var pe *pgconn.PgError
	switch {
	case errors.As(r.Err, &pe):
		return pe.Code + " " + pe.Message
	case r.Err != nil:
		return r.Err.Error()
	case r.Rows[0][0] == nil:
		return "NULL"
	}
	return string(r.Rows[0][0])
}

// TestRetraction adds and withdraws values at random, the withdrawal also before the
// addition, and wants the answer of the values that are left.
func TestRetraction(t *testing.T) {
	pools := map[string][]string{
		"bool": {"t", "f", "NULL"}, "int2": {"1", "-5", "NULL"}, "int4": {"1", "2147483647", "-7", "NULL"},
		"int8": {"9223372036854775807", "-1", "9223372036854775807", "NULL"}, "float4": {"0.1", "1e30", "-1e-30", "NaN"},
		"float8":   {"1e300", "-1e300", "1", "0.1", "1e-300", "NULL", "Infinity", "NaN", "-0"},
		"numeric":  {"1.00", "-17.5", "2.5", "123456789012345678901234567890.1", "1e-20", "3", "NaN", "NULL", "0.333", "7.7777", "1.00000"},
		"interval": {"1 month", "-3 days", "04:05:06.7", "NULL"},
	}
	r := rand.New(rand.NewPCG(3, 4))
	for name, pool := range pools {
		typ, _ := col.TypeNamed(name)
		for _, a := range overloads(typ) {
			if a.Extremum != 0 || a.Grows {
				continue
			}
			h := &memory{}
			g := newGroup(a, h, false)
			counts := map[string]int64{}
			follow := map[string]string{}
			for i, v := range pool {
				follow[v] = pool[(i+1)%len(pool)]
			}
			following := func(values []string) (out []string) {
				for _, v := range values {
					out = append(out, follow[v])
				}
				return out
			}
			for range 60 {
				var values []string
				var w []int64
				for range r.IntN(4) {
					v, k := pool[r.IntN(len(pool))], int64(r.IntN(5)-2)
					if counts[v]+k < 0 {
						// A withdrawal may come before what it withdraws, within a step.
						values, w = append(values, v, v), append(w, k, -k)
						continue
					}
					counts[v] += k
					values, w = append(values, v), append(w, k)
				}
				g.add(vector(t, typ, values), vector(t, typ, following(values)), w)
				fresh := newGroup(a, h, false)
				for v, k := range counts {
					if k > 0 {
						fresh.add(vector(t, typ, []string{v}), vector(t, typ, []string{follow[v]}), []int64{k})
					}
				}
				if got, want := g.result(), fresh.result(); got != want {
					t.Fatalf("%s of %v: %s, want %s", a.ID(), counts, got, want)
				}
				fresh.k.Release(fresh.addresses(1), off)
			}
			g.k.Release(g.addresses(1), off)
			if len(h.live) > 0 {
				t.Errorf("%s leaves %d values in the heap", a.ID(), len(h.live))
			}
		}
	}
}

// TestOrderDoesNotShow shuffles values that are equal in SQL and differ in their bytes.
func TestOrderDoesNotShow(t *testing.T) {
	for name, values := range map[string][]string{
		"numeric": {"1.0", "1.00", "1", "0.5"}, "float8": {"0", "-0", "1e16", "1", "-1e16"}, "interval": {"1 month", "30 days", "720:00"}, "bpchar": {"a", "a ", "a  "},
	} {
		typ, _ := col.TypeNamed(name)
		for _, a := range overloads(typ) {
			first := ""
			for i := range 20 {
				g := newGroup(a, &memory{}, true)
				g.add(vector(t, typ, values), vector(t, typ, values), nil)
				if got := g.result(); i == 0 {
					first = got
				} else if got != first {
					t.Errorf("%s: %s, and in another order %s", a.ID(), first, got)
				}
				rand.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
			}
		}
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		name string
		args []col.Type
		want string
	}{
		{"sum", []col.Type{col.Int4}, "sum(int4)"}, {"count", nil, "count()"}, {"count", []col.Type{col.JSON}, "count(any)"},
		{"max", []col.Type{{OID: col.OIDVarchar, Mod: 7}}, "max(text)"}, {"avg", []col.Type{col.NumericType(10, 2)}, "avg(numeric)"},
		{"sum", []col.Type{col.Text}, "42883 function sum(text) does not exist"}, {"max", []col.Type{col.Date}, "max(date)"},
		{"min", []col.Type{col.Unknown}, "min(text)"},
	} {
		a, _, err := Resolve(c.name, c.args)
		got := ""
		if err == nil {
			got = a.ID()
		} else {
			got = "42883 " + err.Error()
		}
		if got != c.want {
			t.Errorf("%s(%v): %s, want %s", c.name, c.args, got, c.want)
		}
	}
}

// benchmark updates 1,000 groups from batches of 4,096 rows and reports the time of a row.
func benchmark(b *testing.B, id string, fill func(v *col.Vector)) {
	const n, groups = 4096, 1000
	a := ByID(id)
	k := a.New(&memory{}, true)
	rows := make([]int64, groups*(a.Size/8+2))
	at := make([]unsafe.Pointer, n)
	var args []*col.Vector
	if len(a.Args) > 0 {
		t := a.Args[0]
		if t == Any {
			t = col.Int8
		}
		args = []*col.Vector{col.NewVector(t)}
	}
	for i := range at {
		at[i] = unsafe.Pointer(&rows[i*7919%groups*(a.Size/8+2)])
		if args != nil {
			fill(args[0])
		}
	}
	c := fn.NewCtx(nil, 0)
	for b.Loop() {
		k.Update(c, at, 8, args, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}

func BenchmarkCount(b *testing.B)   { benchmark(b, "count()", nil) }
func BenchmarkSumInt8(b *testing.B) { benchmark(b, "sum(int8)", int8s) }
func BenchmarkMaxInt8(b *testing.B) { benchmark(b, "max(int8)", int8s) }
func BenchmarkSumInt4(b *testing.B) {
	benchmark(b, "sum(int4)", func(v *col.Vector) { v.AppendI32(int32(v.N)) })
}
func BenchmarkSumFloat8(b *testing.B) {
	benchmark(b, "sum(float8)", func(v *col.Vector) { v.AppendF64(float64(v.N) / 7) })
}
func BenchmarkSumNumeric(b *testing.B) {
	benchmark(b, "sum(numeric)", func(v *col.Vector) {
		if v.N == 0 {
			v.ResetKind(col.Numeric, col.KindD64, 2)
		}
		v.AppendI64(int64(v.N))
	})
}

func int8s(v *col.Vector) { v.AppendI64(int64(v.N) * 31) }
