package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/sql/ast"
)

// rowTypeNamed is the type of the rows of a relation, or of arrays of them, that a type is named by;
// false: there is no such relation.
func (e *env) rowTypeNamed(n *ast.TypeName) (col.Type, bool) {
	r, err := e.Catalog.Lookup(e.Path, n.Schema, n.Name)
	if err != nil || n.Mods != nil || r.Kind == catalog.Index || r.Kind == catalog.Sink {
		return col.Type{}, false
	}
	e.use(r)
	var fields []col.Column
	for _, c := range r.Columns {
		if !c.Hidden {
			fields = append(fields, col.Column{Name: c.Name, Type: e.withFields(c.Type, c.Fields)})
		}
	}
	t := e.rowType(fields)
	if n.Dims == 0 {
		return t, true
	}
	array, ok := t.Array()
	array.Mod = t.Mod
	return array, ok
}

// castRow is a cast to the rows of a relation.
func (b *binder) castRow(x *ast.Cast, t col.Type) (expr.Expr, error) {
	r, value, err := b.composite(x.Expr)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return b.castToRow(x, value, t)
	}
	row, err := b.rowOfType(r, x, t)
	if err != nil || value == nil {
		return row, err
	}
	return expr.NewCase(t, expr.NewIs(value, expr.IsNotNull), row, expr.NewNull(t)), nil
}

// rowsArray is ARRAY[…] cast to an array of the rows of a relation: each of its elements is.
func (b *binder) rowsArray(x *ast.Cast, array *ast.Array) (expr.Expr, error) {
	elem := *x.Type
	elem.Dims = 0
	cast := *array
	cast.Elems = nil
	for _, e := range array.Elems {
		cast.Elems = append(cast.Elems, &ast.Cast{Pos: x.Pos, Expr: e, Type: &elem})
	}
	return b.expr(&cast)
}

// castToRow casts a value that is not known to have fields: NULL, or a literal.
func (b *binder) castToRow(x *ast.Cast, value expr.Expr, t col.Type) (expr.Expr, error) {
	k, ok := value.(*expr.Const)
	switch {
	case ok && k.IsNull():
		return expr.NewNull(t), nil
	case ok && value.Type().Is(col.Unknown):
		known, _ := b.fieldsOf(t)
		fields, err := rowLiteral(string(k.Value().Bytes(0)), len(known))
		if err != nil {
			return nil, b.env.at(x.Expr.Position(), err)
		}
		return b.rowOfType(&rowValue{fields: fields}, x, t)
	case value.Type().Is(col.Unknown) || value.Type().Is(col.Text) || value.Type().Is(col.Record):
		return nil, b.env.at(x.Pos, pgerr.Unsupported("a cast of type %s to the rows of a table, but of a literal or a row whose fields are known,", value.Type()))
	}
	return nil, b.env.at(x.Pos, pgerr.New(pgerr.CannotCoerce, "cannot cast type %s to %s", value.Type(), x.Type))
}

// rowOfType is a row with its fields cast to those of a type.
func (b *binder) rowOfType(r *rowValue, x *ast.Cast, t col.Type) (expr.Expr, error) {
	detail := ""
	fields, _ := b.fieldsOf(t)
	switch {
	case len(r.fields) < len(fields):
		detail = "Input has too few columns."
	case len(r.fields) > len(fields):
		detail = "Input has too many columns."
	}
	if detail != "" {
		return nil, b.env.at(x.Pos, pgerr.New(pgerr.CannotCoerce, "cannot cast type record to %s", x.Type).WithDetail("%s", detail))
	}
	out := &rowValue{whole: r.whole, sure: r.sure, there: r.there, names: []string{}}
	for i, f := range fields {
		c, err := b.cast(r.fields[i], f.Type, x.Expr.Position())
		if err != nil {
			return nil, err
		}
		out.fields, out.names = append(out.fields, c), append(out.names, f.Name)
	}
	return b.record(out)
}

// rowLiteral reads the text of a row of n fields: (1,"a b",) is 1, a b, NULL. Source: PostgreSQL's
// manual, Composite Type Input and Output Syntax.
func rowLiteral(text string, n int) ([]expr.Expr, error) {
	malformed := func(detail string) error {
		return pgerr.New(pgerr.InvalidTextRepresentation, "malformed record literal: \"%s\"", text).WithDetail("%s", detail)
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "(")
	if !ok {
		return nil, malformed("Missing left parenthesis.")
	}
	var fields []expr.Expr
	for {
		field, null, after, ok := rowField(rest)
		switch {
		case !ok:
			return nil, malformed("Unexpected end of input.")
		case null:
			fields = append(fields, expr.NewNull(col.Unknown))
		default:
			fields = append(fields, expr.NewUnknown(field))
		}
		if rest = after[1:]; after[0] == ')' {
			break
		}
	}
	switch {
	case rest != "":
		return nil, malformed("Junk after right parenthesis.")
	case len(fields) < n && !(n == 0 && len(fields) == 1):
		return nil, malformed("Too few columns.")
	case len(fields) > n:
		return nil, malformed("Too many columns.")
	}
	return fields, nil
}

// rowField reads one field of a row's text, up to its comma or the right parenthesis, with which rest
// begins; ok is false if there is none. A field of no characters is NULL.
func rowField(s string) (field string, null bool, rest string, ok bool) {
	var b strings.Builder
	quoted, empty := false, true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			i++
			b.WriteByte('"')
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ')'):
			return b.String(), empty, s[i:], true
		default:
			b.WriteByte(c)
		}
		empty = false
	}
	return "", false, "", false
}
