package over

import (
	"cmp"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
)

// Function is a registered window function. It is immutable.
type Function struct {
	Name    string
	Args    []col.Type // fn.Any: every type
	Ret     col.Type   // fn.Any: the first argument's
	Doc     string
	Version int // raised when answers or States change

	kernel kernel
	sig    *fn.Scalar
}

// ID names one overload: lag(any, int4). It is part of stored plans.
func (f *Function) ID() string { return f.sig.ID() }

// CountsBy reports that the argument at a place is a number that a Call may hold as its N.
func (f *Function) CountsBy(arg int) bool { return f.Args[arg].Is(col.Int4) }

// Fallible reports whether a call may refuse a row.
func (f *Function) Fallible() bool {
	_, ok := f.kernel.(refuser)
	return ok
}

// kernel computes one function.
type kernel interface {
	// eval returns a vector of a value for each target, of the type c.Ret. Errors are marked by the
	// targets' numbers.
	eval(e *Eval, c *Call) *col.Vector
	// reach says how far around a row others matter to it, and it to them.
	reach(c *Call) Reach
}

// carrier is a kernel whose State goes from row to row: its bytes, a multiple of 8.
type carrier interface{ carries() int }

// refuser is a kernel that may refuse a row.
type refuser interface{ refuses() }

// Call is a window function, or an aggregate, of columns.
type Call struct {
	Func   *Function      // nil: an aggregate
	Agg    *agg.Aggregate // nil: a Function
	Args   []int          // columns; -1: the argument is N
	N      int64
	Filter int // bool column, of aggregates; -1: none
	Frame  Frame
	Ret    col.Type
}

// ID is the function's or the aggregate's.
func (c *Call) ID() string {
	if c.Func != nil {
		return c.Func.ID()
	}
	return c.Agg.ID()
}

// Name is the function's name.
func (c *Call) Name() string {
	if c.Func != nil {
		return c.Func.Name
	}
	return c.Agg.Name
}

// Fallible reports whether the call may refuse a row.
func (c *Call) Fallible() bool {
	if c.Func != nil {
		return c.Func.Fallible()
	}
	return c.Agg.Fallible
}

func (c *Call) kernel() kernel {
	if c.Func != nil {
		return c.Func.kernel
	}
	return aggregate{}
}

// Framed reports whether the call looks at its frame: others look at the partition.
func (c *Call) Framed() bool {
	_, framed := c.kernel().(framed)
	return framed
}

// framed is a kernel that looks at the frame.
type framed interface{ framed() }

// stateBytes is the size of what the call carries from row to row.
func (c *Call) stateBytes() int {
	if k, ok := c.kernel().(aggregate); ok {
		return k.carriesOf(c)
	}
	if k, ok := c.kernel().(carrier); ok {
		return k.carries()
	}
	return 0
}

// StateBytes is the size of the calls' States together.
func StateBytes(calls []Call) (n int) {
	for i := range calls {
		n += calls[i].stateBytes()
	}
	return n
}

var (
	byName     = map[string][]*Function{}
	byID       = map[string]*Function{}
	registered []*Function
)

// window registers a function under a signature as fn.Register reads it.
func window(sig, doc string, k kernel) *Function {
	s, err := fn.ParseSignature(sig)
	if err != nil {
		panic("over: " + err.Error())
	}
	f := &Function{Name: s.Name, Ret: s.Ret, Doc: doc, Version: 1, kernel: k, sig: s}
	for _, p := range s.Params {
		f.Args = append(f.Args, p.Type)
	}
	if byID[f.ID()] != nil {
		panic("over: " + sig + " registered twice")
	}
	byID[f.ID()] = f
	registered = append(registered, f)
	byName[f.Name] = append(byName[f.Name], f)
	return f
}

// ByID finds an overload by its ID; nil: there is none.
func ByID(id string) *Function { return byID[id] }

// Exists reports whether some window function has the name.
func Exists(name string) bool { return byName[name] != nil }

// All lists every window function by ID.
func All() []*Function {
	all := slices.Clone(registered)
	slices.SortFunc(all, func(a, b *Function) int { return cmp.Compare(a.ID(), b.ID()) })
	return all
}

// Resolve finds the overload for arguments of the types, by the rules of functions. args are
// the types to which the arguments must be cast. Errors: 42883, 42725.
func Resolve(name string, types []col.Type) (f *Function, args []col.Type, err error) {
	sigs := make([]*fn.Scalar, len(byName[name]))
	for i, f := range byName[name] {
		sigs[i] = f.sig
	}
	m, err := fn.ResolveAmong(sigs, name, types, nil)
	if err != nil {
		return nil, nil, err
	}
	return byID[m.Fn.ID()], m.Args, nil
}
