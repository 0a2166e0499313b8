package ast

import "strconv"

// TypeName is a type as it was written. The SQL spellings of the built-in types are
// turned into PostgreSQL's names: int and integer are int4, decimal is numeric, char is
// bpchar with modifier 1, timestamp with time zone is timestamptz.
type TypeName struct {
	Pos    int
	Schema string // empty when not written
	Name   string
	Mods   []int  // modifiers: numeric(10,2), varchar(20), timestamp(3)
	Fields string // of interval: "year to month", "second", …; else empty
	Dims   int    // array dimensions: 1 for int[]
}

// sqlSpelling is how the standard writes the types whose bare name is a key word.
var sqlSpelling = map[string]string{
	"int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
	"float8": "double precision", "bool": "boolean", "numeric": "numeric", "varchar": "varchar",
	"interval": "interval", "bit": "bit", "varbit": "bit varying", "time": "time",
	"timestamp": "timestamp", "timetz": "time", "timestamptz": "timestamp",
}

// Position returns the byte offset of the type's name.
func (t *TypeName) Position() int { return t.Pos }

// String returns the type's SQL.
func (t *TypeName) String() string { return text(t) }

// Children yields nothing.
func (t *TypeName) Children(func(Node) bool) {}

// AppendTo appends the type in the standard's spelling.
func (t *TypeName) AppendTo(b []byte) []byte {
	name, builtin := sqlSpelling[t.Name]
	switch {
	case t.Schema != "":
		b = append(appendIdent(b, t.Schema), '.')
		b = appendIdent(b, t.Name)
	case builtin:
		b = append(b, name...)
	default:
		b = appendIdent(b, t.Name)
	}
	b = when(b, t.Fields != "", " "+t.Fields)
	if len(t.Mods) > 0 {
		b = append(b, '(')
		for i, m := range t.Mods {
			b = when(b, i > 0, ",")
			b = strconv.AppendInt(b, int64(m), 10)
		}
		b = append(b, ')')
	}
	b = when(b, t.Schema == "" && (t.Name == "timetz" || t.Name == "timestamptz"), " with time zone")
	for range t.Dims {
		b = append(b, "[]"...)
	}
	return b
}
