package fn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// Kernel fills out for the lanes of sel (nil: all of 0…n-1). Every argument has at least
// n values, or exactly one: a constant (read lane i of an argument at i & mask). out has n
// lanes of its type's usual kind; its Type carries the modifier asked for. A kernel may
// give a numeric out another kind (see numericOut).
//
// A kernel that is not Total finds in sel no lane where an argument of a strict function is
// NULL. It reports a bad row by Ctx.Fail, and makes a result NULL by Ctx.SetNull. A Total
// kernel does neither; it fills all n lanes, and whatever it finds in NULL lanes is
// harmless to it.
type Kernel func(c *Ctx, args []*col.Vector, sel []uint32, n int, out *col.Vector)

// Filter appends to dst the lanes of sel (nil: all) where a boolean function is true.
// No argument lane of sel is NULL. dst has room for every lane of sel.
type Filter func(c *Ctx, args []*col.Vector, sel []uint32, n int, dst []uint32) []uint32

// Volatility is PostgreSQL's: what a result may depend on beside the arguments.
type Volatility uint8

// Immutable depends on nothing else; Stable on settings, time and catalog, constant
// within a statement; Volatile may differ from call to call.
const (
	Immutable Volatility = iota
	Stable
	Volatile
)

// Pseudo-types of signatures.
var (
	Any        = col.Type{OID: 2276, Mod: -1} // any argument, taken as it is
	AnyElement = col.Type{OID: 2283, Mod: -1} // arguments of one common type, which the result may have
)

// Param is one declared argument.
type Param struct {
	Name    string // empty: not named
	Type    col.Type
	Default string // literal text of the default value, when HasDef
	HasDef  bool
	Given   col.Type // of a polymorphic parameter, the type of the default
}

// Scalar is a registered function, operator or cast. It is immutable once registered.
type Scalar struct {
	Name     string // lower(…); an operator's symbol; a cast's target type
	Params   []Param
	Variadic bool // the last Param may be given any number of times, but once at least
	Ret      col.Type
	Doc      string

	Volatility Volatility
	NonStrict  bool // called with NULL arguments too
	Fallible   bool // may mark rows
	Total      bool // see Kernel
	// Dense says that a strict kernel takes NULL lanes too (it computes every lane), and
	// marks only selected lanes that are not NULL, which out.Valid tells.
	Dense   bool
	Equals  bool // it compares elements: of a type that has an equality
	Inner   bool // stands for syntax: the planner puts it into plans, and nobody calls it by its name
	Costly  bool // takes much longer than copying its result
	Scans   bool // reads the whole of long arguments, as every Costly one, and asks no Host
	Relabel bool // a cast that only gives the bytes another type; no Kernel
	Prints  bool // makes the text of floats, of which extra_float_digits says how many digits are written
	Spread  bool // called with VARIADIC before the last argument, an array
	Counts  bool // answers by the calls before it: those of a row come before those of the next one
	Version int  // raised when the answers change; 1 at first
	Kernel  Kernel
	Filter  Filter // nil: none
	// Weight is what lane i of n takes beside reading its arguments, in bytes that are written or
	// read in the same time, where it may be much. Nil: it is not.
	Weight func(args []*col.Vector, i, n int) int

	spreads     *Scalar // what VARIADIC calls; nil: s is not Variadic
	spreadsNull bool
}

// IsOperator reports whether s is called by a symbol.
func (s *Scalar) IsOperator() bool { return isSymbol(s.Name) }

// IsCast reports whether s turns a type into the one that it is named by.
func (s *Scalar) IsCast() bool {
	if slices.Contains(arrayCasts, s.Name) {
		return true
	}
	return len(s.Params) == 1 && casts[castKey{s.Params[0].Type.OID, s.Ret.OID}].fn == s || lengths[s.Ret.OID][Explicit] == s || lengths[s.Ret.OID][Assignment] == s
}

// Takes reports whether arguments of the types can be handed to the kernel as they are.
func (s *Scalar) Takes(args []col.Type) bool {
	n := len(s.Params)
	if len(args) < n || len(args) > n && !s.Variadic {
		return false
	}
	for i, t := range args {
		if !Accepts(s.Params[min(i, n-1)].Type, t) {
			return false
		}
	}
	return true
}

// Returns reports whether t can be the type of s's result.
func (s *Scalar) Returns(t col.Type) bool { return Accepts(s.Ret, t) }

func isSymbol(name string) bool { return strings.ContainsAny(name[:1], "+-*/<>=~!@#%^&|?") }

// ID names one overload: lower(text). It is part of stored plans.
func (s *Scalar) ID() string {
	var b strings.Builder
	b.WriteString(s.Name)
	b.WriteByte('(')
	for i, p := range s.Params {
		if i > 0 {
			b.WriteByte(',')
		}
		if s.Variadic && i == len(s.Params)-1 {
			b.WriteString("variadic ")
		}
		b.WriteString(typeName(p.Type))
	}
	b.WriteByte(')')
	return b.String()
}

// Required is the number of arguments without which s cannot be called.
func (s *Scalar) Required() int {
	n := 0
	for i, p := range s.Params {
		if !p.HasDef {
			n = i + 1
		}
	}
	return n
}

// Option changes a registration.
type Option func(*Scalar)

// The options of Register.
var (
	// NonStrict has the kernel called with NULL arguments too.
	NonStrict Option = func(s *Scalar) { s.NonStrict = true }
	// Fallible says that rows can be in error.
	Fallible Option = func(s *Scalar) { s.Fallible = true }
	// IsTotal is Scalar.Total.
	IsTotal Option = func(s *Scalar) { s.Total = true }
	// IsDense is Scalar.Dense.
	IsDense Option = func(s *Scalar) { s.Dense = true }
	// Equals is Scalar.Equals.
	Equals Option = func(s *Scalar) { s.Equals = true }
	// Inner is Scalar.Inner.
	Inner Option = func(s *Scalar) { s.Inner = true }
	// Costly is Scalar.Costly.
	Costly Option = func(s *Scalar) { s.Costly, s.Scans = true, true }
	// Prints is Scalar.Prints.
	Prints Option = func(s *Scalar) { s.Prints = true }
	// Scans is Scalar.Scans.
	Scans Option = func(s *Scalar) { s.Scans = true }
	// IsStable and IsVolatile are Scalar.Volatility.
	IsStable   Option = func(s *Scalar) { s.Volatility = Stable }
	IsVolatile Option = func(s *Scalar) { s.Volatility = Volatile }
	// Counts is Scalar.Counts, and IsVolatile.
	Counts Option = func(s *Scalar) { s.Volatility, s.Counts = Volatile, true }
)

// Version is the option that raises Scalar.Version above 1.
func Version(v int) Option { return func(s *Scalar) { s.Version = v } }

// Weighs is the option that sets Scalar.Weight.
func Weighs(f func(args []*col.Vector, i, n int) int) Option {
	return func(s *Scalar) { s.Weight, s.Scans = f, true }
}

// WithFilter is the option that adds a Filter.
func WithFilter(f Filter) Option { return func(s *Scalar) { s.Filter = f } }

var (
	byName     = map[string][]*Scalar{}
	byID       = map[string]*Scalar{}
	registered []*Scalar
)

// Register adds a function under a signature: "lower(text) text",
// "round(value numeric, digits int4 = 0) numeric", "concat(variadic any) text",
// "+(int4, int4) int4". It is called while packages start, never later, and panics for a
// signature that does not parse or is there already: found when any test starts.
func Register(sig, doc string, k Kernel, opts ...Option) *Scalar {
	s, err := ParseSignature(sig)
	if err != nil {
		panic("fn: " + err.Error())
	}
	s.Doc, s.Kernel = doc, k
	for _, o := range opts {
		o(s)
	}
	id := s.ID()
	if byID[id] != nil {
		panic(fmt.Sprintf("fn: %s registered twice", id))
	}
	byID[id] = s
	registered = append(registered, s)
	byName[s.Name] = append(byName[s.Name], s)
	if s.Variadic && !s.Inner {
		s.spread()
	}
	return s
}

func scalar(sig, doc string, k Kernel, opts ...Option) *Scalar { return Register(sig, doc, k, opts...) }

// ByID finds an overload by its ID; nil: there is none.
func ByID(id string) *Scalar { return byID[id] }

// Named lists the overloads of a name, in order of registration.
func Named(name string) []*Scalar { return byName[name] }

// All lists every Scalar by ID.
func All() []*Scalar {
	all := slices.Clone(registered)
	slices.SortFunc(all, func(a, b *Scalar) int { return cmp.Compare(a.ID(), b.ID()) })
	return all
}

func typeName(t col.Type) string {
	if name := pseudoNames[t.OID]; name != "" {
		return name
	}
	i, _ := t.Info()
	return i.Name
}

func typeNamed(s string) (col.Type, bool) {
	if t, ok := pseudoTypes[s]; ok {
		return t, true
	}
	return col.TypeNamed(s)
}

// ParseSignature reads a signature as Register takes it: a Scalar without kernel.
func ParseSignature(sig string) (*Scalar, error) {
	open, end := strings.IndexByte(sig, '('), strings.LastIndexByte(sig, ')')
	if open < 1 || end < open {
		return nil, fmt.Errorf("signature %q: want name(types) type", sig)
	}
	s := &Scalar{Name: sig[:open], Version: 1}
	ret, ok := typeNamed(strings.TrimSpace(sig[end+1:]))
	if !ok {
		return nil, fmt.Errorf("signature %q: no such result type", sig)
	}
	s.Ret = ret
	if strings.TrimSpace(sig[open+1:end]) == "" {
		return s, nil
	}
	for part := range strings.SplitSeq(sig[open+1:end], ",") {
		p, variadic, err := parseParam(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("signature %q: %w", sig, err)
		}
		s.Params, s.Variadic = append(s.Params, p), variadic
	}
	return s, nil
}

func parseParam(part string) (p Param, variadic bool, err error) {
	if part, variadic = strings.CutPrefix(part, "variadic "); variadic {
		part = strings.TrimSpace(part)
	}
	if decl, def, ok := strings.Cut(part, "="); ok {
		part, p.Default, p.HasDef = strings.TrimSpace(decl), strings.TrimSpace(def), true
	}
	words := strings.Fields(part)
	if len(words) == 0 || len(words) > 2 {
		return p, variadic, fmt.Errorf("parameter %q", part)
	}
	if len(words) == 2 {
		p.Name = words[0]
	}
	t, ok := typeNamed(words[len(words)-1])
	if !ok {
		return p, variadic, fmt.Errorf("no such type %q", words[len(words)-1])
	}
	p.Type = t
	return p, variadic, nil
}
