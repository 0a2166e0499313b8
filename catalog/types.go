package catalog

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgtext"
)

// The rows of PostgreSQL 15's pg_type for the types that exist here, those of the columns of
// its catalogs, and the pseudo-types, up to typcollation.
//
//go:embed frozen/pg_type.txt
var frozenTypes string

// The rows of pg_proc for the functions that those rows and pg_am speak of.
//
//go:embed frozen/io_procs.txt
var frozenProcs string

// builtin is what is needed of a row of pg_type.
type builtin struct {
	oid, elem, array, collation OID
	name                        string
	length                      int16
	byValue                     bool
	align, storage              string
}

// Places of a row of pg_type.
const (
	typOID, typName, typLen, typByval, typElem, typArray     = 0, 1, 4, 5, 13, 14
	typAlign, typStorage, typCollation                       = 22, 23, 28
	typeRowFields                                            = 29
	arrayMark                                                = "_"
	defaultCollation                                     OID = 100
	nameCollation                                        OID = 950
)

var (
	builtinByOID, builtinByName = readBuiltins(frozenTypes)
	procByOID, procByName       = readProcs(frozenProcs)
)

func readBuiltins(text string) (map[OID]*builtin, map[string]*builtin) {
	byOID, byName := map[OID]*builtin{}, map[string]*builtin{}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != typeRowFields {
			panic("catalog: type " + line)
		}
		b := &builtin{oid: number(f[typOID]), name: f[typName], elem: number(f[typElem]), array: number(f[typArray]),
			collation: number(f[typCollation]), byValue: f[typByval] == "t", align: f[typAlign], storage: f[typStorage]}
		n, err := strconv.ParseInt(f[typLen], 10, 16)
		if err != nil {
			panic(err)
		}
		b.length = int16(n)
		byOID[b.oid], byName[b.name] = b, b
	}
	return byOID, byName
}

func readProcs(text string) (map[OID]string, map[string]OID) {
	byOID, byName := map[OID]string{}, map[string]OID{}
	for line := range strings.Lines(text) {
		f := strings.SplitN(line, "\t", 3)
		byOID[number(f[0])], byName[f[1]] = f[1], number(f[0])
	}
	return byOID, byName
}

func number(s string) OID {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		panic(err)
	}
	return OID(n)
}

func builtinNamed(name string) *builtin { return builtinByName[name] }

// ProcName returns the name of a function that pg_type or pg_am speaks of; false: another.
func ProcName(oid OID) (string, bool) {
	n, ok := procByOID[oid]
	return n, ok
}

// ProcNamed returns the number of such a function.
func ProcNamed(name string) (OID, bool) {
	oid, ok := procByName[name]
	return oid, ok
}

// TypeNamed finds a type by its name in pg_type, row types of relations and the arrays of
// both included; schema and path are used as for relations. False: there is none.
func (c *Catalog) TypeNamed(path []string, schema, typ string) (OID, bool) {
	if schema == "" || schema == "pg_catalog" {
		if b := builtinByName[typ]; b != nil {
			return b.oid, true
		}
	}
	if r, err := c.Lookup(path, schema, typ); err == nil && r.hasRowType() {
		return r.OID + rowType, true
	}
	if elem, ok := strings.CutPrefix(typ, arrayMark); ok {
		if r, err := c.Lookup(path, schema, elem); err == nil && r.hasRowType() {
			return r.OID + rowTypeArray, true
		}
	}
	return 0, false
}

// Numbers of a relation's types, behind its own.
const (
	rowType      = 1
	rowTypeArray = 2
)

// hasRowType reports whether the relation's rows are a type: what users created, and neither an
// index nor a sequence.
func (r *Relation) hasRowType() bool {
	return r.OID >= FirstOID && r.Kind != Index && r.Kind != Sequence
}

// TypeOID is the number of the relation's row type; 0: it has none.
func (r *Relation) TypeOID() OID {
	if r.hasRowType() {
		return r.OID + rowType
	}
	return 0
}

// FormatType is format_type: the type as SQL writes it, with its schema where path does not
// lead to it. A number that no type has is "???", as PostgreSQL prints it.
func (c *Catalog) FormatType(path []string, t col.Type) string {
	if t.OID == 0 {
		return "-"
	}
	if i, ok := t.Info(); ok && i.Category != 'A' {
		return t.String()
	}
	if b := builtinByOID[t.OID]; b != nil {
		if b.elem != 0 && b.length < 0 && strings.HasPrefix(b.name, arrayMark) {
			return c.FormatType(path, col.Type{OID: b.elem, Mod: t.Mod}) + "[]"
		}
		return quoteIdent(b.name)
	}
	if r := c.Relation(t.OID - rowType); r != nil && r.TypeOID() == t.OID {
		return c.qualified(path, r)
	}
	if r := c.Relation(t.OID - rowTypeArray); r != nil && r.hasRowType() && r.OID+rowTypeArray == t.OID {
		return c.qualified(path, r) + "[]"
	}
	return "???"
}

// qualified is the relation's name as regclass prints it.
func (c *Catalog) qualified(path []string, r *Relation) string {
	if c.Visible(path, r) {
		return quoteIdent(r.Name)
	}
	return quoteIdent(c.schemas[r.Schema].Name) + "." + quoteIdent(r.Name)
}

// RelationName is the output of regclass: the name, quoted where it must be, with the schema
// where path does not lead to the relation; the number when there is none, - for 0.
func (c *Catalog) RelationName(path []string, oid OID) string {
	if r := c.Relation(oid); r != nil {
		return c.qualified(path, r)
	}
	if oid == 0 {
		return "-"
	}
	return fmt.Sprint(oid)
}

// Visible reports whether the relation's bare name leads to it.
func (c *Catalog) Visible(path []string, r *Relation) bool {
	found, err := c.Lookup(path, "", r.Name)
	return err == nil && found.OID == r.OID
}

func quoteIdent(s string) string { return string(pgtext.AppendIdent(nil, []byte(s))) }

// IsArray reports whether a built-in type is an array.
func IsArray(t OID) bool {
	b := builtinByOID[t]
	return b != nil && b.elem != 0 && b.length < 0
}
