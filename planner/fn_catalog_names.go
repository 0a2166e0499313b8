package planner

import (
	"strconv"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/base/pgtext"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/parse"
)

// Names of objects by their numbers, as regclass and its like print them, and the other way.
var (
	_ = asks("to_regclass(text) regclass", "The relation of a name; NULL when there is none.", numbers(relationNumber))
	_ = asks("to_regtype(text) regtype", "The type of a name; NULL when there is none.", numbers(typeNumber))
	_ = asks("to_regproc(text) regproc", "The function of a name; NULL when there is none.", numbers(procNumber))
	_ = asks("to_regnamespace(text) regnamespace", "The schema of a name; NULL when there is none.", numbers(schemaNumber))
)

// objectNames print the numbers of a type.
var objectNames = map[col.OID]func(r *row, oid catalog.OID) string{
	col.OIDRegclass: func(r *row, oid catalog.OID) string { return r.catalog().RelationName(r.SearchPath(), oid) },
	col.OIDRegtype: func(r *row, oid catalog.OID) string {
		return r.catalog().FormatType(r.SearchPath(), col.Type{OID: oid, Mod: -1})
	},
	col.OIDRegproc: func(r *row, oid catalog.OID) string {
		if f := r.catalog().Function(oid); f != nil {
			return r.catalog().FunctionName(r.SearchPath(), f)
		}
		return procName(oid)
	},
	col.OIDRegnamespace: func(r *row, oid catalog.OID) string {
		if s := r.catalog().Schema(oid); s != nil {
			return ident(s.Name)
		}
		return ""
	},
}

// nameFunctions are the functions text(regclass), text(regtype), …, which print a number as a
// name.
var nameFunctions = func() map[col.OID]*fn.Scalar {
	m := map[col.OID]*fn.Scalar{}
	for _, t := range []col.Type{col.Regclass, col.Regtype, col.Regproc, col.Regnamespace} {
		m[t.OID] = asks("text("+t.String()+") text", "The name of an object.", texts(func(r *row) (string, bool, error) {
			oid := r.oid(0)
			if s := objectNames[t.OID](r, oid); s != "" && s != "???" {
				return s, true, nil
			}
			if oid == 0 {
				return "-", true, nil
			}
			return strconv.FormatUint(uint64(oid), 10), true, nil
		}))
	}
	return m
}()

// NameOf is the function from a regclass, regtype, regproc or regnamespace to the name that
// its output function prints, a text; nil for other types. Whoever sends such a column in
// text form applies it; casts to text call it.
func NameOf(t col.Type) *fn.Scalar { return nameFunctions[t.OID] }

// numberFunctions are the functions regclass(text), …: casts of text that is no literal.
var numberFunctions = func() map[col.OID]*fn.Scalar {
	m := map[col.OID]*fn.Scalar{}
	for _, t := range []col.Type{col.Regclass, col.Regtype, col.Regproc, col.Regnamespace} {
		m[t.OID] = asks(t.String()+"(text) "+t.String(), "The object of a name or number.", ints(func(r *row) (int64, bool, error) {
			oid, err := ObjectNumber(r.Host, t, r.text(0))
			return int64(int32(oid)), true, err
		}))
	}
	return m
}()

// NumberOf is the function from a text to the regclass, regtype, regproc or regnamespace that
// it names; nil for other types. Casts from text call it.
func NumberOf(t col.Type) *fn.Scalar { return numberFunctions[t.OID] }

var finders = map[col.OID]func(r *row, text string) (catalog.OID, error){
	col.OIDRegclass: relationNumber, col.OIDRegtype: typeNumber, col.OIDRegproc: procNumber, col.OIDRegnamespace: schemaNumber,
}

// ObjectNumber is the input function of regclass, regtype, regproc and regnamespace: a
// number, - for 0, or a name. Errors: 42P01, 42704, 42883, 3F000.
func ObjectNumber(h Host, t col.Type, text string) (catalog.OID, error) {
	if text == "-" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return catalog.OID(n), nil
	}
	return finders[t.OID](&row{Host: h}, text)
}

// numbers makes a kernel of a look-up by name that gives NULL for what is not there.
func numbers(find func(r *row, text string) (catalog.OID, error)) fn.Kernel {
	return ints(func(r *row) (int64, bool, error) {
		oid, err := find(r, r.text(0))
		return int64(int32(oid)), err == nil, nil
	})
}

func relationNumber(r *row, text string) (catalog.OID, error) {
	schema, name := qualifiedName(text)
	t, err := r.catalog().Lookup(r.SearchPath(), schema, name)
	if err != nil {
		return 0, err
	}
	return t.OID, nil
}

func schemaNumber(r *row, text string) (catalog.OID, error) {
	_, name := qualifiedName(text)
	if s := r.catalog().SchemaNamed(name); s != nil {
		return s.OID, nil
	}
	return 0, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", name)
}

// typeNumber finds a type as SQL or as pg_type writes it, modifiers read and dropped.
func typeNumber(r *row, text string) (catalog.OID, error) {
	if n, err := parse.Type(text); err == nil {
		if t, err := resolveType(n); err == nil {
			return t.OID, nil
		}
		name := n.Name
		if n.Dims > 0 {
			name = "_" + name
		}
		if oid, ok := r.catalog().TypeNamed(r.SearchPath(), n.Schema, name); ok {
			return oid, nil
		}
		if base, ok := col.TypeNamed(n.Name); ok && n.Dims > 0 {
			if i, _ := base.Info(); i.Array != 0 {
				return i.Array, nil
			}
		}
	}
	schema, name := qualifiedName(text)
	if oid, ok := r.catalog().TypeNamed(r.SearchPath(), schema, name); ok {
		return oid, nil
	}
	return 0, pgerr.New(pgerr.UndefinedObject, "type %q does not exist", text)
}

func procNumber(r *row, text string) (catalog.OID, error) {
	schema, name := qualifiedName(text)
	switch users := r.catalog().FunctionsNamed(r.SearchPath(), schema, name); {
	case len(users) == 1 && schema != "pg_catalog":
		return users[0].OID, nil
	case len(users) > 1:
		return 0, pgerr.New(pgerr.AmbiguousFunction, "more than one function named %q", text)
	}
	if oid, ok := catalog.ProcNamed(name); ok {
		return oid, nil
	}
	var found catalog.OID
	for _, p := range procs() {
		if p.name != name {
			continue
		}
		if found != 0 {
			return 0, pgerr.New(pgerr.AmbiguousFunction, "more than one function named %q", text)
		}
		found = p.oid
	}
	if found == 0 {
		return 0, pgerr.New(pgerr.UndefinedFunction, "function %q does not exist", text)
	}
	return found, nil
}

// procName is the name of a function; empty: there is none of the number.
func procName(oid catalog.OID) string {
	if n, ok := catalog.ProcName(oid); ok {
		return n
	}
	if p := procOf(oid); p != nil {
		return p.name
	}
	return ""
}

func ident(s string) string { return string(pgtext.AppendIdent(nil, []byte(s))) }
