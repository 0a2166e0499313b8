package planner

import (
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
)

// isRegistered reports whether values of the type are numbers of catalog objects that can be
// written as names.
func isRegistered(t col.Type) bool {
	return t.Is(col.Regclass) || t.Is(col.Regtype) || t.Is(col.Regnamespace)
}

// registered looks up what 'name'::regclass and its like mean; the plan holds the number (V4).
func (e *env) registered(text string, t col.Type) (expr.Expr, error) {
	oid, err := e.objectNamed(text, t)
	if err != nil {
		return nil, err
	}
	v := col.NewVector(t)
	v.AppendI32(int32(oid))
	return expr.NewConst(v), nil
}

func (e *env) objectNamed(text string, t col.Type) (col.OID, error) {
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return col.OID(n), nil
	}
	parts := splitName(text)
	switch {
	case t.Is(col.Regclass):
		schema := ""
		if len(parts) > 1 {
			schema = parts[len(parts)-2]
		}
		r, err := e.Catalog.Lookup(e.Path, schema, parts[len(parts)-1])
		if err != nil {
			return 0, err
		}
		e.use(r)
		return r.OID, nil
	case t.Is(col.Regnamespace):
		if s := e.Catalog.SchemaNamed(parts[0]); s != nil {
			return s.OID, nil
		}
		return 0, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", parts[0])
	}
	if found, ok := col.TypeNamed(strings.TrimPrefix(text, "pg_catalog.")); ok {
		return found.OID, nil
	}
	return 0, pgerr.New(pgerr.UndefinedObject, "type %q does not exist", text)
}

// splitName takes a dotted name apart: bare parts are folded, quoted ones kept.
func splitName(s string) []string {
	var parts []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, b.String())
			b.Reset()
		case quoted:
			b.WriteByte(c)
		default:
			b.WriteString(strings.ToLower(string(rune(c))))
		}
	}
	return append(parts, b.String())
}
