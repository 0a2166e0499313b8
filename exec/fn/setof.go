package fn

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// SetFunc is a function that returns rows. It is immutable once registered.
type SetFunc struct {
	Scalar          // its name, parameters and what it may do; Ret is the type of its one column
	Columns []Param // its columns, where it has more than one, or one with a name
	Record  bool    // its columns are those that the call defines
	// New makes what returns the rows of the columns, whose types are those of the call.
	New func(columns []col.Column) Rows
}

// Rows returns the rows of a function for one row of arguments after another. It belongs to
// one goroutine.
type Rows interface {
	// Begin starts with the arguments in lane i. An error is the row's: nothing is returned.
	// The arguments stay valid until the last Next. Strict functions are not asked for NULLs.
	Begin(c *Ctx, args []*col.Vector, i int) error
	// Next appends at most limit rows to the columns, and as many unless there are no more,
	// which more tells.
	Next(c *Ctx, out []*col.Vector, limit int) (more bool, err error)
}

var (
	setsByName = map[string][]*SetFunc{}
	setsByID   = map[string]*SetFunc{}
	allSets    []*SetFunc
)

// setof registers a function that returns rows: "unnest(anyarray) anyelement",
// "json_each(json) (key text, value json)", "json_to_record(json) record".
func setof(sig, doc string, create func() Rows, opts ...Option) *SetFunc {
	return setofColumns(sig, doc, func([]col.Column) Rows { return create() }, opts...)
}

// setofColumns is setof for what must know its columns.
func setofColumns(sig, doc string, create func([]col.Column) Rows, opts ...Option) *SetFunc {
	f := &SetFunc{New: create}
	head, columns, several := strings.Cut(sig, ") (")
	if several {
		head += ") void"
	}
	if head, f.Record = strings.CutSuffix(head, " record"); f.Record {
		head += " void"
	}
	s, err := ParseSignature(head)
	if err != nil {
		panic("fn: " + err.Error())
	}
	f.Scalar, f.Doc = *s, doc
	for part := range strings.SplitSeq(strings.TrimSuffix(columns, ")"), ",") {
		if !several {
			break
		}
		p, _, err := parseParam(strings.TrimSpace(part))
		if err != nil {
			panic("fn: " + err.Error())
		}
		f.Columns = append(f.Columns, p)
	}
	if len(f.Columns) == 1 {
		f.Ret = f.Columns[0].Type
	}
	for _, o := range opts {
		o(&f.Scalar)
	}
	if setsByID[f.ID()] != nil {
		panic("fn: " + f.ID() + " registered twice")
	}
	setsByID[f.ID()] = f
	allSets = append(allSets, f)
	setsByName[f.Name] = append(setsByName[f.Name], f)
	return f
}

// SetByID finds an overload of a function that returns rows by its ID; nil: there is none.
func SetByID(id string) *SetFunc { return setsByID[id] }

// ReturnsRows reports whether functions of the name return rows.
func ReturnsRows(name string) bool { return setsByName[name] != nil }

// Sets lists every function that returns rows by ID.
func Sets() []*SetFunc {
	all := slices.Clone(allSets)
	slices.SortFunc(all, func(a, b *SetFunc) int { return strings.Compare(a.ID(), b.ID()) })
	return all
}

// ResolveSet is Resolve among the functions that return rows.
func ResolveSet(name string, args []col.Type, names []string) (*SetFunc, *Match, error) {
	overloads := make([]*Scalar, len(setsByName[name]))
	for i, f := range setsByName[name] {
		overloads[i] = &f.Scalar
	}
	m, err := ResolveAmong(overloads, name, args, names)
	if err != nil {
		return nil, nil, err
	}
	return setsByID[m.Fn.ID()], m, nil
}

// lane is the lane of an argument: a constant has one for all rows.
func lane(v *col.Vector, i int) int {
	if v.N == 1 {
		return 0
	}
	return i
}

// Calls an operator makes of a function: see exec.RowsFrom.

// Strictly begins with the arguments in lane i, unless the function is strict and one of them
// is NULL: then there are no rows, and ok is false.
func (f *SetFunc) Strictly(r Rows, c *Ctx, args []*col.Vector, i int) (ok bool, err error) {
	if !f.NonStrict {
		for _, v := range args {
			if v.Null(lane(v, i)) {
				return false, nil
			}
		}
	}
	err = r.Begin(c, args, i)
	return err == nil, err
}

// queue is Rows whose rows are all made at once: fill, which knows no queue but the one that it
// is given, appends them to rows, and Next hands them on.
type queue struct {
	fill    func(c *Ctx, args []*col.Vector, i int, rows *queue) error
	columns []col.Column // those that the call defines; nil: fill knows its own
	cols    []*col.Vector
	n       int
	at      int
	// weight is what filling takes beside reading the arguments, as Scalar.Weight.
	weight func(args []*col.Vector, i, n int) int
}

func queued(fill func(c *Ctx, args []*col.Vector, i int, rows *queue) error) func() Rows {
	return func() Rows { return &queue{fill: fill} }
}

// queuedMatches is queued for a function whose second argument is a regular expression.
func queuedMatches(fill func(c *Ctx, args []*col.Vector, i int, rows *queue) error) func() Rows {
	return func() Rows { return &queue{fill: fill, weight: patternWeight(regexpBytes)} }
}

// queuedRecords is queued for a function whose columns the call defines.
func queuedRecords(fill func(c *Ctx, args []*col.Vector, i int, rows *queue) error) func([]col.Column) Rows {
	return func(columns []col.Column) Rows { return (&queue{fill: fill, columns: columns}).another() }
}

// another is an empty queue of the same columns.
func (q *queue) another() *queue {
	a := &queue{fill: q.fill, columns: q.columns, weight: q.weight}
	for _, c := range q.columns {
		a.cols = append(a.cols, col.NewVector(c.Type))
	}
	return a
}

// text appends a text, nil for NULL, to column k of the rows.
func (q *queue) text(k int, b []byte) { q.bytes(k, col.Text, b) }

func (q *queue) bytes(k int, t col.Type, b []byte) {
	v := q.column(k, t)
	if b == nil {
		v.AppendNull()
	} else {
		v.AppendBytes(b)
	}
	if k == 0 {
		q.n++
	}
}

// column is column k of the rows.
func (q *queue) column(k int, t col.Type) *col.Vector {
	for len(q.cols) <= k {
		q.cols = append(q.cols, nil)
	}
	if q.cols[k] == nil {
		q.cols[k] = col.NewVector(t)
	}
	return q.cols[k]
}

func (q *queue) Begin(c *Ctx, args []*col.Vector, i int) error {
	for _, v := range q.cols {
		if v != nil {
			v.Reset(v.Type)
		}
	}
	q.n, q.at = 0, 0
	n := i + 2 // of more than one lane, for all that is known here
	if long := (&Scalar{Weight: q.weight}).weight(args, i, n); c.Done == nil || long <= asideBytes {
		return q.fill(c, args, i, q)
	}
	made := q.another()
	err := c.aside(args, i, n, func(own *Ctx, args []*col.Vector) error { return made.fill(own, args, 0, made) })
	if err == nil {
		q.cols, q.n = made.cols, made.n
	}
	return err
}

func (q *queue) Next(_ *Ctx, out []*col.Vector, limit int) (bool, error) {
	to := min(q.n, q.at+limit)
	for k, v := range out {
		for i := q.at; i < to; i++ {
			v.AppendFrom(q.cols[k], i)
		}
	}
	q.at = to
	return to < q.n, nil
}

// one_row is what a function in FROM is that returns a value and not rows.
var _ = setof("one_row(anyelement) anyelement", "A row of one value.", func() Rows { return &oneRow{} }, NonStrict, Inner)

type oneRow struct {
	v  *col.Vector
	at int
}

func (r *oneRow) Begin(_ *Ctx, args []*col.Vector, i int) error {
	r.v, r.at = args[0], lane(args[0], i)
	return nil
}

func (r *oneRow) Next(_ *Ctx, out []*col.Vector, _ int) (bool, error) {
	appendStored(out[0], r.v, r.at)
	return false, nil
}
