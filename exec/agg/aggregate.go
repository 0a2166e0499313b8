package agg

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Any is the argument type of aggregates that take every type.
var Any = fn.Any

// Heap keeps the parts of accumulators that vary in length.
type Heap interface {
	// Put stores a copy of b and returns a view of it; up to col.InlineLen bytes lie in the
	// view.
	Put(b []byte) col.Str
	// Free gives a view's bytes back. They stay readable until the step ends, because a copy
	// of an accumulator may still refer to them.
	Free(s col.Str)
	// Arenas is what the views lead into.
	Arenas() [][]byte
}

// Extremum tells minimum and maximum from the other aggregates.
type Extremum int8

// Min and Max: the result is the least, or greatest, value in the order of
// col.AppendOrderKey. Their kernels only add; under retraction the operator finds the value.
const (
	Min Extremum = -1
	Max Extremum = 1
)

// Aggregate is a registered aggregate. It is immutable.
type Aggregate struct {
	Name     string
	Args     []col.Type // Any: every type
	Ret      col.Type
	Doc      string
	Size     int      // bytes of an accumulator, a multiple of 8
	Extremum Extremum // 0: neither
	Fallible bool     // Result may mark groups
	Version  int      // raised when answers or accumulators change
	// New makes a kernel whose accumulators use the heap. appendOnly says that no weight will
	// be below 1; a kernel of an Extremum asks for it. The kernel belongs to one goroutine.
	New func(h Heap, appendOnly bool) Kernel
	// Collecting is not nil for an aggregate that makes its result of all rows of the group,
	// in an order, and has no kernel.
	Collecting *Collecting
	// Grows: the kernel takes no row back, so that no weight may be below 1.
	Grows bool
	// Steady, if it is not zero, is the number of the first argument that must be a constant;
	// Check refuses the values of those arguments, vectors of one value each.
	Steady int
	Check  func(args []*col.Vector) error

	sig     *fn.Scalar
	defined string // of one that is not registered: its ID
}

// ID names one overload: sum(int4). It is part of stored plans.
func (a *Aggregate) ID() string {
	if a.defined != "" {
		return a.defined
	}
	return a.sig.ID()
}

// Whole reports whether an accumulator is its bytes: nothing of it lies in a heap, so that one
// of another place can be merged.
func (a *Aggregate) Whole() bool {
	if a.Collecting != nil {
		return false
	}
	_, ok := a.New(nil, true).(interface{ whole() })
	return ok
}

// Kernel computes one aggregate. Accumulators are at at[i]+off; rows of equal addresses
// belong to one group. Arguments are dense: value i belongs to at[i].
type Kernel interface {
	// Update adds w[i] times row i (nil: once) to its accumulator. NULL arguments are
	// skipped.
	Update(c *fn.Ctx, at []unsafe.Pointer, off uintptr, args []*col.Vector, w []int64)
	// Result appends the value of each accumulator to out, an empty vector of the
	// aggregate's type, which may get another of the type's kinds. A result in error is marked by
	// its place in at, and NULL.
	Result(c *fn.Ctx, at []unsafe.Pointer, off uintptr, out *col.Vector)
	// Merge adds accumulator from[i] to into[i]; both use the kernel's heap.
	Merge(into, from []unsafe.Pointer, off uintptr)
	// Release gives back what the accumulators hold in the heap, before their rows go.
	Release(at []unsafe.Pointer, off uintptr)
}

var (
	byName     = map[string][]*Aggregate{}
	byID       = map[string]*Aggregate{}
	registered []*Aggregate
)

// Register adds an aggregate under a signature as fn.Register reads it; size is that of
// its accumulators in bytes. It is called while packages start, and panics for a signature
// that is there already.
func Register(sig, doc string, size int, create func(h Heap, appendOnly bool) Kernel) *Aggregate {
	s, err := fn.ParseSignature(sig)
	if err != nil {
		panic("agg: " + err.Error())
	}
	a := &Aggregate{Name: s.Name, Ret: s.Ret, Doc: doc, Size: size, New: create, Version: 1, sig: s}
	for _, p := range s.Params {
		a.Args = append(a.Args, p.Type)
	}
	if size%8 != 0 || byID[a.ID()] != nil {
		panic("agg: " + sig + ": size, or registered twice")
	}
	byID[a.ID()] = a
	registered = append(registered, a)
	byName[a.Name] = append(byName[a.Name], a)
	return a
}

func aggregate(sig, doc string, size int, create func(h Heap, appendOnly bool) Kernel) *Aggregate {
	return Register(sig, doc, size, create)
}

func extremum(a *Aggregate, e Extremum) struct{} {
	a.Extremum = e
	return struct{}{}
}

func fallible(a *Aggregate) struct{} {
	a.Fallible = true
	return struct{}{}
}

// Type is the result's type over arguments of the types, which Resolve gave.
func (a *Aggregate) Type(args []col.Type) col.Type {
	if m, err := fn.ResolveAmong([]*fn.Scalar{a.sig}, a.Name, args, nil); err == nil {
		return m.Ret
	}
	return a.Ret
}

// Takes reports whether the arguments, those in front of WITHIN GROUP first, are of types that
// the aggregate takes.
func (a *Aggregate) Takes(args []col.Type) bool {
	m, err := fn.ResolveAmong([]*fn.Scalar{a.sig}, a.Name, args, nil)
	if err != nil || len(m.Args) != len(args) {
		return false
	}
	for i, t := range m.Args {
		if t != Any && !t.Is(args[i]) {
			return false
		}
	}
	return true
}

// OrderedSet reports whether the name is that of aggregates WITHIN GROUP.
func OrderedSet(name string) bool {
	for _, a := range byName[name] {
		if a.Collecting != nil && a.Collecting.WithinGroup {
			return true
		}
	}
	return false
}

// Hypothetic reports whether they are hypothetical-set ones.
func Hypothetic(name string) bool { return OrderedSet(name) && byName[name][0].Collecting.Hypothetic }

// ByID finds an overload by its ID; nil: there is none.
func ByID(id string) *Aggregate { return byID[id] }

// Exists reports whether some aggregate has the name.
func Exists(name string) bool { return byName[name] != nil }

// All lists every aggregate by ID.
func All() []*Aggregate {
	all := slices.Clone(registered)
	slices.SortFunc(all, func(a, b *Aggregate) int { return cmp.Compare(a.ID(), b.ID()) })
	return all
}

// Resolve finds the overload for arguments of the types, by the rules of functions; count(*)
// has none. args are the types to which the arguments must be cast. Errors: 42883, 42725.
func Resolve(name string, types []col.Type) (a *Aggregate, args []col.Type, err error) {
	sigs := make([]*fn.Scalar, len(byName[name]))
	for i, a := range byName[name] {
		sigs[i] = a.sig
	}
	m, err := fn.ResolveAmong(sigs, name, types, nil)
	if err != nil {
		return nil, nil, err
	}
	return byID[m.Fn.ID()], m.Args, nil
}

// OverNothing is the aggregate's result over no rows, of the type that its results have, as a
// vector of one value in the form that states keep. Only a user's has an error there.
func (a *Aggregate) OverNothing(t col.Type) (*col.Vector, error) {
	v := col.NewVector(t)
	if a.Collecting != nil {
		if err := a.Collecting.Make(fn.NewCtx(nil, 0), noRows{}, nil, 0, v); err != nil {
			return nil, err
		}
		return v.StoredKind(), nil
	}
	zeros := make([]uint64, max(a.Size, 8)/8)
	a.New(nil, true).Result(fn.NewCtx(nil, 0), []unsafe.Pointer{unsafe.Pointer(&zeros[0])}, 0, v)
	return v.StoredKind(), nil
}
