package planner

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateSequence) (*Plan, error) {
	e.temp = s.Temp
	r, exists, err := e.newRelation(s.Name, catalog.Sequence, s.IfNotExists)
	switch {
	case err != nil:
		unplaced := *pgerr.From(err)
		unplaced.Position = 0
		return nil, &unplaced
	case exists:
		return e.change().done("CREATE SEQUENCE"), nil
	}
	m := &sequenceMaker{env: e, info: &catalog.SequenceInfo{Type: col.OIDInt8, Increment: 1, Cache: 1}, fresh: true}
	if err := m.apply(s.Options); err != nil {
		return nil, err
	}
	if err := m.owner(r); err != nil {
		return nil, err
	}
	r.Columns, r.Sequence = catalog.SequenceColumns(), m.info
	c := e.change()
	c.create(r)
	return c.done("CREATE SEQUENCE"), nil
})

var _ = statement(func(e *env, s *ast.AlterSequence) (*Plan, error) {
	const tag = "ALTER SEQUENCE"
	old, err := e.named(s.Name)
	if pgerr.CodeOf(err) == pgerr.UndefinedTable && s.IfExists {
		e.notice(pgerr.New(pgerr.SuccessfulCompletion, "relation %q does not exist, skipping", s.Name.Name))
		return e.change().done(tag), nil
	}
	switch {
	case err != nil:
		return nil, err
	case old.Kind != catalog.Sequence:
		return nil, errNotSequence(old)
	}
	r, c := *old, e.change()
	if s.NewName.Name != "" {
		if e.Catalog.Named(old.Schema, s.NewName.Name) != nil {
			return nil, pgerr.New(pgerr.DuplicateTable, "relation %q already exists", s.NewName.Name)
		}
		r.Name = s.NewName.Name
		c.replace(&r)
		return c.done(tag), nil
	}
	info := *old.Sequence
	m := &sequenceMaker{env: e, info: &info, last: e.lastOf(old)}
	if err := m.apply(s.Options); err != nil {
		return nil, err
	}
	if err := m.owner(&r); err != nil {
		return nil, err
	}
	r.Sequence = m.info
	c.replace(&r)
	return c.done(tag), nil
})

// lastOf is where the counter of a sequence stands, as far as it is known.
func (e *env) lastOf(r *catalog.Relation) int64 {
	if e.Positions != nil {
		if last, _, ok := e.Positions(r); ok {
			return last
		}
	}
	return r.Sequence.First
}

// serialTypes are the types that say that a column takes its values from a sequence of its own.
var serialTypes = map[string]col.Type{
	"smallserial": col.Int2, "serial2": col.Int2, "serial": col.Int4, "serial4": col.Int4, "bigserial": col.Int8, "serial8": col.Int8,
}

// serialType is the type of a serial column.
func (t *tableMaker) serialType(n *ast.TypeName) (col.Type, bool, error) {
	typ, ok := serialTypes[n.Name]
	if !ok || n.Schema != "" {
		return typ, false, nil
	}
	if n.Dims > 0 {
		return typ, true, t.env.at(n.Pos, pgerr.New(pgerr.FeatureNotSupported, "array of serial is not implemented"))
	}
	return typ, true, nil
}

// ownSequence makes the sequence of a serial or identity column.
func (t *tableMaker) ownSequence(i int, identity *ast.Identity) error {
	c := &t.r.Columns[i]
	var options []*ast.SequenceOption
	name := ""
	if identity != nil {
		if _, ok := sequenceTypes[c.Type.OID]; !ok {
			return errSequence("identity column type must be smallint, integer, or bigint")
		}
		for _, o := range identity.Options {
			switch o.Kind {
			case ast.SequenceType:
				return t.env.at(o.Pos, pgerr.New(pgerr.SyntaxError, "conflicting or redundant options"))
			case ast.SequenceOwner:
			case ast.SequenceName:
				name = o.Owner[len(o.Owner)-1].Name
			default:
				options = append(options, o)
			}
		}
	}
	info, err := t.newSequence(c.Type.OID, options)
	if err != nil {
		return err
	}
	switch {
	case name == "":
		name = freeName(t.nameTaken, t.r.Name, c.Name, "seq")
	case t.nameTaken(name):
		return pgerr.New(pgerr.DuplicateTable, "relation %q already exists", name)
	}
	info.Table, info.Column, info.Identity = t.r.OID, c.Attnum, identity != nil
	s := &catalog.Relation{OID: t.OIDs.Take(catalog.OIDsPerRelation), Schema: t.r.Schema, Name: name, Kind: catalog.Sequence, Owner: t.r.Owner,
		Temporary: t.r.Temporary, Columns: catalog.SequenceColumns(), Sequence: info}
	t.sequences = append(t.sequences, s)
	c.NotNull, c.Sequences = true, []catalog.OID{s.OID}
	switch {
	case identity == nil:
		c.Default = nextValueOf(s.OID)
	case identity.Always:
		c.Identity = catalog.IdentityAlways
	default:
		c.Identity = catalog.IdentityByDefault
	}
	return nil
}

// nextValueOf is the default of a column that takes its values from a sequence.
func nextValueOf(s catalog.OID) string { return "nextval(" + catalog.SequenceReference(s) + ")" }

// sequenceCast is how a cast of a number is printed, which is stored as catalog.SequenceReference has it.
var sequenceCast = regexp.MustCompile(`CAST\(('\d+') AS regclass\)`)

// storedDefault is a default as the catalog keeps it, and the sequences that it names: by their
// numbers, for their names may change.
func (e *env) storedDefault(x ast.Expr) (text string, sequences []catalog.OID) {
	number := func(s *ast.String) bool {
		schema, name := qualifiedName(s.Value)
		r, err := e.Catalog.Lookup(e.Path, schema, name)
		if err != nil || r.Kind != catalog.Sequence {
			return false
		}
		s.Value = strconv.FormatUint(uint64(r.OID), 10)
		if !slices.Contains(sequences, r.OID) {
			sequences = append(sequences, r.OID)
		}
		return true
	}
	var undo []func()
	ast.Walk(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Cast:
			if s, ok := n.Expr.(*ast.String); ok && n.Type.Name == "regclass" && n.Type.Dims == 0 {
				old := s.Value
				undo = append(undo, func() { s.Value = old })
				number(s)
			}
		case *ast.Call:
			if len(n.Args) == 0 || !slices.Contains([]string{"nextval", "currval", "setval"}, n.Name.Name) {
				break
			}
			if s, ok := n.Args[0].(*ast.String); ok {
				named := &ast.String{Pos: s.Pos, Value: s.Value}
				if number(named) {
					n.Args[0] = &ast.Cast{Pos: s.Pos, Expr: named, Type: &ast.TypeName{Pos: s.Pos, Name: "regclass"}}
					undo = append(undo, func() { n.Args[0] = s })
				}
			}
		}
		return true
	})
	text = sequenceCast.ReplaceAllString(e.storedText(x), "$1::regclass")
	for _, f := range undo { // a statement is planned again as it was written
		f()
	}
	slices.Sort(sequences)
	return text, sequences
}

// restartOwned lets the sequences that tables own begin again, in what TRUNCATE … RESTART IDENTITY
// changes.
func (e *env) restartOwned(tables []*catalog.Relation) *catalog.Diff {
	c := e.change()
	for _, t := range tables {
		for _, s := range e.Catalog.OwnedSequences(t.OID) {
			if s.Sequence == nil {
				continue
			}
			r, info := *s, *s.Sequence
			info.Counter, info.First = e.OIDs.Take(1), info.Start
			r.Sequence = &info
			c.replace(&r)
		}
	}
	return c.done("").Change.Diff
}
