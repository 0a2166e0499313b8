package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateAggregate) (*Plan, error) {
	schema, err := e.silent().creationSchema(s.Name)
	if err != nil {
		return nil, err
	}
	f := &catalog.Function{Schema: schema.OID, Name: s.Name.Name, Owner: e.owner(), Version: 1, Volatility: "i", Parallel: "u", Cost: 1, Aggregate: &catalog.Aggregate{}}
	m := &aggregateMaker{env: e, f: f, s: s, said: map[string]*ast.AggregateOption{}}
	for _, step := range []func() error{m.options, m.parameters, m.name, m.plain, m.moving, m.beside, m.use} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := e.place(f, s.OrReplace); err != nil {
		return nil, err
	}
	return e.define(f, "CREATE AGGREGATE"), nil
})

// aggregateMaker describes a new aggregate.
type aggregateMaker struct {
	*env
	f    *catalog.Function
	s    *ast.CreateAggregate
	said map[string]*ast.AggregateOption
}

// aggregateOptions are the names that are known, and what others of these they stand for.
var aggregateOptions = map[string]string{"basetype": "", "sfunc": "", "sfunc1": "sfunc", "stype": "", "stype1": "stype", "sspace": "", "finalfunc": "", "finalfunc_extra": "",
	"finalfunc_modify": "", "combinefunc": "", "serialfunc": "", "deserialfunc": "", "initcond": "", "initcond1": "initcond", "msfunc": "", "minvfunc": "",
	"mstype": "", "msspace": "", "mfinalfunc": "", "mfinalfunc_extra": "", "mfinalfunc_modify": "", "minitcond": "", "sortop": "", "parallel": "", "hypothetical": ""}

// options collects what is said; of an option that stands twice the last one counts.
func (m *aggregateMaker) options() error {
	for _, o := range m.s.Options {
		as, known := aggregateOptions[o.Name]
		switch {
		case !known:
			warning := pgerr.New(pgerr.SyntaxError, "aggregate attribute %q not recognized", o.Name)
			warning.Severity = "WARNING"
			m.notice(warning)
			continue
		case as == "":
			as = o.Name
		}
		m.said[as] = o
	}
	for _, o := range []string{"serialfunc", "deserialfunc", "hypothetical"} {
		if m.said[o] != nil {
			return pgerr.Unsupported("%s in CREATE AGGREGATE", strings.ToUpper(o))
		}
	}
	return nil
}

// on reports whether an option that is a truth value is said, and not to be false.
func (m *aggregateMaker) on(option string) bool {
	o := m.said[option]
	return o != nil && o.Value != "0" && (o.Type == nil || o.Type.Name != "false" && o.Type.Name != "off")
}

// text is an option's value as a text.
func (m *aggregateMaker) text(option string) *string {
	o := m.said[option]
	if o == nil {
		return nil
	}
	s := o.Value
	if o.Type != nil {
		s = o.Type.String()
	}
	return &s
}

// parameters describes what the aggregate takes.
func (m *aggregateMaker) parameters() error {
	params := m.s.Params
	switch base := m.said["basetype"]; {
	case m.s.Old && base == nil:
		return errFunction("aggregate input type must be specified")
	case !m.s.Old && base != nil:
		return errFunction("basetype is redundant with aggregate input type specification")
	case m.s.Old && base.Type != nil && base.Type.Name != "any":
		params = []*ast.FuncParam{{Mode: "IN", Type: base.Type}}
	case m.s.Old && base.Type == nil && !strings.EqualFold(base.Value, "any"):
		return errFunction("aggregate input type must be specified")
	}
	for _, p := range params {
		if p.Mode == "OUT" || p.Mode == "INOUT" {
			return m.at(p.Pos, pgerr.New(pgerr.FeatureNotSupported, "aggregates cannot have output arguments"))
		}
		if p.Mode == "VARIADIC" {
			return pgerr.Unsupported("a variadic aggregate of a user")
		}
		t, err := m.typeOf(p.Type, "an argument of an aggregate")
		if err != nil {
			return err
		}
		m.f.Params = append(m.f.Params, catalog.Param{Name: p.Name, Mode: catalog.ParamIn, Type: t})
	}
	return nil
}

// typeOf finds a type, but no table's row.
func (m *aggregateMaker) typeOf(n *ast.TypeName, what string) (col.Type, error) {
	t, relation, err := (&functionMaker{env: m.env}).paramType(n)
	switch {
	case relation != nil, err == nil && t.Is(col.Record):
		return t, pgerr.Unsupported("a row as %s", what)
	case n.Name == "internal" || n.Name == "any":
		return t, pgerr.Unsupported("the type %q as %s", n.Name, what)
	}
	return t, err
}

// name refuses the names of functions of the system that are no aggregates: a call would mean these.
func (m *aggregateMaker) name() error {
	name := m.f.Name
	if fn.Named(name) != nil || fn.ReturnsRows(name) || over.Exists(name) || agg.OrderedSet(name) {
		return pgerr.Unsupported("an aggregate with the name of function %s()", name).WithHint("Give it another name.")
	}
	return nil
}

// plain describes the aggregate's state and its functions.
func (m *aggregateMaker) plain() (err error) {
	m.f.Aggregate.Plain, m.f.Result, err = m.fold("", "transition")
	return err
}

// moving describes the other way to the result.
func (m *aggregateMaker) moving() error {
	if m.said["mstype"] == nil {
		for _, o := range []string{"msfunc", "minvfunc", "mfinalfunc", "msspace", "minitcond"} {
			if m.said[o] != nil {
				return errFunction("aggregate %s must not be specified without mstype", o)
			}
		}
		return nil
	}
	for _, o := range []string{"msfunc", "minvfunc"} {
		if m.said[o] == nil {
			return errFunction("aggregate %s must be specified when mstype is specified", o)
		}
	}
	w, result, err := m.fold("m", "moving-aggregate transition")
	if err != nil {
		return err
	}
	if !result.Is(m.f.Result) {
		return errFunction("moving-aggregate implementation returns type %s, but plain implementation returns type %s", m.typeText(result), m.typeText(m.f.Result))
	}
	m.f.Aggregate.Moving = &w
	return nil
}

// fold describes one way to the result; prefix is that of its options.
func (m *aggregateMaker) fold(prefix, what string) (w catalog.Fold, result col.Type, err error) {
	for _, o := range []string{"stype", "sfunc"} {
		if m.said[prefix+o] == nil || m.said[prefix+o].Type == nil {
			return w, result, errFunction("aggregate %s%s must be specified", prefix, o)
		}
	}
	if w.State, err = m.typeOf(m.said[prefix+"stype"].Type, "the state of an aggregate"); err != nil {
		return w, result, err
	}
	if err := m.told(w.State, "transition"); err != nil {
		return w, result, err
	}
	w.Init = m.text(prefix + "initcond")
	if w.Init != nil && !fn.IsPolymorphic(w.State) {
		if _, err := (&binder{env: m.silent()}).initial(w.Init, w.State); err != nil {
			return w, result, err
		}
	}
	takes := append([]col.Type{w.State}, m.inputs()...)
	step, err := m.lookup(prefix+"sfunc", takes, w.State, what)
	if err != nil {
		return w, result, err
	}
	if w.Step = step.ref(); step.strict() && w.Init == nil && !m.firstIsState(w.State) {
		return w, result, errFunction("must not omit initial value when transition function is strict and transition type is not compatible with input type")
	}
	if prefix != "" {
		inverse, err := m.lookup("minvfunc", takes, w.State, "inverse transition")
		switch {
		case err != nil:
			return w, result, err
		case inverse.strict() != step.strict():
			return w, result, errFunction("strictness of aggregate's forward and inverse transition functions must match")
		}
		w.Inverse = inverse.ref()
	}
	result, err = m.final(prefix, &w)
	return w, result, err
}

// final describes what is made of the state in the end.
func (m *aggregateMaker) final(prefix string, w *catalog.Fold) (result col.Type, err error) {
	if w.Modify, err = m.modify(prefix + "finalfunc_modify"); err != nil {
		return result, err
	}
	if result = w.State; m.said[prefix+"finalfunc"] == nil {
		return result, nil
	}
	takes := []col.Type{w.State}
	if w.Extra = m.on(prefix + "finalfunc_extra"); w.Extra {
		takes = append(takes, m.inputs()...)
	}
	final, err := m.lookup(prefix+"finalfunc", takes, col.Type{}, "")
	switch {
	case err != nil:
		return result, err
	case w.Extra && final.strict():
		return result, errFunction("final function with extra arguments must not be declared STRICT")
	}
	w.Final = final.ref()
	return final.Ret, m.told(final.Ret, "result")
}

var finalModifies = map[string]string{"read_only": "r", "shareable": "s", "read_write": "w"}

func (m *aggregateMaker) modify(option string) (string, error) {
	s := m.text(option)
	if s == nil {
		return "r", nil
	}
	if c, ok := finalModifies[strings.ToLower(*s)]; ok {
		return c, nil
	}
	return "", pgerr.New(pgerr.SyntaxError, "parameter %q must be READ_ONLY, SHAREABLE, or READ_WRITE", option)
}

// told refuses a polymorphic type that no parameter tells.
func (m *aggregateMaker) told(t col.Type, what string) error {
	needs := fn.ToldBy(t)
	if needs == nil || slices.ContainsFunc(m.inputs(), func(p col.Type) bool { return slices.Contains(needs, fn.PseudoName(p)) }) {
		return nil
	}
	return errFunction("cannot determine %s data type", what).WithDetail("A result of type %s requires at least one input of type %s, or %s.",
		fn.PseudoName(t), strings.Join(needs[:len(needs)-1], ", "), needs[len(needs)-1])
}

func (m *aggregateMaker) inputs() (types []col.Type) {
	for _, p := range m.f.Inputs() {
		types = append(types, p.Type)
	}
	return types
}

func (m *aggregateMaker) typeText(t col.Type) string { return m.Catalog.FormatType(m.Path, t) }

// beside takes what says nothing of the result.
func (m *aggregateMaker) beside() error {
	if o := m.said["combinefunc"]; o != nil {
		state := m.f.Aggregate.Plain.State
		if _, err := m.lookup("combinefunc", []col.Type{state, state}, state, "combine"); err != nil {
			return err
		}
	}
	if s := m.text("parallel"); s != nil {
		switch *s {
		case "safe", "restricted", "unsafe":
			m.f.Parallel = (*s)[:1]
		default:
			return pgerr.New(pgerr.SyntaxError, "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE")
		}
	}
	o := m.said["sortop"]
	switch {
	case o == nil:
		return nil
	case len(m.f.Params) != 1:
		return errFunction("sort operator can only be specified for single-argument aggregates")
	}
	t := m.f.Params[0].Type
	if _, err := fn.ResolveOperator(o.Value, []col.Type{t, t}); err != nil {
		return err
	}
	m.f.Aggregate.SortOp = o.Value
	return nil
}

// use binds the functions as a call would, where no polymorphic type leaves open over what, and notes
// which the aggregate stands on.
func (m *aggregateMaker) use() error {
	m.f.DependsOn = m.f.Aggregate.Callees()
	slices.Sort(m.f.DependsOn)
	m.f.DependsOn = slices.Compact(m.f.DependsOn)
	if slices.ContainsFunc(append(m.inputs(), m.f.Aggregate.Plain.State), fn.IsPolymorphic) {
		return nil
	}
	s, err := m.signature(m.f, false)
	if err != nil {
		return err
	}
	match, err := fn.ResolveAmong([]*fn.Scalar{s}, m.f.Name, m.inputs(), nil)
	if err != nil {
		return err
	}
	ways := []*catalog.Fold{&m.f.Aggregate.Plain}
	if m.f.Aggregate.Moving != nil {
		ways = append(ways, m.f.Aggregate.Moving)
	}
	for _, w := range ways {
		if _, err := m.silent().foldOf(m.f, w, match, m.inputs()); err != nil {
			return err
		}
	}
	return nil
}
