package tidbcore

import (
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// selectShape makes the body of one SELECT of the skeleton: body holds what
// TiDB does not see, fill hands it the marker's arguments.
type selectShape struct {
	values *ast.Values // set for VALUES
	body   *ast.Select
	fill   func(f *feed)
}

const queryGoesOn = "union intersect except order limit offset fetch for"

// isQuery reports whether a query starts at the token i places on, parentheses around
// its first operand included.
func (e *encoder) isQuery(i int) bool {
	open := i
	for e.IsMark(i, "(") {
		i++
	}
	if !e.OneOf(i, "select with values table") {
		return false
	}
	if e.IsAt(i, "values") && !e.IsMark(i+1, "(") {
		return false
	}
	for i--; i >= open; i-- { // what follows ((query) decides whether ( starts a query
		end := e.Close(i)
		if end < 0 {
			return true
		}
		n := end - e.At + 1
		if !e.OneOf(n, queryGoesOn) && !e.IsMark(n, ")") && !(e.Peek(n).Kind == lex.End || e.IsMark(n, ";")) {
			return false
		}
	}
	return true
}

// query moves over [WITH] body [ORDER BY …].
func (e *encoder) query() {
	e.enter()
	defer e.leave()
	if e.Is("with") {
		e.with()
	}
	for {
		e.queryOperand()
		if !e.OneOf(0, "union intersect except") {
			break
		}
		e.text(strings.ToUpper(e.Peek(0).Text))
		e.At++
		if e.Is("all") {
			e.text("ALL")
			e.At++
		} else {
			e.Accept("distinct")
		}
		e.rise()
	}
	e.tail()
}

// queryOperand moves over SELECT, VALUES, TABLE or a query in parentheses.
func (e *encoder) queryOperand() {
	switch {
	case e.Is("select"):
		e.selectCore()
	case e.Is("values"):
		e.values()
	case e.Is("table"):
		e.tableQuery()
	case e.IsMark(0, "("):
		e.text("(")
		doubled := e.doubled()
		e.query()
		e.text(")")
		for range doubled {
			e.NeedMark(")")
		}
	default:
		e.Fail()
	}
}

// with moves over WITH [RECURSIVE] name [(columns)] AS [MATERIALIZED] (query), …
func (e *encoder) with() {
	e.text("WITH")
	e.At++
	if e.Is("recursive") && !e.IsAt(1, "as") {
		e.text("RECURSIVE")
		e.At++
	}
	for {
		e.cte()
		if !e.IsMark(0, ",") {
			return
		}
		e.text(",")
		e.At++
	}
}

func (e *encoder) cte() {
	at := e.At
	name := e.Ident()
	c := &ast.CTE{Pos: name.Pos, Name: name.Name}
	if e.AcceptMark("(") {
		c.Columns = e.Idents()
		e.NeedMark(")")
	}
	e.Need("as")
	switch {
	case e.Accept("materialized"):
		c.Materialized = "materialized"
	case e.Accept("not", "materialized"):
		c.Materialized = "not materialized"
	}
	e.ctes = append(e.ctes, c)
	e.write(piece{'c', int32(len(e.ctes) - 1), " AS ("}, at)
	e.NeedMark("(")
	if e.OneOf(0, "insert update delete merge") {
		e.Refuse(e.Pos(), "a data-modifying statement in WITH", "Run it as a statement of its own in the same transaction.")
	}
	e.query()
	e.text(")")
	e.NeedMark(")")
	if e.OneOf(0, "search cycle") {
		e.Refuse(e.Pos(), strings.ToUpper(e.Peek(0).Text)+" in WITH", "")
	}
}

// shape writes what ends a SELECT of the skeleton. A SELECT has a HAVING always: it holds
// the marker.
func (e *encoder) shape(s selectShape, extra []token) {
	e.selects = append(e.selects, s)
	e.text("HAVING")
	e.open('s', len(e.selects)-1)
	e.out = append(e.out, extra...)
	e.text(")")
}

// values moves over VALUES (…), (…). Rows of literals do not reach TiDB.
func (e *encoder) values() {
	v := &ast.Values{Pos: e.Pos()}
	e.At++
	type slot struct{ row, col int }
	var slots []slot
	extra := e.aside(func() {
		for {
			row := e.valuesRow(func(col int) { slots = append(slots, slot{len(v.Rows), col}) }, len(slots) == 0)
			v.Rows = append(v.Rows, row)
			if !e.AcceptMark(",") {
				return
			}
		}
	})
	e.text("SELECT 0 FROM `_`")
	e.shape(selectShape{values: v, fill: func(f *feed) {
		for _, s := range slots {
			v.Rows[s.row][s.col] = f.next()
		}
	}}, extra)
}

// valuesRow moves over one (…). What is more than a leaf is left nil, written as an
// argument, and reported by its column.
func (e *encoder) valuesRow(complex func(col int), first bool) []ast.Expr {
	e.NeedMark("(")
	row := make([]ast.Expr, 0, 8)
	for {
		if x := e.literal(); x != nil {
			row = append(row, x)
		} else {
			start, markers := len(e.out), len(e.markers)
			if !first {
				e.text(",")
			}
			at := len(e.out)
			e.expr()
			x := e.lone(at)
			if x != nil {
				e.out, e.markers = e.out[:start], e.markers[:markers]
			} else {
				complex(len(row))
				first = false
			}
			row = append(row, x)
		}
		if !e.AcceptMark(",") {
			e.NeedMark(")")
			return row
		}
	}
}

// literal moves over a literal or DEFAULT that is all of an item of VALUES; it returns nil
// at anything else. It saves rows of literals the walk over an expression.
func (e *encoder) literal() ast.Expr {
	sign := 0
	if e.IsMark(0, "-") {
		sign = 1
	}
	if !e.IsMark(sign+1, ",") && !e.IsMark(sign+1, ")") {
		return nil
	}
	pos, t := e.Pos(), e.Peek(sign)
	var x ast.Expr
	switch {
	case t.Kind == lex.Integer || t.Kind == lex.Decimal:
		x = &ast.Number{Pos: pos, Text: "-"[:sign] + t.Text}
	case sign == 1:
		return nil
	case t.Kind == lex.String:
		x = &ast.String{Pos: pos, Value: t.Text}
	case e.Is("default"):
		x = &ast.Default{Pos: pos}
	case e.Is("null"):
		x = &ast.Null{Pos: pos}
	case e.OneOf(0, "true false"):
		x = &ast.Bool{Pos: pos, Value: e.Is("true")}
	default:
		return nil
	}
	e.At += sign + 1
	return x
}

// tableQuery moves over TABLE t, which is SELECT * FROM t.
func (e *encoder) tableQuery() {
	pos := e.Pos()
	e.At++
	star := &ast.Star{Pos: pos}
	s := &ast.Select{Pos: pos, Targets: []*ast.Target{{Pos: pos}}}
	e.text("SELECT")
	e.leaf(star, e.At)
	e.text("FROM")
	only := e.Accept("only")
	t := &ast.Table{Pos: e.Pos(), Name: e.Name(), Only: only}
	e.AcceptMark("*")
	e.source(source{leaf: t}, e.At)
	e.shape(selectShape{body: s}, nil)
}

// selectCore moves over SELECT … WINDOW ….
func (e *encoder) selectCore() {
	s := &ast.Select{Pos: e.Pos()}
	var distinctOn, windows int
	var having bool
	e.text("SELECT")
	e.At++
	extra := e.aside(func() { distinctOn = e.distinct(s) })
	a := &args{e: e, n: distinctOn}
	e.targets(&s.Targets, true)
	if e.Is("into") {
		e.Refuse(e.Pos(), "SELECT INTO", "Use CREATE TABLE and INSERT … SELECT, or CREATE MATERIALIZED VIEW.")
	}
	e.text("FROM")
	if e.Accept("from") {
		e.fromList()
	} else {
		e.text("`_`")
	}
	if e.Is("where") {
		e.text("WHERE")
		e.At++
		e.expr()
	}
	var groups []*ast.GroupItem
	extra = append(extra, e.aside(func() {
		if e.Accept("group") {
			groups = e.groupBy(s, a)
		}
		if having = e.Accept("having"); having {
			a.expr()
		}
		if e.Accept("window") {
			windows = e.windows(s, a)
		}
	})...)
	e.shape(selectShape{body: s, fill: func(f *feed) {
		for range distinctOn {
			s.DistinctOn = append(s.DistinctOn, f.next())
		}
		fillGroups(groups, f)
		s.GroupBy = groups
		if having {
			s.Having = f.next()
		}
		for _, w := range s.Windows[:windows] {
			fillWindow(w, f)
		}
	}}, extra)
}

// distinct moves over DISTINCT [ON (…)] or ALL and returns the number of expressions.
func (e *encoder) distinct(s *ast.Select) int {
	if s.Distinct = e.Accept("distinct"); !s.Distinct {
		e.Accept("all")
		return 0
	}
	if !e.Accept("on") {
		return 0
	}
	e.NeedMark("(")
	n := e.exprs()
	e.NeedMark(")")
	return n
}

// targetsEnd holds the words behind an empty select list.
const targetsEnd = "from where group having window union intersect except order limit offset fetch for into"

// targets moves over a select list, which PostgreSQL lets a SELECT leave empty.
func (e *encoder) targets(all *[]*ast.Target, mayBeEmpty bool) {
	if mayBeEmpty && (e.streamWord() || e.AtEnd() || e.IsMark(0, ")") || e.OneOf(0, targetsEnd)) {
		e.text("0")
		return
	}
	for {
		t := &ast.Target{Pos: e.Pos()}
		*all = append(*all, t)
		if e.IsMark(0, "*") {
			e.star()
		} else {
			e.expr()
			t.Alias = e.targetAlias()
		}
		if !e.IsMark(0, ",") {
			return
		}
		e.text(",")
		e.At++
	}
}

// star moves over * [EXCEPT (a, b)].
func (e *encoder) star() {
	s := &ast.Star{Pos: e.Pos()}
	e.one(s)
	if e.Is("except") && e.IsMark(1, "(") && e.IsLabel(2) && !e.isQuery(2) {
		e.At += 2
		s.Except = e.Idents()
		e.NeedMark(")")
	}
}

// targetAlias moves over AS label or a bare label.
func (e *encoder) targetAlias() string {
	t := e.Peek(0)
	switch {
	case e.Accept("as"):
		return e.Label().Name
	case t.Kind == lex.QuotedWord, t.Kind == lex.Word && !ast.NeedsAs(t.Text) && !e.streamWord():
		return e.Label().Name
	}
	return ""
}

// streamWord reports whether a clause of the streaming dialect is next where PostgreSQL
// would see an alias.
func (e *encoder) streamWord() bool {
	return e.Is("emit") && e.OneOf(1, "on changes after") || e.Is("asof") && e.OneOf(1, "join left inner") ||
		e.Is("match_recognize") && e.IsMark(1, "(")
}

// groupBy moves over BY [DISTINCT] items.
func (e *encoder) groupBy(s *ast.Select, a *args) []*ast.GroupItem {
	e.Need("by")
	if s.GroupDist = e.Accept("distinct"); !s.GroupDist {
		e.Accept("all")
	}
	return e.groupItems(a)
}

func (e *encoder) groupItems(a *args) []*ast.GroupItem {
	e.enter()
	defer e.leave()
	var items []*ast.GroupItem
	for {
		items = append(items, e.groupItem(a))
		if !e.AcceptMark(",") {
			return items
		}
	}
}

func (e *encoder) groupItem(a *args) *ast.GroupItem {
	g := &ast.GroupItem{Pos: e.Pos(), Kind: ast.GroupExpr}
	switch {
	case e.Is("grouping", "sets") && e.IsMark(2, "("):
		g.Kind = ast.GroupSets
		e.At += 3
		g.Sets = e.groupItems(a)
		e.NeedMark(")")
	case e.OneOf(0, "rollup cube") && e.IsMark(1, "("):
		g.Kind = ast.GroupRollup
		if e.Is("cube") {
			g.Kind = ast.GroupCube
		}
		e.At += 2
		for {
			a.expr()
			g.Exprs = append(g.Exprs, nil)
			if !e.AcceptMark(",") {
				break
			}
		}
		e.NeedMark(")")
	case e.IsMark(0, "(") && e.IsMark(1, ")"):
		g.Kind = ast.GroupEmpty
		e.At += 2
	default:
		a.expr()
		g.Exprs = []ast.Expr{nil}
	}
	return g
}

func fillGroups(items []*ast.GroupItem, f *feed) {
	for _, g := range items {
		for i := range g.Exprs {
			g.Exprs[i] = f.next()
		}
		fillGroups(g.Sets, f)
	}
}

// windows moves over name AS (…), … and returns their number.
func (e *encoder) windows(s *ast.Select, a *args) int {
	for {
		name := e.Ident()
		e.Need("as")
		w := e.window(a)
		w.Pos, w.Name = name.Pos, name.Name
		s.Windows = append(s.Windows, w)
		if !e.AcceptMark(",") {
			return len(s.Windows)
		}
	}
}

// tail moves over ORDER BY, LIMIT, OFFSET, FETCH and FOR UPDATE. The items of ORDER BY go
// out as they are, with one more behind them that holds the rest.
func (e *encoder) tail() {
	q := &ast.Query{Pos: e.Pos()}
	if e.Accept("order") {
		e.Need("by")
		e.text("ORDER BY")
		for {
			q.OrderBy = append(q.OrderBy, e.sortItem())
			e.text(",")
			if !e.AcceptMark(",") {
				break
			}
		}
	}
	var fill []*ast.Expr
	rest := e.aside(func() {
		for e.limit(q, &fill) || e.locking(q) {
		}
	})
	if len(q.OrderBy) == 0 && len(rest) == 0 && len(q.Locking) == 0 && len(fill) == 0 {
		return
	}
	if q.WithTies && len(q.OrderBy) == 0 {
		e.FailWith(pgerr.New(pgerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause"), -1)
	}
	if len(q.OrderBy) == 0 {
		e.text("ORDER BY")
	}
	e.tails = append(e.tails, tailShape{q, fill})
	e.open('o', len(e.tails)-1)
	e.out = append(e.out, rest...)
	e.text(")")
}

// tailShape is what a query has behind its body; fill holds the places of the marker's
// arguments.
type tailShape struct {
	query *ast.Query
	fill  []*ast.Expr
}

// limit moves over one of LIMIT, OFFSET and FETCH.
func (e *encoder) limit(q *ast.Query, fill *[]*ast.Expr) bool {
	pos := e.Pos()
	arg := func(x *ast.Expr) {
		if slices.Contains(*fill, x) {
			e.At--
			e.Fail()
		}
		if len(*fill) > 0 {
			e.text(",")
		}
		*fill = append(*fill, x)
	}
	switch {
	case e.Accept("limit"):
		if e.Accept("all") {
			return true
		}
		arg(&q.Limit)
		e.expr()
		if e.AcceptMark(",") {
			e.expr()
			e.FailWith(pgerr.New(pgerr.SyntaxError, "LIMIT #,# syntax is not supported").
				WithHint("Use separate LIMIT and OFFSET clauses."), pos)
		}
	case e.Accept("offset"):
		arg(&q.Offset)
		e.expr()
		if !e.Accept("rows") {
			e.Accept("row")
		}
	case e.Is("fetch"):
		e.At++
		arg(&q.Limit)
		if !e.Accept("first") {
			e.Need("next")
		}
		if e.OneOf(0, "row rows") {
			e.leaf(&ast.Number{Pos: pos, Text: "1"}, e.At)
		} else {
			e.operand()
		}
		if !e.Accept("rows") {
			e.Need("row")
		}
		if e.Accept("with") {
			e.Need("ties")
			q.WithTies = true
		} else {
			e.Need("only")
		}
	default:
		return false
	}
	return true
}

// locking moves over FOR UPDATE and its like.
func (e *encoder) locking(q *ast.Query) bool {
	if !e.Is("for") {
		return false
	}
	l := &ast.Locking{Pos: e.Pos()}
	e.At++
	switch {
	case e.Accept("update"):
		l.Strength = "update"
	case e.Accept("no"):
		e.Need("key", "update")
		l.Strength = "no key update"
	case e.Accept("share"):
		l.Strength = "share"
	case e.Accept("key"):
		e.Need("share")
		l.Strength = "key share"
	case e.Accept("read"):
		e.Need("only")
		return true
	default:
		e.Fail()
	}
	if e.Accept("of") {
		l.Of = e.Names()
	}
	if e.Accept("nowait") {
		l.Wait = "nowait"
	} else if e.Accept("skip") {
		e.Need("locked")
		l.Wait = "skip locked"
	}
	q.Locking = append(q.Locking, l)
	return true
}
