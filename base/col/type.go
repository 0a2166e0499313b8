package col

import (
	"fmt"
	"strconv"
	"strings"
)

// OID is PostgreSQL's number of a type (or of any catalog object).
type OID uint32

// Type is what SQL says of a value: the type's OID and its modifier as PostgreSQL
// encodes it (length+4 for varchar, (precision<<16|scale)+4 for numeric, …); -1: none.
// The zero Type is no type.
type Type struct {
	OID OID
	Mod int32
}

// OIDs of the built-in types, as PostgreSQL numbers them.
const (
	OIDBool         OID = 16
	OIDBytea        OID = 17
	OIDChar         OID = 18 // "char", the one-byte type of the catalogs
	OIDName         OID = 19
	OIDInt8         OID = 20
	OIDInt2         OID = 21
	OIDInt4         OID = 23
	OIDRegproc      OID = 24
	OIDText         OID = 25
	OIDOid          OID = 26
	OIDInt2vector   OID = 22
	OIDOidvector    OID = 30
	OIDJSON         OID = 114
	OIDFloat4       OID = 700
	OIDFloat8       OID = 701
	OIDUnknown      OID = 705
	OIDAclitem      OID = 1033 // a column of catalogs, which is NULL
	OIDBpchar       OID = 1042
	OIDVarchar      OID = 1043
	OIDDate         OID = 1082
	OIDTime         OID = 1083
	OIDTimestamp    OID = 1114
	OIDTimestamptz  OID = 1184
	OIDInterval     OID = 1186
	OIDNumeric      OID = 1700
	OIDRegclass     OID = 2205
	OIDRegtype      OID = 2206
	OIDRecord       OID = 2249
	OIDVoid         OID = 2278
	OIDUUID         OID = 2950
	OIDJSONB        OID = 3802
	OIDTextArray    OID = 1009
	OIDRegnamespace OID = 4089
)

// The types without modifier.
var (
	Bool         = Type{OIDBool, -1}
	Bytea        = Type{OIDBytea, -1}
	Char         = Type{OIDChar, -1}
	Name         = Type{OIDName, -1}
	Int2         = Type{OIDInt2, -1}
	Int4         = Type{OIDInt4, -1}
	Int8         = Type{OIDInt8, -1}
	Text         = Type{OIDText, -1}
	Oid          = Type{OIDOid, -1}
	JSON         = Type{OIDJSON, -1}
	JSONB        = Type{OIDJSONB, -1}
	Float4       = Type{OIDFloat4, -1}
	Float8       = Type{OIDFloat8, -1}
	Unknown      = Type{OIDUnknown, -1} // a string literal before it is typed
	Bpchar       = Type{OIDBpchar, -1}
	Varchar      = Type{OIDVarchar, -1}
	Date         = Type{OIDDate, -1}
	Time         = Type{OIDTime, -1}
	Timestamp    = Type{OIDTimestamp, -1}
	Timestamptz  = Type{OIDTimestamptz, -1}
	Interval     = Type{OIDInterval, -1}
	Numeric      = Type{OIDNumeric, -1}
	UUID         = Type{OIDUUID, -1}
	Regclass     = Type{OIDRegclass, -1}
	Regtype      = Type{OIDRegtype, -1}
	Regproc      = Type{OIDRegproc, -1}
	Regnamespace = Type{OIDRegnamespace, -1}
	TextArray    = Type{OIDTextArray, -1}
	Void         = Type{OIDVoid, -1}
)

// Kind is how a value lies in memory, in state rows and in files. The numbers are part
// of the formats.
type Kind uint8

// The physical kinds.
const (
	KindBit  Kind = 1  // bitmap: bool
	KindI32  Kind = 2  // int32: int2, int4, date, oid
	KindI64  Kind = 3  // int64: int8, time, timestamp, timestamptz
	KindF32  Kind = 4  // float32
	KindF64  Kind = 5  // float64
	KindD64  Kind = 6  // int64 at the vector's Scale: numeric(p <= 18, s), or a batch of numerics that all fit
	KindDec  Kind = 8  // view of numeric's stored bytes (canonical form, then display scale)
	KindIv   Kind = 9  // [2]uint64: months<<32 | days, microseconds
	KindU128 Kind = 10 // [2]uint64, most significant first: uuid
	KindStr  Kind = 11 // view of text bytes
	KindBin  Kind = 12 // view of a binary form: jsonb, arrays
)

// IsView reports whether values of the kind are 16-byte views of variable-length bytes.
func (k Kind) IsView() bool { return k == KindDec || k == KindStr || k == KindBin }

// Width is the bytes of one value in a state row; a view counts its 16 bytes.
func (k Kind) Width() int {
	switch k {
	case KindBit:
		return 1
	case KindI32, KindF32:
		return 4
	case KindI64, KindF64, KindD64:
		return 8
	}
	return 16
}

// Info is what the catalog says of a type.
type Info struct {
	OID      OID
	Name     string // as pg_type has it: int4
	SQL      string // as format_type prints it: integer
	Kind     Kind
	Category byte // pg_type.typcategory
	Prefer   bool // typispreferred
	Len      int  // typlen; -1: variable
	Array    OID  // OID of the array type; 0: none
}

var infos = []Info{
	{OIDBool, "bool", "boolean", KindBit, 'B', true, 1, 1000},
	{OIDBytea, "bytea", "bytea", KindStr, 'U', false, -1, 1001},
	{OIDChar, "char", `"char"`, KindStr, 'Z', false, 1, 1002},
	{OIDName, "name", "name", KindStr, 'S', false, 64, 1003},
	{OIDInt8, "int8", "bigint", KindI64, 'N', false, 8, 1016},
	{OIDInt2, "int2", "smallint", KindI32, 'N', false, 2, 1005},
	{OIDInt4, "int4", "integer", KindI32, 'N', false, 4, 1007},
	{OIDRegproc, "regproc", "regproc", KindI32, 'N', false, 4, 1008},
	{OIDText, "text", "text", KindStr, 'S', true, -1, 1009},
	{OIDOid, "oid", "oid", KindI32, 'N', true, 4, 1028},
	{OIDJSON, "json", "json", KindStr, 'U', false, -1, 199},
	{OIDFloat4, "float4", "real", KindF32, 'N', false, 4, 1021},
	{OIDFloat8, "float8", "double precision", KindF64, 'N', true, 8, 1022},
	{OIDUnknown, "unknown", "unknown", KindStr, 'X', false, -2, 0},
	{OIDBpchar, "bpchar", "character", KindStr, 'S', false, -1, 1014},
	{OIDVarchar, "varchar", "character varying", KindStr, 'S', false, -1, 1015},
	{OIDDate, "date", "date", KindI32, 'D', false, 4, 1182},
	{OIDTime, "time", "time without time zone", KindI64, 'D', false, 8, 1183},
	{OIDTimestamp, "timestamp", "timestamp without time zone", KindI64, 'D', false, 8, 1115},
	{OIDTimestamptz, "timestamptz", "timestamp with time zone", KindI64, 'D', true, 8, 1185},
	{OIDInterval, "interval", "interval", KindIv, 'T', true, 16, 1187},
	{OIDNumeric, "numeric", "numeric", KindDec, 'N', false, -1, 1231},
	{OIDRegclass, "regclass", "regclass", KindI32, 'N', false, 4, 2210},
	{OIDRegtype, "regtype", "regtype", KindI32, 'N', false, 4, 2211},
	{OIDRegnamespace, "regnamespace", "regnamespace", KindI32, 'N', false, 4, 4090},
	{OIDRecord, "record", "record", KindBin, 'P', false, -1, 2287},
	{OIDVoid, "void", "void", KindStr, 'P', false, 4, 0},
	{OIDUUID, "uuid", "uuid", KindU128, 'U', false, 16, 2951},
	{OIDJSONB, "jsonb", "jsonb", KindBin, 'U', false, -1, 3807},
	{OIDAclitem, "aclitem", "aclitem", KindStr, 'U', false, 12, 1034},
	{OIDInt2vector, "int2vector", "int2vector", KindBin, 'A', false, -1, 1006},
	{OIDOidvector, "oidvector", "oidvector", KindBin, 'A', false, -1, 1013},
}

var (
	infoByOID  = map[OID]*Info{}
	infoByName = map[string]*Info{}
	elements   = map[OID]OID{OIDInt2vector: OIDInt2, OIDOidvector: OIDOid} // by the array's
)

func init() {
	for i := range infos {
		infoByOID[infos[i].OID] = &infos[i]
		infoByName[infos[i].Name] = &infos[i]
	}
	for _, i := range infos {
		if i.Array == 0 {
			continue
		}
		elements[i.Array] = i.OID
		array := &Info{OID: i.Array, Name: "_" + i.Name, SQL: i.SQL + "[]", Kind: KindBin, Category: 'A', Len: -1}
		infoByOID[i.Array], infoByName[array.Name] = array, array
	}
	for alias, name := range map[string]string{
		"boolean": "bool", "bigint": "int8", "smallint": "int2", "integer": "int4", "int": "int4",
		"real": "float4", "double precision": "float8", "decimal": "numeric", "dec": "numeric",
		"character varying": "varchar", "character": "bpchar",
		"time without time zone": "time", "timestamp without time zone": "timestamp",
		"timestamp with time zone": "timestamptz",
	} {
		infoByName[alias] = infoByName[name]
	}
}

// Types lists what is known of every type but arrays, in order of the table.
func Types() []Info { return infos }

// Info returns what the catalog says of t, and false for a type that does not exist here.
func (t Type) Info() (Info, bool) {
	i, ok := infoByOID[t.OID]
	if !ok {
		return Info{}, false
	}
	return *i, true
}

// TypeNamed finds a type by its pg_type name or SQL spelling, without modifier.
func TypeNamed(name string) (Type, bool) {
	i, ok := infoByName[strings.ToLower(name)]
	if !ok {
		return Type{}, false
	}
	return Type{i.OID, -1}, true
}

// Array is the type of arrays of t, of the same modifier; false: there is none.
func (t Type) Array() (Type, bool) {
	i, ok := infoByOID[t.OID]
	if !ok || i.Array == 0 {
		return Type{}, false
	}
	return Type{i.Array, t.Mod}, true
}

// Element is the type of an array's elements as they are stored, which is without the
// modifier of the array, whatever that is, but for rows; false: t is no array.
func (t Type) Element() (Type, bool) {
	e, ok := elements[t.OID]
	if e == OIDRecord {
		return Type{e, t.Mod}, ok
	}
	return Type{e, -1}, ok
}

// IsRow reports whether values are rows, or arrays of rows, whose modifier means something to a
// planner alone.
func (t Type) IsRow() bool { return t.OID == OIDRecord || elements[t.OID] == OIDRecord }

// Arrays lists the types of arrays by the types of their elements.
func Arrays() []Type {
	var out []Type
	for _, i := range infos {
		if i.Array != 0 {
			out = append(out, Type{i.Array, -1})
		}
	}
	return out
}

// Is reports whether t is of the other's type, whatever the modifiers.
func (t Type) Is(o Type) bool { return t.OID == o.OID }

// MaxD64Precision is the greatest precision whose values all fit int64.
const MaxD64Precision = 18

// Kind is the layout of t's values in a state row and the usual one in a vector. Vectors
// of numeric without modifier may hold KindD64 instead of KindDec, never the reverse.
func (t Type) Kind() Kind {
	if t.OID == OIDNumeric {
		if p, s, ok := t.PrecisionScale(); ok && p <= MaxD64Precision && s >= 0 && s <= p {
			return KindD64
		}
		return KindDec
	}
	if i, ok := infoByOID[t.OID]; ok {
		return i.Kind
	}
	return KindBin
}

// Scale is the scale of t's lanes where Kind is KindD64, else 0.
func (t Type) Scale() int32 {
	if t.OID == OIDNumeric && t.Kind() == KindD64 {
		_, s, _ := t.PrecisionScale()
		return int32(s)
	}
	return 0
}

// PrecisionScale decodes a numeric's modifier; false: it has none.
func (t Type) PrecisionScale() (precision, scale int, ok bool) {
	if t.OID != OIDNumeric || t.Mod < 4 {
		return 0, 0, false
	}
	m := t.Mod - 4
	return int(m >> 16 & 0xffff), int((m&0x7ff)^1024) - 1024, true
}

// NumericType is numeric(precision, scale).
func NumericType(precision, scale int) Type {
	return Type{OIDNumeric, int32(precision<<16|scale&0x7ff) + 4}
}

// Length is n of varchar(n), char(n); -1: no limit.
func (t Type) Length() int {
	if (t.OID == OIDVarchar || t.OID == OIDBpchar) && t.Mod >= 4 {
		return int(t.Mod - 4)
	}
	return -1
}

// String prints the type as format_type does: numeric(10,2), character varying(3).
func (t Type) String() string {
	i, ok := infoByOID[t.OID]
	if !ok {
		return "oid " + strconv.FormatUint(uint64(t.OID), 10)
	}
	if t.Mod < 0 {
		return i.SQL
	}
	if elem, ok := t.Element(); ok {
		return Type{elem.OID, t.Mod}.String() + "[]"
	}
	switch t.OID {
	case OIDNumeric:
		p, s, _ := t.PrecisionScale()
		return fmt.Sprintf("numeric(%d,%d)", p, s)
	case OIDVarchar, OIDBpchar:
		return fmt.Sprintf("%s(%d)", i.SQL, t.Length())
	case OIDTime, OIDTimestamp, OIDTimestamptz:
		word, rest, _ := strings.Cut(i.SQL, " ")
		return fmt.Sprintf("%s(%d) %s", word, t.Mod, rest)
	case OIDInterval:
		if p := t.Mod & 0xffff; p != 0xffff {
			return fmt.Sprintf("interval(%d)", p)
		}
	}
	return i.SQL
}

// Column is a named column of a relation or a result.
type Column struct {
	Name string
	Type Type
}
