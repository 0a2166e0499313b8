package planner

import (
	"math/big"
	"slices"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
)

// What is in sight.
var (
	_ = asks("pg_table_is_visible(oid) bool", "Whether a relation's bare name leads to it.", truths(func(r *row) (bool, bool, error) {
		t := r.catalog().Relation(r.oid(0))
		return t != nil && r.catalog().Visible(r.SearchPath(), t), t != nil, nil
	}))
	_ = asks("pg_type_is_visible(oid) bool", "Whether a type's bare name leads to it.", truths(func(r *row) (bool, bool, error) {
		c, oid := r.catalog(), r.oid(0)
		if oid < catalog.FirstOID {
			exists := c.FormatType(nil, col.Type{OID: oid, Mod: -1}) != "???"
			return exists, exists, nil
		}
		for _, of := range []catalog.OID{oid - 1, oid - 2} { // a row type, the array of one
			if t := c.Relation(of); t != nil && t.TypeOID() != 0 {
				return c.Visible(r.SearchPath(), t), true, nil
			}
		}
		return false, false, nil
	}))
	_ = asks("pg_function_is_visible(oid) bool", "Whether a function's bare name leads to it.", truths(func(r *row) (bool, bool, error) {
		if f := r.catalog().Function(r.oid(0)); f != nil {
			return slices.Contains(r.catalog().FunctionsNamed(r.SearchPath(), "", f.Name), f), true, nil
		}
		exists := procName(r.oid(0)) != ""
		return exists, exists, nil
	}))
	_ = asks("pg_relation_is_publishable(regclass) bool", "Whether a relation's changes could be published.", truths(func(r *row) (bool, bool, error) {
		t := r.catalog().Relation(r.oid(0))
		return t != nil && t.Stored() && !catalog.IsSystemSchema(t.Schema), t != nil, nil
	}))
)

// Kinds of objects that only the system has, if anybody: the bare name leads to each.
var _ = func() bool {
	k := truths(func(r *row) (bool, bool, error) { ok := r.oid(0) < catalog.FirstOID; return ok, ok, nil })
	for _, kind := range []string{"collation", "conversion", "operator", "opclass", "opfamily", "statistics_obj", "ts_config", "ts_dict", "ts_parser", "ts_template"} {
		asks("pg_"+kind+"_is_visible(oid) bool", "Whether the bare name of an object leads to it.", k)
	}
	return true
}()

// Privileges: every role may do everything, with what there is.
var _ = func() bool {
	for _, x := range []struct {
		kind, privileges string
		object           func(r *row, k int) (exists bool, err error)
	}{
		{"table", "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER", relationExists},
		{"any_column", "SELECT INSERT UPDATE REFERENCES", relationExists},
		{"sequence", "USAGE SELECT UPDATE", relationExists},
		{"schema", "CREATE USAGE", schemaExists},
		{"database", "CREATE CONNECT TEMPORARY TEMP", anythingExists},
		{"function", "EXECUTE", anythingExists},
		{"language", "USAGE", anythingExists},
		{"type", "USAGE", anythingExists},
		{"tablespace", "CREATE", anythingExists},
		{"server", "USAGE", anythingExists},
		{"foreign_data_wrapper", "USAGE", anythingExists},
	} {
		kernel := truths(func(r *row) (bool, bool, error) {
			last := len(r.args) - 1
			if err := checkPrivileges(r.text(last), x.privileges); err != nil {
				return false, false, err
			}
			exists, err := x.object(r, last-1)
			return true, exists, err
		})
		asksAll("has_"+x.kind+"_privilege", "bool", "True, for every role may do everything; NULL when there is no such object.", kernel,
			"text, text", "oid, text", "name, text, text", "name, oid, text", "oid, text, text", "oid, oid, text")
	}
	role := truths(func(*row) (bool, bool, error) { return true, true, nil })
	asksAll("pg_has_role", "bool", "True, for every role may do everything.", role, "name, text", "oid, text", "name, name, text", "name, oid, text", "oid, name, text", "oid, oid, text")
	column := truths(func(r *row) (bool, bool, error) {
		last := len(r.args) - 1
		if err := checkPrivileges(r.text(last), "SELECT INSERT UPDATE REFERENCES"); err != nil {
			return false, false, err
		}
		exists, err := relationExists(r, last-2)
		return true, exists, err
	})
	return asksAll("has_column_privilege", "bool", "True, for every role may do everything; NULL when there is no such relation.", column,
		"text, text, text", "oid, text, text", "oid, int2, text", "text, int2, text", "name, oid, text, text", "name, oid, int2, text", "name, text, text, text")
}()

func anythingExists(*row, int) (bool, error) { return true, nil }

func relationExists(r *row, k int) (bool, error) {
	t, err := r.relation(k)
	return t != nil, err
}

func schemaExists(r *row, k int) (bool, error) {
	if !r.isText(k) {
		return r.catalog().Schema(r.oid(k)) != nil, nil
	}
	if r.catalog().SchemaNamed(r.text(k)) == nil {
		return false, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", r.text(k))
	}
	return true, nil
}

// checkPrivileges refuses a list with words that are no privileges of the kind of object.
func checkPrivileges(list, known string) error {
	for p := range strings.SplitSeq(list, ",") {
		word := strings.ToUpper(strings.TrimSpace(p))
		word = strings.TrimSuffix(word, " WITH GRANT OPTION")
		if !strings.Contains(" "+known+" ", " "+word+" ") {
			return pgerr.New(pgerr.InvalidParameterValue, "unrecognized privilege type: %q", strings.TrimSpace(p))
		}
	}
	return nil
}

// Sizes.
var (
	_ = asksAll("pg_relation_size", "int8", "The bytes of a relation's rows.", ints(relationSize), "regclass", "text", "regclass, text", "text, text")
	_ = asksAll("pg_table_size", "int8", "The bytes of a relation's rows.", ints(relationSize), "regclass", "text")
	_ = asksAll("pg_indexes_size", "int8", "The bytes of a relation's indexes.", ints(func(r *row) (int64, bool, error) {
		return sizes(r, func(t *catalog.Relation) int64 { return indexesSize(r, t) })
	}), "regclass", "text")
	_ = asksAll("pg_total_relation_size", "int8", "The bytes of a relation's rows and indexes.", ints(func(r *row) (int64, bool, error) {
		return sizes(r, func(t *catalog.Relation) int64 { return r.RelationSize(t.OID) + indexesSize(r, t) })
	}), "regclass", "text")
	_ = asksAll("pg_database_size", "int8", "The bytes of all relations.", ints(databaseSize), "oid", "name")
	_ = asksAll("pg_tablespace_size", "int8", "The bytes of all relations.", ints(databaseSize), "oid", "name")
	_ = fn.Register("pg_size_pretty(int8) text", "A number of bytes with a unit.", plainTexts(func(r *row) (string, bool, error) {
		return prettySize(big.NewInt(r.args[0].I64[r.at(0)]), ""), true, nil
	}))
	_ = fn.Register("pg_size_pretty(numeric) text", "A number of bytes with a unit.", plainTexts(prettyNumeric), fn.Fallible)
)

func sizes(r *row, f func(t *catalog.Relation) int64) (int64, bool, error) {
	t, err := r.relation(0)
	if err != nil || t == nil {
		return 0, false, err
	}
	return f(t), true, nil
}

func relationSize(r *row) (int64, bool, error) {
	return sizes(r, func(t *catalog.Relation) int64 { return r.RelationSize(t.OID) })
}

func indexesSize(r *row, t *catalog.Relation) (n int64) {
	for _, ix := range t.Indexes {
		n += r.RelationSize(ix)
	}
	return n
}

func databaseSize(r *row) (n int64, ok bool, err error) {
	for t := range r.catalog().Relations() {
		n += r.RelationSize(t.OID)
	}
	return n, true, nil
}

// prettySize is PostgreSQL's: the number is halved away from zero at each unit, and a unit is
// left when its number reaches 10240 (the first) or 20480 halves.
func prettySize(n *big.Int, fraction string) string {
	limit := big.NewInt(10 * 1024)
	if new(big.Int).Abs(n).Cmp(limit) < 0 {
		return n.String() + fraction + " bytes"
	}
	n = new(big.Int).Quo(n, big.NewInt(1<<9)) // one more bit, for rounding
	limit.SetInt64(20*1024 - 1)
	for _, unit := range []string{"kB", "MB", "GB", "TB", "PB"} {
		if unit == "PB" || new(big.Int).Abs(n).Cmp(limit) < 0 {
			return halfRounded(n).String() + " " + unit
		}
		n = new(big.Int).Quo(n, big.NewInt(1<<10))
	}
	return ""
}

// halfRounded is n/2, halves away from zero.
func halfRounded(n *big.Int) *big.Int {
	one := big.NewInt(int64(n.Sign()))
	return new(big.Int).Quo(new(big.Int).Add(n, one), big.NewInt(2))
}

func prettyNumeric(r *row) (string, bool, error) {
	var d apd.Decimal
	v, i := r.args[0], r.at(0)
	if v.Kind == col.KindD64 {
		d.SetFinite(v.I64[i], -v.Scale)
	} else if err := numeric.Stored(v.Bytes(i), &d); err != nil {
		return "", false, err
	}
	if d.Form != apd.Finite {
		return d.Text('f') + " PB", true, nil
	}
	text := d.Text('f')
	whole, fraction, has := strings.Cut(text, ".")
	n, ok := new(big.Int).SetString(whole, 10)
	if !ok {
		return "", false, pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: %s", text)
	}
	if has {
		fraction = "." + fraction
	}
	return prettySize(n, fraction), true, nil
}
