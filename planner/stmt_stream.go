package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

var _ = statement(func(e *env, s *ast.CreateStream) (*Plan, error) {
	return e.createStream(s.Name, s.IfNotExists, &s.TableBody, s.With, "CREATE STREAM")
})

func (e *env) createStream(n ast.Name, ifNotExists bool, body *ast.TableBody, with []*ast.Option, tag string) (*Plan, error) {
	for _, c := range body.Columns {
		if err := e.refuseKeys(c.Constraints); err != nil {
			return nil, err
		}
	}
	if err := e.refuseKeys(body.Constraints); err != nil {
		return nil, err
	}
	r, exists, err := e.newRelation(n, catalog.Stream, ifNotExists)
	if err != nil || exists {
		return e.change().done(tag), err
	}
	t := &tableMaker{change: e.change(), r: r}
	if err := t.body(body); err != nil {
		return nil, err
	}
	if err := t.watermark(body.Watermark); err != nil {
		return nil, err
	}
	if r.Options, err = e.options(with, streamOptions); err != nil {
		return nil, err
	}
	t.finish()
	return t.done(tag), nil
}

func (e *env) refuseKeys(ks []*ast.Constraint) error {
	for _, k := range ks {
		if k.Kind != ast.Check {
			return e.at(k.Pos, pgerr.Unsupported("a key on a stream").WithHint("Streams are append-only and may hold equal rows. Create a table for rows with a key."))
		}
	}
	return nil
}

// watermark checks WATERMARK FOR column AS expr and keeps its text.
func (t *tableMaker) watermark(w *ast.Watermark) error {
	if w == nil {
		return nil
	}
	i := t.r.ColumnIndex(w.Column.Name)
	if i < 0 {
		return t.env.at(w.Column.Pos, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", w.Column.Name))
	}
	typ := t.r.Columns[i].Type
	if !typ.Is(col.Timestamp) && !typ.Is(col.Timestamptz) {
		return t.env.at(w.Column.Pos, pgerr.New(pgerr.DatatypeMismatch, "the watermark column %q must be of type timestamp or timestamp with time zone, not %s", w.Column.Name, bare(typ)))
	}
	calls := len(t.called)
	x, err := t.ownExpr(w.Expr, clause{name: "WATERMARK"})
	if err != nil {
		return err
	}
	if len(t.called) > calls { // a stream's delay is known whatever becomes of functions
		return t.env.at(w.Expr.Position(), pgerr.Unsupported("a function of a user in WATERMARK"))
	}
	if !x.Type().Is(typ) {
		return t.env.at(w.Expr.Position(), pgerr.New(pgerr.DatatypeMismatch, "the watermark of column %q must be of type %s, not %s", w.Column.Name, bare(typ), bare(x.Type())))
	}
	if _, ok := delayOf(x, i); !ok {
		return t.env.at(w.Expr.Position(), pgerr.Unsupported("a watermark that is not the column less a constant interval").
			WithHint("Write WATERMARK FOR %s AS %s - INTERVAL '5 seconds'.", w.Column.Name, w.Column.Name))
	}
	t.r.Watermark = &catalog.Watermark{Column: i, Expr: w.Expr.String()}
	return nil
}

// delayOf reads column - interval in microseconds; false: it is something else.
func delayOf(x expr.Expr, column int) (int64, bool) {
	x = fold(fn.NewCtx(nil, 0), x)
	if isColumn(x, column) {
		return 0, true
	}
	c, ok := x.(*expr.Call)
	if !ok || c.Fn.Name != "-" || len(c.Args()) != 2 || !isColumn(c.Args()[0], column) {
		return 0, false
	}
	k, ok := c.Args()[1].(*expr.Const)
	if !ok || k.IsNull() || !k.Type().Is(col.Interval) {
		return 0, false
	}
	months, days, us := col.IntervalParts(k.Value().Wide[0])
	us += int64(days) * 86_400_000_000
	return us, months == 0 && us >= 0
}

// WatermarkDelay is how far, in microseconds, a stream's watermark lies behind its greatest
// event time.
func WatermarkDelay(c *catalog.Catalog, r *catalog.Relation) (int64, error) {
	e := newEnv(&Env{Catalog: c}, nil)
	t := &tableMaker{change: e.change(), r: r}
	x, err := e.stored(r.Watermark.Expr, t.ownScope(), clause{name: "WATERMARK"}, r.Columns[r.Watermark.Column].Type)
	if err != nil {
		return 0, err
	}
	us, ok := delayOf(x, r.Watermark.Column)
	if !ok {
		return 0, pgerr.New(pgerr.DataCorrupted, "the watermark of stream %q is not a delay", r.Name)
	}
	return us, nil
}

// Retention reads a stream's WITH (retention = …) in microseconds; not bounded: it keeps all.
func Retention(r *catalog.Relation) (us int64, bounded bool, err error) {
	us, bounded, err = interval(r, "retention")
	if err == nil && us < 0 {
		err = pgerr.New(pgerr.InvalidParameterValue, "retention must not be negative")
	}
	return us, bounded, err
}

// IdleTimeout reads a stream's WITH (idle_timeout = …) in microseconds; 0: none.
func IdleTimeout(r *catalog.Relation) (int64, error) { return span(r, "idle_timeout") }

// MaxAhead reads a stream's WITH (max_ahead = …) in microseconds; 0: it does not say.
func MaxAhead(r *catalog.Relation) (int64, error) { return span(r, "max_ahead") }

// span reads an option that is an interval above zero in microseconds; 0: it is not given.
func span(r *catalog.Relation, option string) (int64, error) {
	us, given, err := interval(r, option)
	if err == nil && given && us <= 0 {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "%s must be positive", option)
	}
	return us, err
}

// interval reads an option that is an interval in microseconds.
func interval(r *catalog.Relation, option string) (us int64, given bool, err error) {
	text := r.Option(option, "")
	if text == "" {
		return 0, false, nil
	}
	c := fn.NewCtx(nil, 0)
	x, err := expr.Coerce(c, expr.NewUnknown(text), col.Interval, fn.Implicit)
	if err != nil {
		return 0, false, err
	}
	k, err := evaluate(c, x)
	if err != nil {
		return 0, false, err
	}
	months, days, us := col.IntervalParts(k.Value().Wide[0])
	return us + (int64(months)*30+int64(days))*86_400_000_000, true, nil
}

// option is what a WITH option may be.
type option func(e *env, value string) error

var streamOptions = map[string]option{
	"retention": func(_ *env, v string) error {
		_, _, err := Retention(&catalog.Relation{Options: map[string]string{"retention": v}})
		return err
	},
	"idle_timeout": func(_ *env, v string) error {
		_, err := IdleTimeout(&catalog.Relation{Options: map[string]string{"idle_timeout": v}})
		return err
	},
	"max_ahead": func(_ *env, v string) error {
		_, err := MaxAhead(&catalog.Relation{Options: map[string]string{"max_ahead": v}})
		return err
	},
	"late": func(_ *env, v string) error {
		if !slices.Contains([]string{"divert", "drop", "keep"}, v) {
			return pgerr.New(pgerr.InvalidParameterValue, "invalid value for option \"late\": %q", v).WithHint("Available values: divert, drop, keep.")
		}
		return nil
	},
}

// options reads WITH (…).
func (e *env) options(with []*ast.Option, known map[string]option) (map[string]string, error) {
	var out map[string]string
	for _, o := range with {
		check := known[o.Name]
		if check == nil {
			return nil, e.at(o.Pos, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", o.Name))
		}
		if _, twice := out[o.Name]; twice {
			return nil, e.at(o.Pos, pgerr.New(pgerr.InvalidParameterValue, "parameter %q specified more than once", o.Name))
		}
		if err := check(e, o.Value); err != nil {
			return nil, e.at(o.ValuePos, err)
		}
		if out == nil {
			out = map[string]string{}
		}
		out[o.Name] = o.Value
	}
	return out, nil
}
