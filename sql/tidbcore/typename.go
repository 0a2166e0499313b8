package tidbcore

import (
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// TypeName parses the type at the cursor and moves over it. It gives up as lex.Cursor
// does.
func TypeName(c *lex.Cursor) *ast.TypeName {
	e := encoder{Cursor: c}
	return e.typeName()
}

// spelling is what a key word that starts a type's name means.
type spelling struct {
	name    string // PostgreSQL's name
	mods    bool   // modifiers may follow
	varying string // the name with VARYING behind it; empty: it may not follow
	zoned   string // the name with WITH TIME ZONE behind it; empty: it may not follow
	one     bool   // without modifiers it has the modifier 1
}

var spellings = map[string]spelling{
	"int": {name: "int4"}, "integer": {name: "int4"}, "smallint": {name: "int2"}, "bigint": {name: "int8"},
	"real": {name: "float4"}, "boolean": {name: "bool"}, "float": {name: "float8", mods: true},
	"decimal": {name: "numeric", mods: true}, "dec": {name: "numeric", mods: true},
	"numeric": {name: "numeric", mods: true}, "varchar": {name: "varchar", mods: true},
	"character": {name: "bpchar", mods: true, varying: "varchar", one: true},
	"char":      {name: "bpchar", mods: true, varying: "varchar", one: true},
	"nchar":     {name: "bpchar", mods: true, varying: "varchar", one: true},
	"bit":       {name: "bit", mods: true, varying: "varbit", one: true},
	"time":      {name: "time", mods: true, zoned: "timetz"},
	"timestamp": {name: "timestamp", mods: true, zoned: "timestamptz"},
	"interval":  {name: "interval"},
}

// typeName moves over a type with its array bounds.
func (e *encoder) typeName() *ast.TypeName {
	t := e.simpleType(true)
	for {
		switch {
		case e.IsMark(0, "["):
			e.At++
			if e.Peek(0).Kind == lex.Integer {
				e.Int()
			}
			e.NeedMark("]")
		case e.Is("array"):
			e.At++
			if e.AcceptMark("[") {
				e.Int()
				e.NeedMark("]")
			}
		default:
			return t
		}
		t.Dims++
	}
}

// simpleType moves over a type without array bounds; fields says whether the fields of an
// interval stand behind it.
func (e *encoder) simpleType(fields bool) *ast.TypeName {
	t := &ast.TypeName{Pos: e.Pos()}
	if e.Is("setof") {
		e.Refuse(e.Pos(), "SETOF", "")
	}
	if e.Accept("double", "precision") {
		t.Name = "float8"
		return t
	}
	if e.OneOf(0, "national") && e.OneOf(1, "character char") {
		e.At++
	}
	s, ok := spellings[e.Peek(0).Text]
	if !ok || e.Peek(0).Kind != lex.Word {
		e.genericType(t)
		return t
	}
	e.At++
	t.Name = s.name
	if s.varying != "" && e.Accept("varying") {
		t.Name, s.one = s.varying, false
	}
	if s.name == "interval" {
		e.intervalType(t, fields)
		return t
	}
	mod := int(e.Peek(1).Pos)
	if s.mods && e.IsMark(0, "(") {
		t.Mods = e.modifiers()
	} else if s.one {
		t.Mods = []int{1}
	}
	switch {
	case s.zoned != "" && e.Accept("with", "time", "zone"):
		t.Name = s.zoned
	case s.zoned != "":
		e.Accept("without", "time", "zone")
	}
	if s.name == "float8" && len(t.Mods) > 0 {
		e.floatBits(t, mod)
	}
	return t
}

// floatBits takes the precision of a FLOAT, which is in bits, into its name.
func (e *encoder) floatBits(t *ast.TypeName, pos int) {
	switch bits := t.Mods[0]; {
	case len(t.Mods) > 1:
		e.Fail()
	case bits < 1:
		e.FailWith(pgerr.New(pgerr.InvalidParameterValue, "precision for type float must be at least 1 bit"), pos)
	case bits > 53:
		e.FailWith(pgerr.New(pgerr.InvalidParameterValue, "precision for type float must be less than 54 bits"), pos)
	case bits <= 24:
		t.Name = "float4"
	}
	t.Mods = nil
}

// genericType moves over a name that no key word starts.
func (e *encoder) genericType(t *ast.TypeName) {
	k := e.Peek(0)
	class := ast.NotKeyword
	if k.Kind == lex.Word {
		class = ast.KeywordClass(k.Text)
	}
	if !e.IsLabel(0) || class == ast.Reserved || class == ast.ColName {
		e.Fail()
	}
	t.Name = e.Label().Name
	for e.AcceptMark(".") {
		if t.Schema != "" {
			e.Refuse(t.Pos, "a type of another database", "")
		}
		t.Schema, t.Name = t.Name, e.Label().Name
	}
	if e.IsMark(0, "%") && e.IsAt(1, "type") {
		e.Refuse(t.Pos, "%TYPE", "")
	}
	if e.IsMark(0, "(") {
		t.Mods = e.modifiers()
	}
}

// modifiers moves over (10, 2).
func (e *encoder) modifiers() []int {
	e.NeedMark("(")
	var mods []int
	for {
		negative := e.AcceptMark("-")
		n := e.Int()
		if negative {
			n = -n
		}
		mods = append(mods, n)
		if !e.AcceptMark(",") {
			break
		}
	}
	e.NeedMark(")")
	return mods
}

const intervalFields = "year month day hour minute second"

// intervalType moves over what stands behind INTERVAL.
func (e *encoder) intervalType(t *ast.TypeName, fields bool) {
	if e.IsMark(0, "(") {
		t.Mods = e.modifiers()
	} else if fields {
		e.intervalFields(t)
	}
}

// intervalFields moves over DAY TO SECOND(3) and its like.
func (e *encoder) intervalFields(t *ast.TypeName) {
	if !e.OneOf(0, intervalFields) {
		return
	}
	t.Fields = e.Label().Name
	if e.Is("to") {
		from := strings.Index(intervalFields, t.Fields)
		later := intervalFields[from+len(t.Fields):]
		if t.Fields == "year" {
			later = " month"
		} else if t.Fields == "month" || later == "" {
			e.Fail()
		}
		if !e.OneOf(1, later[1:]) {
			e.FailAt(1)
		}
		e.At++
		t.Fields += " to " + e.Label().Name
	}
	if strings.HasSuffix(t.Fields, "second") && e.IsMark(0, "(") {
		t.Mods = e.modifiers()
	}
}

// typedLiteralAhead reports whether a type of the standard with a string behind it is
// next.
func (e *encoder) typedLiteralAhead() bool {
	w := e.Peek(0).Text
	i := 1
	switch {
	case w == "double" && e.IsAt(1, "precision"):
		return e.Peek(2).Kind == lex.String
	case w == "national" && e.OneOf(1, "character char"):
		i = 2
	default:
		if _, ok := spellings[w]; !ok {
			return false
		}
	}
	if e.IsAt(i, "varying") {
		i++
	}
	if e.IsMark(i, "(") {
		if e.Close(i) < 0 {
			return false
		}
		i = e.Close(i) - e.At + 1
	}
	if e.IsAt(i, "with", "time", "zone") || e.IsAt(i, "without", "time", "zone") {
		i += 3
	}
	return e.Peek(i).Kind == lex.String
}

// typedLiteral moves over a type of the standard and the string behind it.
func (e *encoder) typedLiteral() {
	start := e.At
	t := e.simpleType(false)
	x := &ast.TypedLiteral{Pos: e.Pos(), Type: t, Value: e.String()}
	if t.Name == "interval" && len(t.Mods) == 0 {
		e.intervalFields(t)
	}
	e.leaf(x, start)
}

// genericLiteral moves over the modifiers and the string behind a type's name.
func (e *encoder) genericLiteral(pos int, parts []string) {
	start := e.At
	n := e.functionName(pos, parts)
	if n.Catalog != "" {
		e.Refuse(pos, "a type of another database", "")
	}
	t := &ast.TypeName{Pos: pos, Schema: n.Schema, Name: n.Name}
	if e.IsMark(0, "(") {
		t.Mods = e.modifiers()
	}
	e.leaf(&ast.TypedLiteral{Pos: e.Pos(), Type: t, Value: e.String()}, start)
}
