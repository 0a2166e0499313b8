package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// part is what of a row a statement assigns: a column, elements of the array in it, or what
// stands at a path of the jsonb in it.
type part struct {
	at     int // the column's number
	column catalog.Column
	typ    col.Type // of what is assigned
	bounds []expr.Expr
	spec   string // as binder.bounds tells it
	pos    int
	// Of jsonb bounds is the path alone; element says that its first step is a number.
	element bool
}

// partOf binds a place; nil subscripts are the whole column.
func (e *env) partOf(b *binder, r *catalog.Relation, p ast.Place) (out part, err error) {
	if out.at, err = e.targetColumn(r, p.Ident); err != nil {
		return out, err
	}
	out.column, out.pos = r.Columns[out.at], p.Pos
	out.typ = out.column.Type
	if len(p.Parts) == 0 {
		return out, nil
	}
	if out.typ.Is(col.JSONB) {
		var path expr.Expr
		path, out.element, err = b.jsonPath(p.Parts)
		out.bounds = []expr.Expr{path}
		return out, err
	}
	elem, ok := out.typ.Element()
	if !ok {
		return out, e.at(p.Pos, errSubscripting(out.typ))
	}
	if out.bounds, out.spec, err = b.bounds(p.Parts); err == nil && out.spec == "" {
		out.typ = col.Type{OID: elem.OID, Mod: out.typ.Mod}
	}
	return out, err
}

func (p part) whole() bool { return p.bounds == nil }

// assignTo casts a value to what is assigned.
func (e *env) assignTo(p part, x expr.Expr, pos int) (expr.Expr, error) {
	if p.whole() {
		return e.assign(x, p.column, pos)
	}
	v, err := e.coerce(x, p.typ, fn.Assignment)
	if pgerr.CodeOf(err) == pgerr.CannotCoerce {
		err = pgerr.New(pgerr.DatatypeMismatch, "subscripted assignment to %q requires type %s but expression is of type %s", p.column.Name, bare(p.typ), bare(x.Type())).
			WithHint("You will need to rewrite or cast the expression.")
		pos = p.pos
	}
	return v, e.at(pos, err)
}

// put assigns in a row, where nil is a column that nothing was assigned to yet.
func (p part) put(row []expr.Expr, value expr.Expr) {
	current := row[p.at]
	if current == nil {
		current = expr.NewNull(p.column.Type)
	}
	switch {
	case p.whole():
		row[p.at] = value
	case p.column.Type.Is(col.JSONB):
		row[p.at] = expr.NewCall(fn.ByID("jsonb_assign(jsonb,bool,_text,jsonb)"), p.column.Type, current, expr.NewBool(p.element), p.bounds[0], value)
	case p.spec == "":
		row[p.at] = expr.NewCall(fn.ByID("array_set(anyarray,anyelement,variadic int4)"), p.column.Type, append([]expr.Expr{current, value}, p.bounds...)...)
	default:
		row[p.at] = expr.NewCall(fn.ByID("array_set_slice(anyarray,anyarray,text,variadic int4)"), p.column.Type, append([]expr.Expr{current, value, expr.NewText(p.spec)}, p.bounds...)...)
	}
}

// twice reports whether a part assigns what one of others does: parts of a column go together.
func (p part) twice(others []part) bool {
	for _, o := range others {
		if o.at == p.at && (o.whole() || p.whole()) {
			return true
		}
	}
	return false
}

// defaultFor is DEFAULT where a value is assigned.
func (e *env) defaultFor(p part) (expr.Expr, error) {
	switch {
	case !p.whole():
		return nil, e.at(p.pos, pgerr.New(pgerr.FeatureNotSupported, "cannot set an array element to DEFAULT"))
	case p.column.Generated != "":
		return expr.NewNull(p.column.Type), nil
	}
	return e.defaultOf(p.column)
}
