package metamorphic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// move takes rows out of a table, or changes them, and inserts what they make into another, as
// one statement.
type move struct {
	first  statement // an update or a remove, with a predicate
	from   on
	to     on
	values []expr // of the columns of to
}

func (s move) sql() string {
	var parts []string
	for _, e := range s.values {
		parts = append(parts, e.sql)
	}
	return fmt.Sprintf("WITH gone AS (%s RETURNING *) INSERT INTO %s SELECT %s FROM gone", s.first.sql(), s.to.r.name, strings.Join(parts, ", "))
}

func (s move) fits(m *model) bool { return s.from.fits(m) && s.to.fits(m) }

func (s move) apply(m *model) outcome {
	var gone []oracle.Row
	before := m.now.rows[s.from.r.name]
	switch first := s.first.(type) {
	case remove:
		gone = oracle.Filter{In: rows(before), Pred: first.where.f}.Rows(nil)
	case update:
		gone = first.changed(before)
	}
	if o := s.first.apply(m); o.code != "" {
		return o
	}
	made := oracle.Project{In: rows(gone), Exprs: fs(s.values)}.Rows(nil)
	return outcome{fmt.Sprintf("INSERT 0 %d", len(made)), m.add(s.to.r, made)}
}

// rows are a relation of their own.
type rows []oracle.Row

// Rows implements [oracle.Node].
func (r rows) Rows(oracle.Database) []oracle.Row { return r }

func fs(exprs []expr) (out []oracle.Expr) {
	for _, e := range exprs {
		out = append(out, e.f)
	}
	return out
}

// move makes one between two tables; nil: it has come to none.
func (g *gen) move(tables []*relation) history {
	from, to := tables[g.IntN(len(tables))], tables[g.IntN(len(tables))]
	if from.stream || from == to {
		return nil
	}
	s := move{from: on{from}, to: on{to}}
	p := g.boolExpr(from.scope(), 1)
	if s.first = (remove{on{from}, &p}); g.one(2) {
		s.first = g.update(from)
	}
	for _, c := range to.cols {
		e := g.constant(c.kind)
		if same := from.scope().of(c.kind); len(same) > 0 && !slices.Contains([]string{"int4", "numeric(8,2)", "varchar(40)"}, c.typ) && c.kind != oracle.Int {
			e = g.column(same)
		}
		s.values = append(s.values, e)
	}
	return history{s}
}
