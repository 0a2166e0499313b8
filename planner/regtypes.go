package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// isRegistered reports whether values of the type are numbers of catalog objects that can be
// written as names.
func isRegistered(t col.Type) bool { return NumberOf(t) != nil }

// registered looks up what 'name'::regclass and its like mean; the plan holds the number (V4).
func (e *env) registered(text string, t col.Type) (expr.Expr, error) {
	oid, err := ObjectNumber(planning{e.Env}, t, text)
	if err != nil {
		return nil, err
	}
	if r := e.Catalog.Relation(oid); r != nil && t.Is(col.Regclass) {
		e.use(r)
	}
	v := col.NewVector(t)
	v.AppendI32(int32(oid))
	return expr.NewConst(v), nil
}

// registeredCast casts between the names of catalog objects and their numbers, which no cast
// of values can do; nil: it is another cast.
func (b *binder) registeredCast(e expr.Expr, t col.Type) (expr.Expr, error) {
	isText := func(t col.Type) bool { return t.Is(col.Text) || t.Is(col.Varchar) || t.Is(col.Name) }
	if f := NumberOf(t); f != nil && isText(e.Type()) {
		text, err := b.coerce(e, col.Text, fn.Explicit)
		if err != nil {
			return nil, err
		}
		return expr.NewCall(f, t, text), nil
	}
	if f := NameOf(e.Type()); f != nil && isText(t) {
		return b.coerce(expr.NewCall(f, col.Text, e), t, fn.Explicit)
	}
	return nil, nil
}

// namedRelations casts the first argument of a function of relations, nextval and its like, from the text
// of a name, which no cast of values can do.
func (b *binder) namedRelations(function string, args []expr.Expr) ([]expr.Expr, error) {
	all := fn.Named(function)
	if len(args) == 0 || len(all) == 0 || len(all[0].Params) == 0 || !all[0].Params[0].Type.Is(col.Regclass) {
		return args, nil
	}
	cast, err := b.registeredCast(args[0], col.Regclass)
	if cast == nil || err != nil {
		return args, err
	}
	return append([]expr.Expr{cast}, args[1:]...), nil
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
