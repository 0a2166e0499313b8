package planner

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateIndex) (*Plan, error) {
	r, err := e.named(s.Table)
	if err != nil {
		return nil, err
	}
	if err := refuseSystem(r); err != nil {
		return nil, err
	}
	e.use(r)
	if r.Kind != catalog.Table && r.Kind != catalog.MaterializedView {
		err := pgerr.New(pgerr.WrongObjectType, "cannot create index on relation %q", r.Name)
		switch r.Kind {
		case catalog.View:
			err = err.WithDetail("This operation is not supported for views.")
		case catalog.Sequence:
			return nil, err.WithDetail("This operation is not supported for sequences.")
		}
		return nil, e.at(s.Table.Pos, err)
	}
	if err := e.refuseIndexParts(s, r); err != nil {
		return nil, err
	}
	if s.Unique {
		if err := e.refuseSinkTarget(r, s.Table.Pos, "a unique index on"); err != nil {
			return nil, err
		}
	}
	ix := &catalog.IndexInfo{Table: r.OID, Unique: s.Unique}
	for _, el := range s.Elems {
		i, err := e.indexColumn(r, el)
		if err != nil {
			return nil, err
		}
		ix.Columns, ix.Desc = append(ix.Columns, i), append(ix.Desc, el.Desc)
	}
	for _, el := range s.Include {
		i, err := includedColumn(r, el)
		if err != nil {
			return nil, err
		}
		ix.Included = append(ix.Included, i)
	}
	taken := func(n string) bool { return e.Catalog.Named(r.Schema, n) != nil }
	name := s.Name.Name
	if name == "" {
		name = freeName(taken, r.Name, strings.Join(distinctNames(r, ix.All()), "_"), "idx")
	} else if taken(name) {
		dup := pgerr.New(pgerr.DuplicateTable, "relation %q already exists", name)
		if !s.IfNotExists {
			return nil, dup
		}
		dup.Message += ", skipping"
		e.notice(dup)
		return e.change().done("CREATE INDEX"), nil
	}
	c := e.change()
	index := newIndex(e, r, name, ix)
	table := *r
	table.Indexes = append(slices.Clone(r.Indexes), index.OID)
	c.replace(&table)
	c.create(index)
	return c.done("CREATE INDEX"), nil
})

func (e *env) refuseIndexParts(s *ast.CreateIndex, r *catalog.Relation) error {
	switch {
	case s.Where != nil:
		return e.at(s.Where.Position(), pgerr.Unsupported("a partial index"))
	case len(s.Include) > 0 && s.Method == "hash":
		return pgerr.New(pgerr.FeatureNotSupported, "access method %q does not support included columns", s.Method)
	case s.Method != "" && s.Method != "btree" && s.Method != "hash":
		return e.at(s.Pos, pgerr.Unsupported("access method %q", s.Method))
	case s.Unique && r.Kind == catalog.MaterializedView:
		return e.at(s.Pos, pgerr.Unsupported("a unique index on a materialized view").WithHint("Its query says which rows are unique; an index without UNIQUE finds them."))
	}
	return nil
}

func (e *env) indexColumn(r *catalog.Relation, el *ast.IndexElem) (int, error) {
	ref, ok := el.Expr.(*ast.ColumnRef)
	if !ok {
		return 0, e.at(el.Pos, pgerr.Unsupported("an index over an expression"))
	}
	i := r.ColumnIndex(ref.Parts[0])
	if i < 0 || r.Columns[i].Hidden {
		return 0, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", ref.Parts[0])
	}
	if err := e.refuseOrder(el, r.Columns[i].Type); err != nil {
		return 0, err
	}
	return i, indexable(r.Columns[i])
}

// includedColumn is a column of INCLUDE, which nothing is compared by.
func includedColumn(r *catalog.Relation, el *ast.IndexElem) (int, error) {
	ref, ok := el.Expr.(*ast.ColumnRef)
	if !ok {
		return 0, pgerr.New(pgerr.FeatureNotSupported, "expressions are not supported in included columns")
	}
	i := r.ColumnIndex(ref.Parts[0])
	if i < 0 || r.Columns[i].Hidden {
		return 0, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", ref.Parts[0])
	}
	for _, w := range []struct {
		written bool
		what    string
	}{{el.Collation.Name != "", "a collation"}, {el.OpClass.Name != "", "an operator class"}, {el.Desc, "ASC/DESC options"}, {el.Nulls != 0, "NULLS FIRST/LAST options"}} {
		if w.written {
			return 0, pgerr.New(pgerr.InvalidObjectDefinition, "including column does not support %s", w.what)
		}
	}
	return i, nil
}

// operatorClasses are those under which equal values are equal, which is all that an index
// here is asked for.
var operatorClasses = []string{"bool_ops", "bpchar_ops", "bpchar_pattern_ops", "bytea_ops", "date_ops", "float4_ops", "float8_ops", "int2_ops",
	"int4_ops", "int8_ops", "interval_ops", "jsonb_ops", "name_ops", "numeric_ops", "oid_ops", "text_ops", "text_pattern_ops", "time_ops",
	"timestamp_ops", "timestamptz_ops", "uuid_ops", "varchar_ops", "varchar_pattern_ops"}

// refuseOrder refuses a collation or operator class of an index's column that is not there.
func (e *env) refuseOrder(el *ast.IndexElem, t col.Type) error {
	if c := el.Collation.Name; c != "" {
		if !collatable(t) {
			return e.at(el.Collation.Pos, errCollation(t))
		}
		if c != "C" && c != "POSIX" && c != "default" {
			return e.at(el.Collation.Pos, pgerr.Unsupported("collation %q", c))
		}
	}
	if c := el.OpClass.Name; c != "" && !slices.Contains(operatorClasses, c) {
		return pgerr.New(pgerr.UndefinedObject, "operator class %q does not exist for access method \"btree\"", c)
	}
	return nil
}
