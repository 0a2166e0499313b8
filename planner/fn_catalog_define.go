package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// Definitions as SQL text.
var (
	_ = asks("format_type(oid, int4) text", "A type as SQL writes it.", texts(formatType), fn.NonStrict)
	_ = asksAll("pg_get_viewdef", "text", "The query of a view.", texts(viewDefinition), "oid", "oid, bool", "oid, int4", "text", "text, bool")
	_ = asksAll("pg_get_indexdef", "text", "The CREATE INDEX of an index, or one of its columns.", texts(indexDefinition), "oid", "oid, int4, bool")
	_ = asksAll("pg_get_constraintdef", "text", "The definition of a constraint.", texts(func(r *row) (string, bool, error) {
		k, ok := r.catalog().ConstraintOf(r.oid(0))
		if !ok {
			return "", false, nil
		}
		return r.catalog().ConstraintDefinition(r.SearchPath(), k), true, nil
	}), "oid", "oid, bool")
	_ = asksAll("pg_get_expr", "text", "The SQL of an expression of the catalog.", texts(func(r *row) (string, bool, error) {
		if !r.args[0].Kind.IsView() {
			return "", false, pgerr.New(pgerr.UndefinedFunction, "function pg_get_expr(%s, oid) does not exist", r.typ(0))
		}
		return r.text(0), true, nil
	}), "any, oid", "any, oid, bool")
	_ = asksAll("pg_get_ruledef", "text", "The rule that makes a view a view.", texts(func(r *row) (string, bool, error) {
		s := r.catalog().RuleDefinition(r.oid(0), r.SearchPath())
		return s, s != "", nil
	}), "oid", "oid, bool")
	_ = asks("pg_get_userbyid(oid) name", "The name of a role.", texts(func(r *row) (string, bool, error) { return r.catalog().RoleName(r.oid(0)), true, nil }))
	_ = asks("pg_get_serial_sequence(text, text) text", "The sequence that a column owns.", texts(serialSequence))
	_ = asks("pg_encoding_to_char(int4) name", "The name of an encoding.", texts(func(r *row) (string, bool, error) {
		return map[int32]string{0: "SQL_ASCII", encodingUTF8: "UTF8"}[r.int4(0)], true, nil
	}))
	_ = asks("pg_char_to_encoding(name) int4", "The number of an encoding; -1: there is none of the name.", ints(func(r *row) (int64, bool, error) {
		switch letters(r.text(0)) {
		case "utf8", "unicode":
			return encodingUTF8, true, nil
		case "sqlascii":
			return 0, true, nil
		}
		return -1, true, nil
	}))
	_ = asks("pg_tablespace_location(oid) text", "Empty: the tablespaces lie in the server's folder.", texts(func(*row) (string, bool, error) { return "", true, nil }))
)

const encodingUTF8 = 6

// letters leaves the letters and digits of a name, in lower case.
func letters(s string) string {
	var b []byte
	for _, c := range []byte(s) {
		switch {
		case c >= 'A' && c <= 'Z':
			b = append(b, c-'A'+'a')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b = append(b, c)
		}
	}
	return string(b)
}

func formatType(r *row) (string, bool, error) {
	if r.null(0) {
		return "", false, nil
	}
	t := col.Type{OID: r.oid(0), Mod: -1}
	if !r.null(1) {
		if t.Mod = r.int4(1); t.Mod < 0 && t.Is(col.Bpchar) {
			return "bpchar", true, nil // character would be character(1)
		}
	}
	return r.catalog().FormatType(r.SearchPath(), t), true, nil
}

func viewDefinition(r *row) (string, bool, error) {
	v, err := r.relation(0)
	if err != nil || v == nil {
		return "", false, err
	}
	s := r.catalog().ViewDefinition(v.OID)
	return s, s != "", nil
}

func indexDefinition(r *row) (string, bool, error) {
	s := ""
	if r.has(1) && r.int4(1) != 0 {
		s = r.catalog().IndexColumnDefinition(r.oid(0), int(r.int4(1)))
		return s, s != "" || r.catalog().IndexDefinition(r.oid(0), nil, false) != "", nil
	}
	s = r.catalog().IndexDefinition(r.oid(0), r.SearchPath(), r.has(2) && r.bool(2))
	return s, s != "", nil
}

func serialSequence(r *row) (string, bool, error) {
	t, err := r.relation(0)
	if err != nil {
		return "", false, err
	}
	at := t.ColumnIndex(r.text(1))
	if at < 0 {
		return "", false, pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", r.text(1), t.Name)
	}
	q := r.catalog().OwnedBy(t, t.Columns[at])
	if q == nil {
		return "", false, nil
	}
	return ast.QuoteIdent(r.catalog().Schema(q.Schema).Name) + "." + ast.QuoteIdent(q.Name), true, nil
}

// What no object has here: their functions answer NULL for every number, as PostgreSQL's do
// for a number that they do not know.
var _ = func() bool {
	null := texts(func(*row) (string, bool, error) { return "", false, nil })
	for _, x := range [][2]string{
		{"obj_description(oid) text", "The comment on an object: there are none."},
		{"obj_description(oid, name) text", "The comment on an object: there are none."},
		{"shobj_description(oid, name) text", "The comment on an object of all databases: there are none."},
		{"col_description(oid, int4) text", "The comment on a column: there are none."},
		{"pg_get_triggerdef(oid) text", "The definition of a trigger: there are none."},
		{"pg_get_triggerdef(oid, bool) text", "The definition of a trigger: there are none."},
		{"pg_get_partkeydef(oid) text", "The key of a partitioned table: there are none."},
		{"pg_get_partition_constraintdef(oid) text", "The bounds of a partition: there are none."},
		{"pg_get_statisticsobjdef_columns(oid) text", "The columns of extended statistics: there are none."},
		{"pg_get_statisticsobjdef(oid) text", "The definition of extended statistics: there are none."},
	} {
		asks(x[0], x[1], null)
	}
	return true
}()
