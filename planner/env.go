package planner

import (
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/sql/ast"
)

// Env is what planning a statement depends on beside the statement. It is read only.
type Env struct {
	Catalog  *catalog.Catalog
	OIDs     *catalog.OIDs // numbers for what the statement creates
	Text     string        // the statement; positions are offsets in it
	Path     []string      // the search path, "$user" resolved
	User     string
	Database string
	// Temporary names the schema of the session's temporary relations, whether it is there or
	// not; empty: it can have none.
	Temporary string
	// Statistics tells how many rows there are; nil: nobody knows.
	Statistics Statistics
	// Positions tells where the counter of a sequence stands; nil: nobody knows.
	Positions func(*catalog.Relation) (last int64, called, known bool)
	// Done ends the planning of a statement that computes for long: it is closed then. Nil: never.
	Done <-chan struct{}
	// Times are the settings of times: zone, styles.
	Times *datetime.Settings
	// Settings are all settings as text; those that a view's answers may depend on are kept
	// with it (V4).
	Settings map[string]string
}

// env is the state of planning one statement.
type env struct {
	*Env
	ctx      *fn.Ctx
	params   []col.Type // by number - 1; Unknown until a context gives one its type
	given    int        // parameters that the client declared
	standing bool       // the plan is kept running: no parameters, nothing volatile
	uses     map[catalog.OID]uint32
	counted  map[catalog.OID]float64 // rows of the relations that estimates were made of
	views    []catalog.OID           // views being expanded, outermost first
	direct   map[catalog.OID]bool    // relations and functions the text itself names, not those behind views and functions
	behind   map[catalog.OID]bool    // relations that are read in functions
	called   map[*ast.Call]string    // the schemas of the functions that the text itself calls
	notices  []*pgerr.Error
	depth    int  // of nested expressions
	frames   *int // how many scopes are named by Outer columns
	rows     *rowTypes
	dated    bool
	before   []*Plan             // statements in WITH that change tables
	around   *cte                // what such a statement being planned sees of the WITH it stands in
	times    []int               // where a standing plan reads the time
	faulty   error               // of constants in a query that runs once
	temp     bool                // what the statement creates is of the session alone
	schema   *catalog.Schema     // of temporary relations, that the statement makes; nil: none
	locks    *[]*LockPlan        // FOR UPDATE, wherever it stands
	scored   *[]catalog.ModelUse // what is asked of models
	forward  bool                // a model named without a version is the one that is current when a row comes

	functions []catalog.OID // functions whose bodies are being bound, outermost first
	args      []expr.Expr   // what $1, $2, … are in the body; nil: parameters of the statement
	bodies    *int          // how many bodies were bound
	replacing catalog.OID   // the function that the statement replaces, which must not be called
}

func newEnv(e *Env, params []col.Type) *env {
	times := datetime.Settings{}
	if e.Times != nil {
		times = *e.Times
	}
	n := &env{Env: e, uses: map[catalog.OID]uint32{}, counted: map[catalog.OID]float64{}, direct: map[catalog.OID]bool{}, behind: map[catalog.OID]bool{}, called: map[*ast.Call]string{}, given: len(params), frames: new(int), bodies: new(int), rows: &rowTypes{}, locks: new([]*LockPlan), scored: new([]catalog.ModelUse)}
	times.Dated = &n.dated
	n.ctx = fn.NewCtx(&times, times.Now)
	n.ctx.Host = e
	for _, p := range params {
		if p.OID == 0 {
			p = col.Unknown
		}
		n.params = append(n.params, p)
	}
	return n
}

// at gives an error its position in the statement, unless it has one or the text being bound
// is not the statement's: that of a view or a function.
func (e *env) at(pos int, err error) error {
	if err == nil {
		return nil
	}
	p := pgerr.From(err)
	if p.Position != 0 || strings.Contains(p.Where, during) || e.Text == "" {
		return p
	}
	return p.At(e.Text, pos)
}

// use notes that the plan depends on a relation as it is now (G2).
func (e *env) use(r *catalog.Relation) {
	e.uses[r.OID] = r.Version
	switch {
	case len(e.functions) > 0:
		e.behind[r.OID] = true
	case len(e.views) == 0:
		e.direct[r.OID] = true
	}
}

// relation finds a relation by its name.
func (e *env) relation(n ast.Name) (*catalog.Relation, error) {
	if n.Catalog != "" && n.Catalog != e.Database {
		return nil, e.at(n.Pos, pgerr.New(pgerr.FeatureNotSupported, "cross-database references are not implemented: %q", n.Catalog+"."+n.Schema+"."+n.Name))
	}
	r, err := e.Catalog.Lookup(e.Path, n.Schema, n.Name)
	if err != nil {
		return nil, e.at(n.Pos, err)
	}
	return r, e.at(n.Pos, e.ownTemporary(r))
}

// named is relation for the statements whose errors have no position: all but queries and what
// writes rows.
func (e *env) named(n ast.Name) (*catalog.Relation, error) { return e.silent().relation(n) }

// param is a parameter as far as its type is known.
func (e *env) param(p *ast.Param) (expr.Expr, error) {
	if e.args != nil && p.Index >= 1 && p.Index <= len(e.args) {
		return e.args[p.Index-1], nil
	}
	if e.standing || e.args != nil || p.Index < 1 || p.Index > 65535 {
		return nil, e.at(p.Pos, pgerr.New(pgerr.UndefinedParameter, "there is no parameter $%d", p.Index))
	}
	for len(e.params) < p.Index {
		e.params = append(e.params, col.Unknown)
	}
	return expr.NewParam(p.Index, e.params[p.Index-1]), nil
}

// note takes over the types that binding gave to parameters in x.
func (e *env) note(x expr.Expr) {
	if len(e.params) == 0 {
		return
	}
	expr.Walk(x, func(x expr.Expr) bool {
		if p, ok := x.(*expr.Param); ok && e.params[p.Number-1].Is(col.Unknown) {
			e.params[p.Number-1] = p.Type()
		}
		return true
	})
}

// coerce casts x as the context allows; what is untyped gets the type.
func (e *env) coerce(x expr.Expr, to col.Type, context fn.CastContext) (expr.Expr, error) {
	c, err := expr.Coerce(e.ctx, x, to, context)
	if err == nil {
		e.note(c)
	}
	return c, err
}

// parameterTypes returns the types of all parameters; one that nothing has given a type is
// 42P18.
func (e *env) parameterTypes() ([]col.Type, error) {
	for i, p := range e.params {
		if p.Is(col.Unknown) {
			return nil, pgerr.New(pgerr.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
	}
	return e.params, nil
}

// typeNamed resolves a type as it was written: a relation's name is the type of its rows.
func (e *env) typeNamed(t *ast.TypeName) (col.Type, error) {
	r, err := resolveType(t)
	if pgerr.CodeOf(err) == pgerr.UndefinedObject {
		if row, ok := e.rowTypeNamed(t); ok {
			return row, nil
		}
	}
	return r, e.at(t.Pos, err)
}
