package fn

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/typeio"
)

// TestEveryCallEnds calls every function, operator and cast, and every function in FROM, with values
// that are as long as they can be made, in any combination, in a statement that ends when the call
// has begun: the statement must not wait for the call. By itself the test takes few combinations of
// values just beyond what is computed in the statement, and has patience with a busy machine; as a
// measurement:
//
//	MILLRACE_CANCEL_WITHIN=100ms MILLRACE_CANCEL_BYTES=40000000 MILLRACE_CANCEL_EACH=2s go test -run TestEveryCallEnds ./exec/fn
func TestEveryCallEnds(t *testing.T) {
	within, each, size := duration("MILLRACE_CANCEL_WITHIN", 5*time.Second), duration("MILLRACE_CANCEL_EACH", 2*time.Millisecond), 3*asideBytes/2
	if n, err := strconv.Atoi(os.Getenv("MILLRACE_CANCEL_BYTES")); err == nil {
		size = n
	}
	values := longValues{size: size, of: map[string][]longArg{}}
	for _, call := range everyCall() {
		for _, elem := range call.elements() {
			types, ret := call.types(elem)
			until := time.Now().Add(each)
			values.combine(types, func(args []*col.Vector, names []string) bool {
				late := lateness(func(c *Ctx) { call.run(c, args, ret) })
				for again := 0; again < 3 && late > within; again++ { // the machine may do other things
					late = min(late, lateness(func(c *Ctx) { call.run(c, args, ret) }))
				}
				if late > within {
					t.Errorf("%s of %s ended %v after its statement", call.s.ID(), names, late)
					return false
				}
				return time.Now().Before(until)
			})
		}
	}
}

func duration(name string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(os.Getenv(name)); err == nil {
		return d
	}
	return otherwise
}

// lateness is how long a call goes on in a statement that ends some milliseconds after it has begun.
func lateness(f func(c *Ctx)) time.Duration {
	done, over := make(chan struct{}), make(chan struct{})
	c := NewCtx(nil, 0)
	c.Done = done
	c.Spend = func(int64) {
		if c.ended() {
			panic(errCanceled())
		}
	}
	go func() {
		defer close(over)
		defer func() { _ = recover() }()
		f(c)
	}()
	select {
	case <-over:
		return 0
	case <-time.After(5 * time.Millisecond):
	}
	from := time.Now()
	close(done)
	<-over
	return time.Since(from)
}

// callOf is one registered call.
type callOf struct {
	s   *Scalar
	run func(c *Ctx, args []*col.Vector, ret col.Type)
}

func everyCall() (all []callOf) {
	for _, s := range All() {
		if s.Kernel != nil && !s.Relabel {
			all = append(all, callOf{s, func(c *Ctx, args []*col.Vector, ret col.Type) { s.Apply(c, args, nil, 1, ret) }})
		}
	}
	for _, f := range Sets() {
		all = append(all, callOf{&f.Scalar, func(c *Ctx, args []*col.Vector, ret col.Type) {
			columns := []col.Column{{Name: "x", Type: ret}}
			if f.Record {
				columns = []col.Column{{Name: "a", Type: col.Text}, {Name: "b", Type: col.JSONB}, {Name: "k1", Type: col.Int4}}
			}
			for i, p := range f.Columns {
				columns = append(columns[:i], col.Column{Name: p.Name, Type: p.Type})
			}
			r := f.New(columns)
			for more, _ := f.Strictly(r, c, args, 0); more; c.MayEnd() {
				var out []*col.Vector
				for _, k := range columns {
					out = append(out, col.NewVector(k.Type))
				}
				var err error
				if more, err = r.Next(c, out, col.BatchRows); err != nil {
					return
				}
			}
		}})
	}
	return all
}

// elements are the types that stand for those that are not fixed.
func (x callOf) elements() []col.Type {
	for _, p := range x.s.Params {
		if strings.HasPrefix(typeName(p.Type), "any") {
			return []col.Type{col.Text, col.Int4, col.Numeric, col.JSONB}
		}
	}
	return []col.Type{col.Text}
}

func (x callOf) types(elem col.Type) (args []col.Type, ret col.Type) {
	array, _ := col.TypeNamed("_" + typeName(elem))
	fixed := func(t col.Type) col.Type {
		switch name := typeName(t); {
		case name == "anynonarray" || strings.HasPrefix(name, "any") && !strings.HasSuffix(name, "array"):
			return elem
		case strings.HasPrefix(name, "any"):
			return array
		}
		return t
	}
	for _, p := range x.s.Params {
		args = append(args, fixed(p.Type))
	}
	return args, fixed(x.s.Ret)
}

// longArg is a value that takes long, or that has others take long.
type longArg struct {
	name string
	v    *col.Vector
}

// longValues makes values of about size bytes, where they can be so long.
type longValues struct {
	size int
	of   map[string][]longArg
}

// combine calls f with combinations of values of the types, mixed but the same each time, until it
// returns false or most of them will have been seen.
func (x *longValues) combine(types []col.Type, f func(args []*col.Vector, names []string) bool) {
	all, choices := 1, make([][]longArg, len(types))
	for k, t := range types {
		if x.of[t.String()] == nil {
			x.of[t.String()] = append([]longArg{}, x.make(t)...)
		}
		choices[k] = x.of[t.String()]
		all = min(all*len(choices[k]), 1<<12)
	}
	pick := rand.New(rand.NewSource(1))
	for range 2 * all {
		args, names := make([]*col.Vector, len(types)), make([]string, len(types))
		for k, c := range choices {
			one := c[pick.Intn(len(c))]
			args[k], names[k] = one.v, one.name
		}
		if !f(args, names) {
			return
		}
	}
}

func (x *longValues) make(t col.Type) []longArg {
	if elem, ok := t.Element(); ok {
		return x.arrays(t, elem)
	}
	if t.Is(col.Record) {
		return x.records()
	}
	texts := []string{"0", "1", "-7", "30000", "1000000", "2147483647", "infinity", "2024-05-06 07:08:09", "07:08:09", "100000 years 3 days"}
	switch t.OID {
	case col.Text.OID, col.Varchar.OID, col.Bpchar.OID, col.Bytea.OID, col.JSON.OID:
		texts = append(x.texts(), x.json()...)
	case col.JSONB.OID:
		texts = x.json()
	case col.Numeric.OID:
		texts = append(texts, strings.Repeat("9", 131072), strings.Repeat("8", 131072)+"."+strings.Repeat("7", 16383), "1."+strings.Repeat("3", 16383),
			"0."+strings.Repeat("0", 9000)+strings.Repeat("7", 7000), "60000.5", "1e131000", "1e-16000")
	case col.Bool.OID:
		texts = []string{"true", "false"}
	}
	var all []longArg
	for _, s := range texts {
		v := col.NewVector(t)
		if v.Kind.IsView() && !t.Is(col.JSONB) && !t.Is(col.Numeric) {
			v.AppendString(s)
		} else if typeio.ParseText(v, []byte(s), NewCtx(nil, 0).Settings) != nil {
			continue
		}
		all = append(all, longArg{fmt.Sprintf("%.20s… (%d)", s, len(s)), v.StoredKind()})
	}
	return all
}

// texts are long ones, patterns that match them with effort, and what else functions take as text.
func (x *longValues) texts() []string {
	n := x.size
	var different strings.Builder
	for i := range n / 3 {
		different.WriteRune(rune(0x4E00 + i%20000))
	}
	return []string{"", "x", ",", "g", "hex", "base64", "escape", "epoch", "(x+x+)+y", "(x?){200}x{200}", "%900000000s",
		strings.Repeat("%x_", 10000) + "y", strings.Repeat("(x|,)*", 10000), strings.Repeat("%x_", n/12) + "y",
		strings.Repeat("x", n), strings.Repeat("x,", n/2), strings.Repeat("é ", n/3), strings.Repeat("9", n), strings.Repeat("9", 130000),
		strings.Repeat("[", n), strings.Repeat("9D", n/2), strings.Repeat("YYYY ", n/5), strings.Repeat("%1$s", n/4),
		strings.Repeat("aB0 ", n/4), "{" + strings.Repeat("1,", n/2) + "1}", different.String()}
}

func (x *longValues) json() []string {
	n := x.size
	var keys, up, down bytes.Buffer
	for i := range n / 12 {
		fmt.Fprintf(&keys, `"k%d":1,`, i)
		fmt.Fprintf(&up, "%d,", i)
		fmt.Fprintf(&down, "%d,", n-i)
	}
	deep := strings.Repeat(`[`, 900) + strings.Repeat("1,", n/2) + "1" + strings.Repeat("]", 900)
	return []string{"1", `"x"`, deep, "{" + keys.String() + `"z":1}`, "[" + up.String() + "-1]", "[" + down.String() + "-2]",
		"{" + strings.Repeat(`"x":1,`, n/6) + `"x":2}`, "[" + strings.Repeat(`{"a":[1]},`, n/10) + `{"b":1}]`}
}

// records are rows of a long value each.
func (x *longValues) records() (all []longArg) {
	ints, _ := col.TypeNamed("_int4")
	for _, t := range []col.Type{col.Text, col.JSONB, ints} {
		for _, field := range x.make(t) {
			v := col.NewVector(col.Record)
			v.AppendBytes(col.AppendRecord(nil, []*col.Vector{field.v}, []string{"a"}, func(*col.Vector) int { return 0 }))
			all = append(all, longArg{"row of " + field.name, v})
		}
	}
	return all
}

// arrays are of numbers, in either order: one, which may be a length, or as many as there is room for.
func (x *longValues) arrays(t, elem col.Type) (all []longArg) {
	for _, n := range []int{1, 1000, x.size / 8, x.size / 4} {
		for _, down := range []bool{false, true} {
			elems := col.NewVector(elem)
			for i := range n {
				if down {
					i = n - i
				}
				if n == 1 {
					i = 900 * (i + 1)
				}
				if typeio.ParseText(elems, strconv.AppendInt(nil, int64(i%10000), 10), nil) != nil {
					return nil
				}
			}
			shape, v := col.Flat(n), col.NewVector(t)
			v.AppendBytes(col.AppendArray(nil, &shape, elems.StoredKind(), 0))
			all = append(all, longArg{fmt.Sprintf("%d elements", n), v})
		}
	}
	return all
}
