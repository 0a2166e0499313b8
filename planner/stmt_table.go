package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateTable) (*Plan, error) {
	e.temp = s.Temp
	switch {
	case s.OnConflict != nil:
		return nil, e.at(s.OnConflict.Pos, pgerr.Unsupported("CREATE TABLE … ON CONFLICT").WithHint("Write ON CONFLICT in the INSERT."))
	case s.AppendOnly:
		return e.createStream(s.Name, s.IfNotExists, &s.TableBody, s.With, "CREATE TABLE")
	case s.Watermark != nil:
		return nil, e.at(s.Watermark.Pos, pgerr.Unsupported("WATERMARK on a table whose rows may change").WithHint("Create a stream, or write APPEND ONLY behind the columns."))
	case len(s.With) > 0:
		return nil, e.at(s.With[0].Pos, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", s.With[0].Name))
	}
	r, exists, err := e.newRelation(s.Name, catalog.Table, s.IfNotExists)
	if err != nil || exists {
		return e.change().done("CREATE TABLE"), err
	}
	if err := atCommit(r, s.OnCommit); err != nil {
		return nil, err
	}
	t := &tableMaker{change: e.change(), r: r}
	if err := t.body(&s.TableBody); err != nil {
		return nil, err
	}
	if r.PrimaryKey == nil {
		r.Columns = append(r.Columns, catalog.Column{Name: catalog.RowID, Type: col.Int8, Attnum: int16(len(r.Columns) + 1), NotNull: true, Hidden: true})
	}
	t.finish()
	return t.done("CREATE TABLE"), nil
})

// tableMaker describes a new table or stream.
type tableMaker struct {
	*change
	r       *catalog.Relation
	indexes []*catalog.Relation
	// sequences are those of serial and identity columns.
	sequences []*catalog.Relation
}

func (t *tableMaker) body(b *ast.TableBody) error {
	if len(b.Columns) > 1600 {
		return pgerr.New(pgerr.TooManyColumns, "tables can have at most 1600 columns")
	}
	var names []string
	for _, c := range b.Columns {
		if c.Name == catalog.RowID {
			return t.env.at(c.Pos, pgerr.New(pgerr.ReservedName, "column name %q conflicts with a system column name", c.Name))
		}
		names = append(names, c.Name)
		typ, err := t.columnType(c)
		if err != nil {
			return err
		}
		t.r.Columns = append(t.r.Columns, catalog.Column{Name: c.Name, Type: typ, Attnum: int16(len(t.r.Columns) + 1), NotNull: c.NotNull})
	}
	if err := duplicateColumn(names); err != nil {
		return err
	}
	for i, c := range b.Columns {
		if err := t.values(i, c); err != nil {
			return err
		}
	}
	if err := eachConstraint(b, t.constraint); err != nil {
		return err
	}
	return eachConstraint(b, t.foreignKey) // by keys that may be the table's own
}

// eachConstraint visits the constraints of a table with the columns that they stand behind.
func eachConstraint(b *ast.TableBody, f func(k *ast.Constraint, columns []int) error) error {
	for i, c := range b.Columns {
		for _, k := range c.Constraints {
			if err := f(k, []int{i}); err != nil {
				return err
			}
		}
	}
	for _, k := range b.Constraints {
		if err := f(k, nil); err != nil {
			return err
		}
	}
	return nil
}

func (t *tableMaker) columnType(c *ast.ColumnDef) (col.Type, error) {
	typ, serial, err := t.serialType(c.Type)
	if !serial {
		typ, err = t.typeNamed(c.Type)
	}
	if err != nil {
		return typ, err
	}
	if typ.IsRow() && typ.Mod >= 0 {
		return typ, t.env.at(c.Pos, pgerr.Unsupported("a column of the rows of a table").WithHint("Keep their columns, or one of type jsonb."))
	}
	if i, _ := typ.Info(); i.Category == 'P' || typ.Is(col.Unknown) {
		return typ, t.env.at(c.Pos, pgerr.New(pgerr.InvalidTableDefinition, "column %q has pseudo-type %s", c.Name, typ))
	}
	if c.Collation.Name != "" && !collatable(typ) {
		return typ, t.env.at(c.Collation.Pos, errCollation(typ))
	}
	if n := c.Collation.Name; n != "" && n != "C" && n != "POSIX" && n != "default" {
		return typ, t.env.at(c.Collation.Pos, pgerr.Unsupported("collation %q", n))
	}
	return typ, nil
}

// values checks a column's DEFAULT and GENERATED and keeps their text.
func (t *tableMaker) values(i int, c *ast.ColumnDef) error {
	column := &t.r.Columns[i]
	if _, serial, _ := t.serialType(c.Type); serial || c.Identity != nil {
		if err := t.ownSequence(i, c.Identity); err != nil {
			return err
		}
	}
	if c.Default != nil {
		b := &binder{env: t.env, clause: clause{name: "DEFAULT expressions", refuse: noColumnsInDefault}}
		x, err := b.expr(c.Default)
		if err != nil {
			return err
		}
		if _, err := t.assignDefault(x, *column, "default", c.Default); err != nil {
			return err
		}
		column.Default, column.Sequences = t.storedDefault(c.Default)
		if c.Generated != nil {
			return t.env.at(c.Pos, pgerr.New(pgerr.SyntaxError, "both default and generation expression specified for column %q of table %q", c.Name, t.r.Name))
		}
	}
	if c.Generated == nil {
		return nil
	}
	x, err := t.ownExpr(c.Generated, clause{name: "column generation expressions"})
	if err != nil {
		return err
	}
	for _, k := range columnsOf(x) {
		if t.r.Columns[k].Generated != "" || k == i {
			return t.env.at(c.Generated.Position(), pgerr.New(pgerr.InvalidObjectDefinition, "cannot use generated column %q in column generation expression", t.r.Columns[k].Name).
				WithDetail("A generated column cannot reference another generated column."))
		}
	}
	if expr.Volatility(x) != fn.Immutable {
		return pgerr.New(pgerr.InvalidObjectDefinition, "generation expression is not immutable")
	}
	if _, err := t.assignDefault(x, *column, "generated column", c.Generated); err != nil {
		return err
	}
	column.Generated = t.storedText(c.Generated)
	return nil
}

func (t *tableMaker) assignDefault(x expr.Expr, c catalog.Column, what string, at ast.Expr) (expr.Expr, error) {
	v, err := t.coerce(x, c.Type, fn.Assignment)
	if pgerr.CodeOf(err) == pgerr.CannotCoerce {
		return nil, pgerr.New(pgerr.DatatypeMismatch, "column %q is of type %s but %s expression is of type %s", c.Name, bare(c.Type), what, bare(x.Type())).
			WithHint("You will need to rewrite or cast the expression.")
	}
	return v, t.env.at(at.Position(), err)
}

// ownExpr binds an expression over the new relation's own columns.
func (t *tableMaker) ownExpr(x ast.Expr, c clause) (expr.Expr, error) {
	b := &binder{env: t.env, scope: t.ownScope(), clause: c}
	return b.value(x)
}

func (t *tableMaker) ownScope() *scope {
	n := &Values{}
	var names []string
	for _, c := range t.r.Columns {
		n.Columns = append(n.Columns, col.Column{Name: c.Name, Type: c.Type})
		names = append(names, c.Name)
	}
	return newSource(n, &source{alias: t.r.Name, real: t.r.Name}, names, nil)
}

// constraint adds a constraint; columns are those it stands behind, nil for a table's.
func (t *tableMaker) constraint(k *ast.Constraint, columns []int) error {
	switch k.Kind {
	case ast.Check:
		return t.check(k)
	case ast.ForeignKey: // when all keys are known that it may refer to
		return nil
	}
	for _, id := range k.Columns {
		i := t.r.ColumnIndex(id.Name)
		if i < 0 {
			return t.env.at(k.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q named in key does not exist", id.Name))
		}
		if slices.Contains(columns, i) {
			word := map[ast.ConstraintKind]string{ast.PrimaryKey: "primary key", ast.Unique: "unique"}[k.Kind]
			return t.env.at(k.Pos, pgerr.New(pgerr.DuplicateColumn, "column %q appears twice in %s constraint", id.Name, word))
		}
		columns = append(columns, i)
	}
	for _, i := range columns {
		if err := indexable(t.r.Columns[i]); err != nil {
			return t.env.at(k.Pos, err)
		}
	}
	if k.Kind == ast.PrimaryKey {
		if t.r.PrimaryKey != nil {
			return t.env.at(k.Pos, pgerr.New(pgerr.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.r.Name))
		}
		t.r.PrimaryKey = columns
		for _, i := range columns {
			t.r.Columns[i].NotNull = true
		}
	}
	ix := &catalog.IndexInfo{Table: t.r.OID, Columns: columns, Desc: make([]bool, len(columns)), Unique: true, Primary: k.Kind == ast.PrimaryKey, Constraint: true}
	for _, id := range k.Include {
		i := t.r.ColumnIndex(id.Name)
		if i < 0 {
			return t.env.at(k.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q named in key does not exist", id.Name))
		}
		ix.Included = append(ix.Included, i)
	}
	return t.index(k.Name, ix)
}

// index adds the index of a constraint.
func (t *tableMaker) index(name string, ix *catalog.IndexInfo) error {
	taken := t.nameTaken
	switch {
	case name != "" && taken(name):
		return pgerr.New(pgerr.DuplicateTable, "relation %q already exists", name)
	case name == "" && ix.Primary:
		name = freeName(taken, t.r.Name, "", "pkey")
	case name == "":
		name = freeName(taken, t.r.Name, strings.Join(distinctNames(t.r, ix.All()), "_"), "key")
	}
	t.indexes = append(t.indexes, newIndex(t.env, t.r, name, ix))
	return nil
}

// nameTaken reports whether a relation has the name, there is or new.
func (t *tableMaker) nameTaken(n string) bool {
	named := func(o *catalog.Relation) bool { return o.Name == n }
	return t.Catalog.Named(t.r.Schema, n) != nil || n == t.r.Name || slices.ContainsFunc(t.indexes, named) || slices.ContainsFunc(t.sequences, named)
}

func columnNames(r *catalog.Relation, columns []int) string {
	var names []string
	for _, i := range columns {
		names = append(names, r.Columns[i].Name)
	}
	return strings.Join(names, "_")
}

func newIndex(e *env, r *catalog.Relation, name string, ix *catalog.IndexInfo) *catalog.Relation {
	i := &catalog.Relation{OID: e.OIDs.Take(catalog.OIDsPerRelation), Schema: r.Schema, Name: name, Kind: catalog.Index, Owner: r.Owner, Temporary: r.Temporary,
		DependsOn: []catalog.OID{r.OID}, Index: ix}
	all := ix.All()
	for n, name := range distinctNames(r, all) {
		i.Columns = append(i.Columns, catalog.Column{Name: name, Type: r.Columns[all[n]].Type, Attnum: int16(n + 1)})
	}
	return i
}

// distinctNames are the names of columns, with numbers behind them where a column stands there again.
func distinctNames(r *catalog.Relation, columns []int) (names []string) {
	for _, c := range columns {
		name := r.Columns[c].Name
		for n := 1; slices.Contains(names, name); n++ {
			number := strconv.Itoa(n)
			name = r.Columns[c].Name
			name = clip(name+"\x00", min(len(name), 63-len(number))) + number
		}
		names = append(names, name)
	}
	return names
}

// indexable refuses columns whose type has no equality.
func indexable(c catalog.Column) error {
	if c.Type.Is(col.JSON) {
		return pgerr.New(pgerr.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", bare(c.Type)).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
	}
	return nil
}

func (t *tableMaker) check(k *ast.Constraint) error {
	b := &binder{env: t.env, scope: t.ownScope(), clause: clause{name: "CHECK", place: "check constraints"}}
	x, err := b.condition(k.Check)
	if err != nil {
		return err
	}
	if expr.Volatility(x) == fn.Volatile {
		return t.env.at(k.Pos, pgerr.Unsupported("a volatile function in a check constraint"))
	}
	for _, s := range expr.Scores(x) {
		if s.Following { // nobody would look at the rows again
			err := pgerr.New(pgerr.InvalidObjectDefinition, "a check constraint must name a version of model %q", s.Name)
			return t.env.at(k.Pos, err.WithHint("Write '%s@%d': the rows that are there are not checked again when another version becomes current.", s.Name, s.Version))
		}
	}
	name := k.Name
	taken := func(n string) bool {
		return slices.ContainsFunc(t.r.Checks, func(c catalog.Check) bool { return c.Name == n })
	}
	if name == "" {
		columns := columnsOf(x)
		if len(columns) > 1 { // a constraint on one column is named by it
			columns = nil
		}
		name = freeName(taken, t.r.Name, columnNames(t.r, columns), "check")
	} else if taken(name) {
		return pgerr.New(pgerr.DuplicateObject, "check constraint %q already exists", name)
	}
	t.r.Checks = append(t.r.Checks, catalog.Check{Name: name, Expr: t.storedText(k.Check)})
	return nil
}

// finish adds the relation and its indexes to the change.
func (t *tableMaker) finish() {
	slices.SortFunc(t.r.Checks, func(a, b catalog.Check) int { return strings.Compare(a.Name, b.Name) })
	for _, ix := range t.indexes {
		t.r.Indexes = append(t.r.Indexes, ix.OID)
	}
	t.r.Models, t.r.Functions = t.looseModels(), t.directFunctions()
	t.create(t.r)
	for _, s := range t.sequences {
		t.create(s)
	}
	for _, ix := range t.indexes {
		t.create(ix)
	}
}
