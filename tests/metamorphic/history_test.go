package metamorphic

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/millracedb/millrace/tests/oracle"
)

// history is statements to be carried out in order.
type history []statement

// newHistory makes the history of a seed.
func newHistory(seed uint64) history {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0x68697374)), kill: slices.Contains(tuning(seed), "sync=off")}
	var h history
	var tables, views []*relation
	if g.one(3) {
		h = g.versions()
	}
	if g.defines = g.one(3); g.defines {
		h = append(h, define{})
	}
	for i := range g.IntN(3) + 2 {
		r := g.relation(i)
		tables, g.sources = append(tables, r), append(g.sources, r)
		h = append(h, create{r})
	}
	if r := g.sunk(tables); r != nil {
		g.sources = append(g.sources, r)
		h = append(h, create{r})
	}
	if g.one(3) {
		for _, r := range g.sharing(tables) {
			views, h = append(views, r), append(h, create{r})
		}
	}
	written := slices.Clip(tables)
	for _, special := range []func() (*relation, []*relation){g.forgetting, g.keeping} {
		if !g.one(4) {
			continue
		}
		s, over := special()
		written, h = append(written, s, s), append(h, create{s})
		for _, r := range over {
			views, h = append(views, r), append(h, create{r})
		}
	}
	addView := func() {
		r := g.view(len(views))
		if f := g.finalView(len(views), tables); f != nil && g.one(5) {
			views, h = append(views, f), append(h, create{f})
			return
		}
		if f := g.lookupView(len(views), tables); f != nil && g.one(8) {
			views, h = append(views, f), append(h, create{f})
			return
		}
		if f := g.sketchView(len(views), tables); g.one(10) {
			views, h = append(views, f), append(h, create{f})
			return
		}
		erring := g.one(6) && g.mayFail(r)
		views = append(views, r)
		h = append(h, create{r})
		if !erring && g.one(3) { // who reads an erring view may not need what fails in it
			g.sources = append(g.sources, r)
		}
	}
	late := g.one(3)
	for range g.IntN(5) + 3 {
		if !late {
			addView()
		}
	}
	for range g.IntN(25) + 20 {
		switch n := g.IntN(49); {
		case n >= 47 && g.scores:
			h = append(h, setCurrent{g.IntN(len(lines)) + 1})
		case n >= 44:
			h = append(h, g.besides(g.attached(&views), tables))
		case n >= 42:
			h = append(h, pass{int64(g.IntN(20) + 1)})
		case n == 0, n >= 40 && n < 42:
			h = append(h, g.again())
		case n == 38:
			h = append(h, g.copies(tables)...)
		case n <= 2:
			addView()
		case (n == 3 || n == 36) && len(views) > 0:
			h = append(h, drop{views[g.IntN(len(views))]})
		case n == 39 && len(views) > 0:
			h = append(h, replace{g.otherwise(views)})
		case n == 37:
			h = append(h, g.move(tables)...)
		case n == 4:
			h = append(h, g.index(slices.Concat(tables, views))...)
		case n <= 7:
			h = append(h, ask{g.query(2)})
		case n <= 12:
			h = append(h, g.transaction(written)...)
		default:
			h = append(h, g.change(written[g.IntN(len(written))]))
		}
	}
	return h
}

// tuning is what the server of a seed is started with: how it cuts its work, among how many
// workers, when it makes checkpoints, how much its
// queries keep in memory, and whether it waits for the disk.
func tuning(seed uint64) (args []string) {
	r := rand.New(rand.NewPCG(seed, 0x74756e65))
	pick := func(name string, from ...int) {
		args = append(args, fmt.Sprintf("%s=%d", name, from[r.IntN(len(from))]))
	}
	pick("step_rows", 1, 2, 3, 64, 16384)
	pick("batch_rows", 64, 4096)
	pick("checkpoint_ticks", 0, 0, 1, 2, 7)
	pick("workers", 1, 2, 4)
	pick("share_rows", 0, 1)
	pick("work_mem", 0, 1, 500, 5000)
	if r.IntN(4) == 0 {
		args = append(args, "sync=off")
	}
	return append(args, "clock")
}

// again ends the server in some way. Without sync a loss of power may lose what was
// acknowledged, so it is killed instead.
func (g *gen) again() again {
	how := []string{"restart", "kill", "crash"}[g.IntN(3)]
	if how == "crash" && g.kill {
		how = "kill"
	}
	return again{how, []int{1, 1, 2, 4}[g.IntN(4)]}
}

var columnTypes = []string{"int4", "int4", "int8", "numeric", "numeric(8,2)", "text", "varchar(40)", "timestamp", "bool", "float8"}

// index makes or drops an index of some table or materialized view.
func (g *gen) index(relations []*relation) history {
	if len(g.indexes) > 0 && g.one(3) {
		return history{dropIndex{g.indexes[g.IntN(len(g.indexes))]}}
	}
	r := relations[g.IntN(len(relations))]
	if r.stream || r.view != nil && !r.kept {
		return nil
	}
	i := index{on: on{r}, name: g.name("i"), cols: []int{g.IntN(len(r.cols))}, unique: r.view == nil && g.one(2)}
	if second := g.IntN(len(r.cols)); i.unique && second != i.cols[0] {
		i.cols = append(i.cols, second)
	}
	g.indexes = append(g.indexes, i.name)
	return history{i}
}

// relation makes a table or a stream.
func (g *gen) relation(i int) *relation {
	r := &relation{name: fmt.Sprintf("t%d", i), mark: -1}
	for k := range g.IntN(4) + 2 {
		typ := columnTypes[g.IntN(len(columnTypes))]
		if k == 0 {
			typ = "int4"
		}
		r.cols = append(r.cols, column{fmt.Sprintf("%c%d", 'a'+k, i), typeKinds[typ], typ})
	}
	switch g.IntN(4) {
	case 0:
		r.stream, r.late, r.ahead = true, "divert", hour
		if g.one(2) {
			r.mark = len(r.cols)
			r.cols = append(r.cols, column{fmt.Sprintf("ts%d", i), oracle.Time, "timestamp"})
			g.streamOptions(r)
		}
	case 1, 2:
		r.pk = []int{0}
		if g.one(3) {
			r.pk = append(r.pk, 1)
			if g.one(2) { // the rows are versions
				r.cols[1].kind, r.cols[1].typ = oracle.Time, "timestamp"
			}
		}
	}
	return r
}

func (g *gen) view(i int) *relation {
	q := g.query(2)
	return &relation{name: fmt.Sprintf("v%d", i), cols: q.cols, view: &q, kept: !g.one(8)}
}

// mayFail adds a division to a view, over whole numbers of its query; rows that cannot be
// computed are left out. It reports whether there were numbers.
func (g *gen) mayFail(r *relation) bool {
	f := g.item("("+r.view.sql+")", r.view.node, r.cols, r.view.uses...)
	numbers := f.scope.of(oracle.Int)
	if len(numbers) == 0 {
		return false
	}
	a, b := g.column(numbers), g.column(numbers)
	quotient := expr{fmt.Sprintf("(%s / %s)", a.sql, b.sql), oracle.Arith("/", a.f, b.f), oracle.Int}
	where, node := "", f.node
	if g.one(3) {
		p := oracle.Comparison(">=", quotient.f, oracle.Const(oracle.IntOf(1)))
		where, node = " WHERE "+quotient.sql+" >= 1", oracle.Filter{In: node, Pred: p}
	} else {
		f.scope = append(f.scope, quotient)
	}
	sql, fs, cols := g.named(f.scope)
	r.view = &query{fmt.Sprintf("SELECT %s FROM %s%s", sql, f.sql, where), oracle.Project{In: node, Exprs: fs}, cols, f.uses}
	r.cols, r.kept = cols, true
	return true
}

func (g *gen) row(r *relation) oracle.Row {
	row := make(oracle.Row, len(r.cols))
	for i, c := range r.cols {
		row[i] = random(g.Rand, c.typ)
		key := slices.Contains(r.pk, i)
		if key && c.kind == oracle.Int {
			row[i] = oracle.IntOf(int64(g.IntN(40)))
			if len(r.pk) > 1 {
				row[i] = oracle.IntOf(int64(g.IntN(7) - 2))
			}
		}
		if !key && g.one(7) || key && g.one(150) {
			row[i] = oracle.Value{}
		}
	}
	return row
}

func (g *gen) rows(r *relation) (rows []oracle.Row) {
	n := g.IntN(4) + 1
	if g.one(4) {
		n = g.IntN(20) + 1
	}
	for range n {
		rows = append(rows, g.row(r))
	}
	return rows
}

// transaction makes a block of statements.
func (g *gen) transaction(tables []*relation) (h history) {
	h = append(h, control{word: "BEGIN"})
	for range g.IntN(6) + 1 {
		switch p := string(rune('p' + g.IntN(2))); g.IntN(8) {
		case 7:
			h = append(h, g.index(tables)...)
		case 0:
			h = append(h, control{"SAVEPOINT", p})
		case 1:
			h = append(h, control{"ROLLBACK TO", p})
		case 2:
			h = append(h, control{"RELEASE", p}, ask{g.query(1)})
			if g.one(6) {
				h = append(h, g.again())
			}
		default:
			h = append(h, g.change(tables[g.IntN(len(tables))]))
		}
	}
	return append(h, control{word: []string{"COMMIT", "COMMIT", "ROLLBACK"}[g.IntN(3)]})
}

// change makes DML for a relation.
func (g *gen) change(r *relation) statement {
	n := g.IntN(20)
	if r.mark >= 0 && g.one(12) {
		return advance{on{r}, random(g.Rand, "timestamp").I}
	}
	switch {
	case r.stream && n >= 8, n < 7:
		return insert{on{r}, g.rows(r), g.one(3)}
	case n == 7:
		return g.insertSelect(r)
	case n < 13:
		return g.update(r)
	case n < 17:
		p := g.boolExpr(r.scope(), 1)
		if g.one(3) {
			p = g.byKey(r)
		}
		return remove{on{r}, &p}
	case n == 17 && g.one(2):
		return remove{on: on{r}}
	case len(r.pk) > 0:
		return g.upsert(r)
	}
	return g.update(r)
}

// byKey finds at most one row of a table with a key, and few of others.
func (g *gen) byKey(r *relation) expr {
	cols := r.pk
	if len(cols) == 0 {
		cols = []int{0}
	}
	row := g.row(r)
	var e expr
	for k, i := range cols {
		c := r.scope()[i]
		one := expr{c.sql + " = " + literal(row[i], c.kind), oracle.Comparison("=", c.f, oracle.Const(row[i])), oracle.Bool}
		if k == 0 {
			e = one
		} else {
			e = expr{e.sql + " AND " + one.sql, oracle.And(e.f, one.f), oracle.Bool}
		}
	}
	return e
}

func (g *gen) update(r *relation) statement {
	if r.stream {
		return insert{on{r}, g.rows(r), false}
	}
	u := update{on: on{r}, where: g.boolExpr(r.scope(), 1)}
	if g.one(3) {
		u.where = g.byKey(r)
	}
	first := g.IntN(len(r.cols))
	for k := range g.IntN(2) + 1 {
		i := (first + k) % len(r.cols)
		if k > 0 && i == first {
			break
		}
		u.set = append(u.set, assignment{i, g.assigned(r, i, r.scope())})
	}
	return u
}

// assigned is an expression that every column's type can hold.
func (g *gen) assigned(r *relation, i int, s scope) expr {
	c := r.cols[i]
	same := s.of(c.kind)
	switch {
	case c.typ == "int4" && g.one(2):
		n := int64(g.IntN(3) - 1)
		e := s[i]
		return expr{fmt.Sprintf("%s + %d", e.sql, n), oracle.Arith("+", e.f, oracle.Const(oracle.IntOf(n))), c.kind}
	case c.kind == oracle.Text, c.typ == "numeric(8,2)", c.kind == oracle.Int, g.one(2):
		return g.constant(c.kind)
	}
	return g.column(same)
}

func (g *gen) upsert(r *relation) statement {
	u := upsert{on: on{r}, rows: g.rows(r)}
	var rest []int
	for i := range r.cols {
		if !slices.Contains(r.pk, i) {
			rest = append(rest, i)
		}
	}
	if g.one(2) || len(rest) == 0 {
		return u
	}
	i := rest[g.IntN(len(rest))]
	old, come := r.scope()[i], expr{"excluded." + r.cols[i].name, oracle.Col(len(r.cols) + i), r.cols[i].kind}
	u.set = &assignment{i, come}
	if old.kind == oracle.Int {
		u.set.to = expr{fmt.Sprintf("%s.%s + 1", r.name, old.sql), oracle.Arith("+", old.f, oracle.Const(oracle.IntOf(1))), old.kind}
	}
	return u
}

// insertSelect copies rows of some relation, with constants where no column fits.
func (g *gen) insertSelect(r *relation) statement {
	f := g.source(0)
	where, node := g.where(f)
	var exprs []expr
	for _, c := range r.cols {
		e := g.constant(c.kind)
		if same := f.scope.of(c.kind); len(same) > 0 && c.kind != oracle.Text && c.kind != oracle.Int && c.typ != "numeric(8,2)" {
			e = g.column(same)
		}
		exprs = append(exprs, e)
	}
	sql, fs, cols := g.named(exprs)
	var out scope
	for i, c := range cols {
		out = append(out, expr{c.name, oracle.Col(i), c.kind})
	}
	order, by := g.orders(out, true)
	return insertSelect{on{r}, query{fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s LIMIT 30", sql, f.sql, where, order),
		oracle.Limit{In: oracle.Project{In: node, Exprs: fs}, By: by, Limit: 30}, cols, f.uses}}
}
