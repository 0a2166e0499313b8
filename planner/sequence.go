package planner

import (
	"math"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

// sequenceMaker applies options to a sequence. What is left out is as it was or, of a new one, as the
// standard says.
type sequenceMaker struct {
	*env
	info    *catalog.SequenceInfo
	fresh   bool
	options map[ast.SequenceOptionKind]*ast.SequenceOption
	// last is the value that the counter of a sequence that there is stands at.
	last     int64
	restarts bool
}

// sequenceTypes are the bounds of the types that a sequence can have.
var sequenceTypes = map[catalog.OID][2]int64{
	col.OIDInt2: {math.MinInt16, math.MaxInt16},
	col.OIDInt4: {math.MinInt32, math.MaxInt32},
	col.OIDInt8: {math.MinInt64, math.MaxInt64},
}

// newSequence describes a sequence of a type.
func (e *env) newSequence(t catalog.OID, options []*ast.SequenceOption) (*catalog.SequenceInfo, error) {
	m := &sequenceMaker{env: e, info: &catalog.SequenceInfo{Type: t, Increment: 1, Cache: 1}, fresh: true}
	return m.info, m.apply(options)
}

func (m *sequenceMaker) apply(options []*ast.SequenceOption) error {
	m.options = map[ast.SequenceOptionKind]*ast.SequenceOption{}
	for _, o := range options {
		if o.Kind == ast.SequenceName {
			return m.env.at(o.Pos, pgerr.New(pgerr.SyntaxError, "invalid sequence option SEQUENCE NAME"))
		}
		m.options[o.Kind] = o
	}
	old := sequenceTypes[m.info.Type]
	for _, step := range []func() error{m.ofType, m.increment, func() error { return m.bounds(old) }, m.start, m.restart, m.cache} {
		if err := step(); err != nil {
			return err
		}
	}
	if o := m.options[ast.SequenceCycle]; o != nil {
		m.info.Cycle = !o.No
	}
	if m.fresh || m.restarts {
		m.info.Counter, m.info.First = m.OIDs.Take(1), m.last
	}
	return nil
}

// number is the value of an option; false: it was not given one.
func (m *sequenceMaker) number(kind ast.SequenceOptionKind) (int64, bool, error) {
	o := m.options[kind]
	if o == nil || o.Value == "" {
		return 0, false, nil
	}
	n, err := pgtext.ParseInt64(o.Value)
	return n, true, err
}

func errSequence(format string, args ...any) error {
	return pgerr.New(pgerr.InvalidParameterValue, format, args...)
}

func (m *sequenceMaker) ofType() error {
	o := m.options[ast.SequenceType]
	if o == nil {
		return nil
	}
	t, err := m.typeNamed(o.Type)
	if err != nil {
		return err
	}
	if _, ok := sequenceTypes[t.OID]; !ok {
		return errSequence("sequence type must be smallint, integer, or bigint")
	}
	m.info.Type = t.OID
	return nil
}

func (m *sequenceMaker) increment() error {
	n, given, err := m.number(ast.SequenceIncrement)
	if !given || err != nil {
		return err
	}
	if n == 0 {
		return errSequence("INCREMENT must not be zero")
	}
	m.info.Increment = n
	return nil
}

// bounds sets MINVALUE and MAXVALUE; those of a former type become the type's.
func (m *sequenceMaker) bounds(old [2]int64) error {
	s := m.info
	of := sequenceTypes[s.Type]
	changed := m.options[ast.SequenceType] != nil && !m.fresh
	most, given, err := m.number(ast.SequenceMax)
	switch reset := changed && s.Max == old[1]; {
	case err != nil:
		return err
	case given:
		s.Max = most
	case !m.fresh && m.options[ast.SequenceMax] == nil && !reset:
	case s.Increment > 0 || reset:
		s.Max = of[1]
	default:
		s.Max = -1
	}
	least, given, err := m.number(ast.SequenceMin)
	switch reset := changed && s.Min == old[0]; {
	case err != nil:
		return err
	case given:
		s.Min = least
	case !m.fresh && m.options[ast.SequenceMin] == nil && !reset:
	case s.Increment < 0 || reset:
		s.Min = of[0]
	default:
		s.Min = 1
	}
	name := col.Type{OID: s.Type, Mod: -1}
	switch {
	case s.Max < of[0] || s.Max > of[1]:
		return errSequence("MAXVALUE (%d) is out of range for sequence data type %s", s.Max, name)
	case s.Min < of[0] || s.Min > of[1]:
		return errSequence("MINVALUE (%d) is out of range for sequence data type %s", s.Min, name)
	case s.Min >= s.Max:
		return errSequence("MINVALUE (%d) must be less than MAXVALUE (%d)", s.Min, s.Max)
	}
	return nil
}

func (m *sequenceMaker) start() error {
	s := m.info
	n, given, err := m.number(ast.SequenceStart)
	switch {
	case err != nil:
		return err
	case given:
		s.Start = n
	case m.fresh && s.Increment > 0:
		s.Start = s.Min
	case m.fresh:
		s.Start = s.Max
	}
	return m.within("START", s.Start)
}

func (m *sequenceMaker) within(what string, n int64) error {
	switch s := m.info; {
	case n < s.Min:
		return errSequence("%s value (%d) cannot be less than MINVALUE (%d)", what, n, s.Min)
	case n > s.Max:
		return errSequence("%s value (%d) cannot be greater than MAXVALUE (%d)", what, n, s.Max)
	}
	return nil
}

// restart finds where the counter stands, or stands anew.
func (m *sequenceMaker) restart() error {
	n, given, err := m.number(ast.SequenceRestart)
	switch {
	case err != nil:
		return err
	case given:
		m.last, m.restarts = n, true
	case m.fresh, m.options[ast.SequenceRestart] != nil:
		m.last, m.restarts = m.info.Start, true
	}
	return m.within("RESTART", m.last)
}

func (m *sequenceMaker) cache() error {
	n, given, err := m.number(ast.SequenceCache)
	if !given || err != nil {
		return err
	}
	if n <= 0 {
		return errSequence("CACHE (%d) must be greater than zero", n)
	}
	m.info.Cache = n
	return nil
}

// owner lets a column own the sequence r, as OWNED BY says; without that option it stays as it is.
func (m *sequenceMaker) owner(r *catalog.Relation) error {
	o := m.options[ast.SequenceOwner]
	switch {
	case o == nil:
		return nil
	case m.info.Identity:
		return pgerr.New(pgerr.FeatureNotSupported, "cannot change ownership of identity sequence").
			WithDetail("Sequence %q is linked to table %q.", r.Name, m.Catalog.Relation(m.info.Table).Name)
	case o.No:
		m.info.Table, m.info.Column = 0, 0
		return nil
	case len(o.Owner) < 2 || len(o.Owner) > 3:
		return pgerr.New(pgerr.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	n := ast.Name{Pos: o.Pos, Name: o.Owner[len(o.Owner)-2].Name}
	if len(o.Owner) == 3 {
		n.Schema = o.Owner[0].Name
	}
	t, err := m.named(n)
	if err != nil {
		return err
	}
	switch t.Kind {
	case catalog.Table, catalog.Stream, catalog.View, catalog.System:
	default:
		return pgerr.New(pgerr.WrongObjectType, "sequence cannot be owned by relation %q", t.Name).WithDetail("This operation is not supported for %ss.", t.Kind)
	}
	if t.Schema != r.Schema {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "sequence must be in same schema as table it is linked to")
	}
	at := t.ColumnIndex(o.Owner[len(o.Owner)-1].Name)
	if at < 0 || t.Columns[at].Hidden {
		return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", o.Owner[len(o.Owner)-1].Name, t.Name)
	}
	m.use(t)
	m.info.Table, m.info.Column = t.OID, t.Columns[at].Attnum
	return nil
}
