package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
)

// Bits of an interval's modifier, as PostgreSQL's INTERVAL_MASK has them.
const (
	maskMonth, maskYear, maskDay, maskHour, maskMinute, maskSecond = 1 << 1, 1 << 2, 1 << 3, 1 << 10, 1 << 11, 1 << 12
	fullRange, fullPrecision                                       = 0x7fff, 0xffff
)

var intervalFields = map[string]int32{
	"year": maskYear, "month": maskMonth, "day": maskDay, "hour": maskHour, "minute": maskMinute, "second": maskSecond,
	"year to month": maskYear | maskMonth, "day to hour": maskDay | maskHour, "day to minute": maskDay | maskHour | maskMinute,
	"day to second":  maskDay | maskHour | maskMinute | maskSecond,
	"hour to minute": maskHour | maskMinute, "hour to second": maskHour | maskMinute | maskSecond,
	"minute to second": maskMinute | maskSecond,
}

// laterTypes are types of PostgreSQL that are not here yet, with what there is instead.
var laterTypes = map[string]string{
	"money": "Use numeric.", "timetz": "Use time, or timestamptz.", "xml": "Use text.",
	"inet": "Use text.", "cidr": "Use text.", "macaddr": "Use text.", "bit": "Use bytea, or an integer.", "varbit": "Use bytea.",
	"point": "Use two columns of double precision.", "tsvector": "Use text.", "tsquery": "Use text.", "hstore": "Use jsonb.",
}

// resolveType finds the type that a name means and encodes its modifiers as PostgreSQL does.
func resolveType(n *ast.TypeName) (col.Type, error) {
	if n.Dims > 0 {
		element := *n
		element.Dims = 0
		t, err := resolveType(&element)
		if pgerr.CodeOf(err) == pgerr.UndefinedObject {
			err = errNoType(n, "[]")
		}
		if err != nil {
			return t, err
		}
		array, ok := t.Array()
		if !ok {
			return array, pgerr.New(pgerr.UndefinedObject, "could not find array type for data type %s", t)
		}
		return array, nil
	}
	if hint, later := laterTypes[n.Name]; later && n.Schema == "" {
		return col.Type{}, pgerr.Unsupported("type %s", n.Name).WithHint("%s", hint)
	}
	t, ok := col.TypeNamed(n.Name)
	if !ok || n.Schema != "" && n.Schema != "pg_catalog" {
		return col.Type{}, errNoType(n, "")
	}
	mod, err := modifier(t, n)
	t.Mod = mod
	return t, err
}

func errNoType(n *ast.TypeName, brackets string) error {
	name := n.Name
	if n.Schema != "" {
		name = n.Schema + "." + n.Name
	}
	return pgerr.New(pgerr.UndefinedObject, "type \"%s%s\" does not exist", name, brackets)
}

func modifier(t col.Type, n *ast.TypeName) (int32, error) {
	if t.Is(col.Interval) {
		return intervalModifier(n)
	}
	if len(n.Mods) == 0 {
		return -1, nil
	}
	m := n.Mods[0]
	switch t.OID {
	case col.OIDNumeric:
		return numericModifier(n.Mods)
	case col.OIDVarchar, col.OIDBpchar:
		name := map[col.OID]string{col.OIDVarchar: "varchar", col.OIDBpchar: "char"}[t.OID]
		if m < 1 {
			return 0, pgerr.New(pgerr.InvalidParameterValue, "length for type %s must be at least 1", name)
		}
		if m > 10485760 {
			return 0, pgerr.New(pgerr.InvalidParameterValue, "length for type %s cannot exceed 10485760", name)
		}
		return int32(m) + 4, nil
	case col.OIDTime, col.OIDTimestamp, col.OIDTimestamptz:
		return int32(min(max(m, 0), 6)), nil
	}
	return 0, pgerr.New(pgerr.SyntaxError, "type modifier is not allowed for type %q", n.Name)
}

func numericModifier(mods []int) (int32, error) {
	p, s := mods[0], 0
	if len(mods) > 1 {
		s = mods[1]
	}
	if len(mods) > 2 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid NUMERIC type modifier")
	}
	if p < 1 || p > 1000 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "NUMERIC precision %d must be between 1 and 1000", p)
	}
	if s < -1000 || s > 1000 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "NUMERIC scale %d must be between -1000 and 1000", s)
	}
	return col.NumericType(p, s).Mod, nil
}

func intervalModifier(n *ast.TypeName) (int32, error) {
	if n.Fields == "" && len(n.Mods) == 0 {
		return -1, nil
	}
	fields, precision := int32(fullRange), int32(fullPrecision)
	if n.Fields != "" {
		fields = intervalFields[n.Fields]
	}
	if len(n.Mods) > 0 {
		precision = int32(min(max(n.Mods[0], 0), 6))
	}
	return fields<<16 | precision, nil
}
