package catalog

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Function is a function whose body is a query: a call of it is planned as its body; or an
// aggregate. It is immutable.
type Function struct {
	OID     OID
	Schema  OID
	Name    string
	Owner   OID
	Version uint32

	Params []Param  // in the order in which they were declared, those of the result among them
	Result col.Type // record: a row of several columns
	Set    bool     // it returns any number of such results
	RowOf  OID      `json:",omitempty"` // the relation whose rows it returns; 0: none

	Body       string   // as between its quotes, or from RETURN or BEGIN ATOMIC on
	Form       BodyForm `json:",omitempty"`
	Volatility string   // as pg_proc.provolatile
	Parallel   string   // as pg_proc.proparallel
	Strict     bool     `json:",omitempty"`
	Leakproof  bool     `json:",omitempty"`
	Cost, Rows float64
	// Settings are those of SET clauses, and of a body that is not a string the search path
	// under which it was written.
	Settings map[string]string `json:",omitempty"`

	// Aggregate is what it is in place of a body; nil: it is no aggregate.
	Aggregate *Aggregate `json:",omitempty"`

	// DependsOn are relations and functions: those that a body names which is not a string,
	// and what the result, the defaults and an aggregate are made of.
	DependsOn []OID `json:",omitempty"`
}

// BodyForm tells how a function's body was written.
type BodyForm string

// The forms of a body. Only the names in a string are looked up anew for each call.
const (
	StringBody BodyForm = ""
	ReturnBody BodyForm = "return"
	AtomicBody BodyForm = "atomic"
)

// ParamMode is a letter of pg_proc.proargmodes.
type ParamMode string

// The modes of parameters.
const (
	ParamIn       ParamMode = "i"
	ParamOut      ParamMode = "o"
	ParamInOut    ParamMode = "b"
	ParamTable    ParamMode = "t"
	ParamVariadic ParamMode = "v" // an array, whose elements a call may list
)

// Param is a parameter of a Function, or a column of its result.
type Param struct {
	Name    string    `json:",omitempty"` // empty: it has none
	Mode    ParamMode // never empty
	Type    col.Type
	Default string `json:",omitempty"` // SQL; empty: none
}

// IsInput reports whether a call gives the parameter a value.
func (p Param) IsInput() bool { return !p.IsOutput() || p.Mode == ParamInOut }

// IsOutput reports whether the parameter is a column of the result.
func (p Param) IsOutput() bool { return p.Mode != ParamIn && p.Mode != ParamVariadic }

// Inputs are the parameters that a call gives values, in their order.
func (f *Function) Inputs() []Param {
	return slices.DeleteFunc(slices.Clone(f.Params), func(p Param) bool { return !p.IsInput() })
}

// Outputs are the parameters that are columns of the result, in their order.
func (f *Function) Outputs() []Param {
	return slices.DeleteFunc(slices.Clone(f.Params), func(p Param) bool { return !p.IsOutput() })
}

// IsVariadic reports whether a call may list the elements of the last parameter.
func (f *Function) IsVariadic() bool {
	return slices.ContainsFunc(f.Params, func(p Param) bool { return p.Mode == ParamVariadic })
}

// LeavesColumns reports whether the result is a row of which a call must say what columns it has.
func (f *Function) LeavesColumns() bool {
	return f.Result.Is(col.Record) && f.RowOf == 0 && len(f.Outputs()) < 2 // an only one is the row
}

// IsMadeOf reports whether a relation's row is the type of a parameter or of the result.
func (f *Function) IsMadeOf(r *Relation) bool {
	return f.RowOf == r.OID || slices.ContainsFunc(f.Params, func(p Param) bool { return p.Type.OID == r.TypeOID() && r.TypeOID() != 0 })
}

// InputTypes are the types that tell the function from others of its name.
func (f *Function) InputTypes() (types []col.OID) {
	for _, p := range f.Inputs() {
		types = append(types, p.Type.OID)
	}
	return types
}

// Function returns the function with the number, or nil.
func (c *Catalog) Function(oid OID) *Function { return c.functions[oid] }

// Functions yields the functions that users created, by number.
func (c *Catalog) Functions() iter.Seq[*Function] { return ordered(c.functions) }

// FunctionsNamed lists the functions of a name that a call along a search path may mean, or
// in the schema when one is given, by number. One whose types a function of an earlier schema
// has is left out.
func (c *Catalog) FunctionsNamed(path []string, schema, function string) (found []*Function) {
	if len(c.overloads[function]) == 0 {
		return nil
	}
	schemas := c.Path(path)
	if schema != "" {
		s := c.SchemaNamed(schema)
		if s == nil {
			return nil
		}
		schemas = []OID{s.OID}
	}
	for _, s := range schemas {
		for _, f := range c.overloads[function] {
			hidden := func(o *Function) bool { return slices.Equal(o.InputTypes(), f.InputTypes()) }
			if f.Schema == s && !slices.ContainsFunc(found, hidden) {
				found = append(found, f)
			}
		}
	}
	slices.SortFunc(found, func(a, b *Function) int { return cmp.Compare(a.OID, b.OID) })
	return found
}

// FunctionWith returns the function of a schema that takes just the types, or nil.
func (c *Catalog) FunctionWith(schema OID, function string, types []col.OID) *Function {
	for _, f := range c.overloads[function] {
		if f.Schema == schema && slices.Equal(f.InputTypes(), types) {
			return f
		}
	}
	return nil
}

// FunctionUsers lists what stands directly on a function, by number.
func (c *Catalog) FunctionUsers(oid OID) (relations []*Relation, functions []*Function) {
	for r := range c.Relations() {
		if slices.Contains(r.Functions, oid) {
			relations = append(relations, r)
		}
	}
	return relations, c.DependentFunctions(oid)
}

// DependentFunctions lists the functions that stand directly on a relation or function, by
// number.
func (c *Catalog) DependentFunctions(oid OID) (functions []*Function) {
	for f := range c.Functions() {
		if slices.Contains(f.DependsOn, oid) {
			functions = append(functions, f)
		}
	}
	return functions
}

// putFunction puts a function in place of the version that it was made from.
func (c *Catalog) putFunction(f *Function) error {
	if c.version(f.OID)+1 != f.Version {
		return errChanged
	}
	c.dropFunction(f.OID)
	c.functions, c.overloads = maps.Clone(c.functions), maps.Clone(c.overloads)
	c.setFunction(f)
	c.next = max(c.next, f.OID+1)
	return nil
}

// setFunction adds a function to the maps, which are the catalog's own.
func (c *Catalog) setFunction(f *Function) {
	c.functions[f.OID] = f
	all := append(slices.Clip(c.overloads[f.Name]), f)
	slices.SortFunc(all, func(a, b *Function) int { return cmp.Compare(a.OID, b.OID) })
	c.overloads[f.Name] = all
}

// dropFunction takes a function away, if the number is that of one.
func (c *Catalog) dropFunction(oid OID) {
	f := c.functions[oid]
	if f == nil {
		return
	}
	c.functions, c.overloads = maps.Clone(c.functions), maps.Clone(c.overloads)
	delete(c.functions, oid)
	c.overloads[f.Name] = slices.DeleteFunc(slices.Clone(c.overloads[f.Name]), func(o *Function) bool { return o == f })
}

// checkFunctions reports what functions need and the catalog does not have, functions that
// cannot be told apart, and relations that have lost one of theirs.
func (c *Catalog) checkFunctions(relations []*Relation) error {
	seen := map[name][]*Function{}
	for f := range c.Functions() {
		if c.schemas[f.Schema] == nil {
			return pgerr.New(pgerr.SerializationFailure, "schema with OID %d was concurrently dropped", f.Schema)
		}
		for _, o := range seen[name{f.Schema, f.Name}] {
			if slices.Equal(o.InputTypes(), f.InputTypes()) {
				return pgerr.New(pgerr.DuplicateFunction, "function %q already exists with same argument types", f.Name)
			}
		}
		seen[name{f.Schema, f.Name}] = append(seen[name{f.Schema, f.Name}], f)
		for _, on := range f.DependsOn {
			if c.version(on) == 0 {
				return pgerr.New(pgerr.DependentObjectsStillExist, "an object that function %s depends on was concurrently dropped", f.Name)
			}
		}
	}
	for _, r := range relations {
		for _, oid := range r.Functions {
			if c.functions[oid] == nil {
				return pgerr.New(pgerr.DependentObjectsStillExist, "a function that %s %s depends on was concurrently dropped", r.Kind, r.Name)
			}
		}
	}
	return nil
}

// valid checks what the rest of the server takes for granted.
func (f *Function) valid() error {
	if f == nil || f.Version == 0 || f.OID < FirstOID || f.Name == "" || len(f.Name) > maxNameByte || !utf8.ValidString(f.Name) || len(f.Params) > maxColumns {
		return corrupt("a function is not valid")
	}
	for _, p := range f.Params {
		switch p.Mode {
		case ParamIn, ParamOut, ParamInOut, ParamTable, ParamVariadic:
		default:
			return corrupt("a parameter of function %s has no mode", f.Name)
		}
	}
	if f.Aggregate != nil {
		return f.Aggregate.valid()
	}
	return nil
}
