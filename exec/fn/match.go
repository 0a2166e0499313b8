package fn

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
)

// Match is an overload chosen for a call.
type Match struct {
	Fn *Scalar
	// Args are the types that the arguments must be cast to, one for each argument of the
	// call in the function's order, defaults included: -1 modifiers; Any has been replaced by
	// the argument's own type, and polymorphic ones by what they stand for.
	Args []col.Type
	// From[i] is the call's argument that becomes argument i; -1: the default, whose literal
	// text is Fn.Params[i].Default.
	From  []int
	Ret   col.Type
	means meaning
}

// Of is what a declared type of the signature stands for in the call: itself, unless it is polymorphic.
// Errors: 42804 nothing tells, 42704 there are no arrays of it.
func (m *Match) Of(t col.Type) (col.Type, error) {
	if !IsPolymorphic(t) {
		return t, nil
	}
	return m.means.of(t)
}

// Resolve finds the overload of a function for arguments of the types, by PostgreSQL's
// rules. Literals that have no type yet are col.Unknown. names, if not nil, holds the names
// of arguments given as name => value, empty for those given by position.
// Errors: 42883 there is none, 42725 there are several.
func Resolve(name string, args []col.Type, names []string) (*Match, error) {
	return ResolveAmong(byName[name], name, args, names)
}

// ResolveAmong is Resolve among given signatures.
func ResolveAmong(overloads []*Scalar, name string, args []col.Type, names []string) (*Match, error) {
	var fit []candidate
	for _, s := range overloads {
		if c, ok := s.fits(args, names); ok {
			fit = append(fit, c)
		}
	}
	best := choose(fit, args)
	switch {
	case len(best) == 1:
		return best[0].match(args)
	case len(best) > 1:
		return nil, pgerr.New(pgerr.AmbiguousFunction, "function %s is not unique", callText(name, args, names)).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
	}
	return nil, pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", callText(name, args, names)).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// ResolveOperator finds the operator for its operands' types: two, or one for a prefix.
func ResolveOperator(name string, args []col.Type) (*Match, error) {
	if m := exactOperator(name, args); m != nil {
		return m.match(args)
	}
	var fit []candidate
	for _, s := range byName[name] {
		if c, ok := s.fits(args, nil); ok {
			fit = append(fit, c)
		}
	}
	best := choose(fit, args)
	switch {
	case len(best) == 1:
		return best[0].match(args)
	case len(best) > 1:
		return nil, pgerr.New(pgerr.AmbiguousFunction, "operator is not unique: %s", operatorText(name, args)).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
	}
	e := pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", operatorText(name, args))
	if len(args) == 1 {
		return nil, e.WithHint("No operator matches the given name and argument type. You might need to add an explicit type cast.")
	}
	return nil, e.WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
}

// exactOperator is PostgreSQL's first try: an unknown operand is taken to be of the other's
// type.
func exactOperator(name string, args []col.Type) *candidate {
	want := slices.Clone(args)
	if len(want) == 2 {
		if want[0].Is(col.Unknown) {
			want[0] = want[1]
		} else if want[1].Is(col.Unknown) {
			want[1] = want[0]
		}
	}
	for _, s := range byName[name] {
		if len(s.Params) != len(want) {
			continue
		}
		same := true
		for i, p := range s.Params {
			same = same && p.Type.Is(want[i])
		}
		if same {
			c, _ := s.fits(args, nil)
			return &c
		}
	}
	return nil
}

func callText(name string, args []col.Type, names []string) string {
	var b strings.Builder
	b.WriteString(name)
	b.WriteByte('(')
	for i, t := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		if names != nil && names[i] != "" {
			b.WriteString(names[i] + " => ")
		}
		b.WriteString(untyped(t).String())
	}
	b.WriteByte(')')
	return b.String()
}

func operatorText(name string, args []col.Type) string {
	if len(args) == 1 {
		return name + " " + untyped(args[0]).String()
	}
	return untyped(args[0]).String() + " " + name + " " + untyped(args[1]).String()
}

func untyped(t col.Type) col.Type { return col.Type{OID: t.OID, Mod: -1} }

// candidate is an overload with its parameters laid along the call's arguments.
type candidate struct {
	fn   *Scalar
	args []col.Type // declared types by argument of the function, variadic ones repeated
	from []int
}

// fits lays the call's arguments on s's parameters; ok is false when their number or names do
// not fit, or some argument cannot be cast implicitly.
func (s *Scalar) fits(args []col.Type, names []string) (c candidate, ok bool) {
	c.fn = s
	if !s.place(&c, args, names) {
		return c, false
	}
	for i, t := range c.args {
		if c.from[i] >= 0 && !canCoerce(args[c.from[i]], t) {
			return c, false
		}
	}
	if !slices.ContainsFunc(c.args, IsPolymorphic) {
		return c, true
	}
	_, err := c.means(c.given(args, false))
	return c, err == nil
}

func (s *Scalar) place(c *candidate, args []col.Type, names []string) bool {
	n := len(s.Params)
	if s.Variadic {
		for i := range max(len(args), n) {
			c.args = append(c.args, s.Params[min(i, n-1)].Type)
			c.from = append(c.from, i)
		}
		return names == nil && len(args) >= n
	}
	if len(args) > n {
		return false
	}
	for _, p := range s.Params {
		c.args = append(c.args, p.Type)
		c.from = append(c.from, -1)
	}
	for i := range args {
		at := i
		if names != nil && names[i] != "" {
			at = slices.IndexFunc(s.Params, func(p Param) bool { return p.Name == names[i] })
		}
		if at < 0 || c.from[at] >= 0 {
			return false
		}
		c.from[at] = i
	}
	for i, p := range s.Params {
		if c.from[i] < 0 && !p.HasDef {
			return false
		}
	}
	return true
}

func (c candidate) match(args []col.Type) (*Match, error) {
	m := &Match{Fn: c.fn, From: c.from, Ret: c.fn.Ret, Args: slices.Clone(c.args)}
	means, err := c.means(c.given(args, true))
	if err != nil {
		return nil, err
	}
	m.means = means
	if c.fn.Equals && (means.element.Is(col.JSON) || means.compatible.Is(col.JSON)) {
		return nil, pgerr.New(pgerr.UndefinedFunction, "could not identify an equality operator for type json")
	}
	for i, t := range c.args {
		if t == Any && c.from[i] >= 0 {
			m.Args[i] = args[c.from[i]] // an untyped literal stays one, as in PostgreSQL
		} else if m.Args[i], err = m.Of(t); err != nil {
			return nil, err
		}
	}
	m.Ret, err = m.Of(m.Ret)
	return m, err
}

// choose is PostgreSQL's func_select_candidate over candidates that all fit.
func choose(fit []candidate, args []col.Type) []candidate {
	if len(fit) < 2 {
		return fit
	}
	fit = most(fit, func(c candidate) int { return c.score(args, false) })
	if len(fit) < 2 {
		return fit
	}
	fit = most(fit, func(c candidate) int { return c.score(args, true) })
	if len(fit) < 2 || !slices.ContainsFunc(args, isUnknown) {
		return fit
	}
	fit = byCategory(fit, args)
	if len(fit) < 2 {
		return fit
	}
	return bySingleType(fit, args)
}

func isUnknown(t col.Type) bool { return t.Is(col.Unknown) }

// at is the declared type for the call's argument i.
func (c candidate) at(i int) col.Type { return c.args[slices.Index(c.from, i)] }

func (c candidate) score(args []col.Type, preferred bool) int {
	n := 0
	for i, a := range args {
		if isUnknown(a) {
			continue
		}
		t := c.at(i)
		if t.Is(a) || preferred && isPreferred(t, categoryOf(a)) {
			n++
		}
	}
	return n
}

func most(fit []candidate, score func(candidate) int) []candidate {
	best, keep := -1, []candidate(nil)
	for _, c := range fit {
		switch s := score(c); {
		case s > best:
			best, keep = s, []candidate{c}
		case s == best:
			keep = append(keep, c)
		}
	}
	return keep
}

func categoryOf(t col.Type) byte {
	if pseudoNames[t.OID] != "" {
		return 'P'
	}
	i, _ := t.Info()
	return i.Category
}

func isPreferred(t col.Type, category byte) bool {
	i, ok := t.Info()
	return ok && i.Prefer && i.Category == category
}

// byCategory gives unknown arguments the string category if any candidate takes it there,
// else the one category that all candidates agree on, and keeps the candidates that take it,
// with the preferred type where some candidate does.
func byCategory(fit []candidate, args []col.Type) []candidate {
	type slot struct {
		category            byte
		preferred, conflict bool
	}
	slots := make([]slot, len(args))
	for i, a := range args {
		if !isUnknown(a) {
			continue
		}
		s := &slots[i]
		for _, c := range fit {
			t := c.at(i)
			cat := categoryOf(t)
			switch {
			case s.category == 0 || s.category != 'S' && cat == 'S':
				*s = slot{category: cat, preferred: isPreferred(t, cat)}
			case s.category == cat:
				s.preferred = s.preferred || isPreferred(t, cat)
			case s.category != 'S':
				s.conflict = true
			}
		}
		if s.conflict {
			return fit
		}
	}
	var keep []candidate
	for _, c := range fit {
		ok := true
		for i, a := range args {
			if isUnknown(a) {
				t := c.at(i)
				ok = ok && categoryOf(t) == slots[i].category && (!slots[i].preferred || isPreferred(t, slots[i].category))
			}
		}
		if ok {
			keep = append(keep, c)
		}
	}
	if len(keep) == 0 {
		return fit
	}
	return keep
}

// bySingleType is the last try: when all typed arguments have one type, the untyped ones are
// taken to have it too.
func bySingleType(fit []candidate, args []col.Type) []candidate {
	one := col.Type{}
	for _, a := range args {
		if isUnknown(a) {
			continue
		}
		if one.OID != 0 && !one.Is(a) {
			return fit
		}
		one = a
	}
	if one.OID == 0 {
		return fit
	}
	var keep []candidate
	for _, c := range fit {
		same := slices.Repeat([]col.Type{one}, len(args))
		_, err := c.means(c.given(same, false))
		ok := err == nil
		for i := range args {
			ok = ok && canCoerce(one, c.at(i))
		}
		if ok {
			keep = append(keep, c)
		}
	}
	if len(keep) == 1 {
		return keep
	}
	return fit
}
