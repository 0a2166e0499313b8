package metamorphic

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// beside makes, drops or replaces a view on a connection of its own while others change rows: the
// view is filled beside their ticks.
type beside struct {
	ddl  statement
	rows []statement
}

func (s beside) sql() string { return s.ddl.sql() }

func (s beside) fits(m *model) bool {
	if m.open {
		return false
	}
	for _, x := range s.rows {
		if !fits(x, m) {
			return false
		}
	}
	return fits(s.ddl, m)
}

// apply is not called: its parts are applied one by one.
func (s beside) apply(*model) outcome { return outcome{} }

// parts are the statements of a history one behind the other.
func (h history) parts() (all history) {
	for _, s := range h {
		if b, ok := s.(beside); ok {
			all = append(append(all, b.rows...), b.ddl)
		} else {
			all = append(all, s)
		}
	}
	return all
}

// beside carries the statements out, and compares what each of them says.
func (r *run) beside(s beside) *mismatch {
	var tag string
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		tag, err = exec(r.other, s.ddl.sql())
	}()
	var wrong *mismatch
	for _, x := range s.rows {
		said, failed := r.send(x)
		if m := r.judge(x, said, failed); m != nil && wrong == nil {
			wrong = m
		}
	}
	<-done
	if m := r.judge(s.ddl, tag, err); m != nil && wrong == nil {
		wrong = m
	}
	return wrong
}

// judge compares what a statement said with what the model says of it.
func (r *run) judge(s statement, tag string, err error) *mismatch {
	code := ""
	var e *pgconn.PgError
	if errors.As(err, &e) {
		code = e.Code
	} else if err != nil {
		return &mismatch{what: "connection", text: err.Error()}
	}
	if c, ok := s.(create); ok && code == "0A000" && c.r.view != nil {
		r.refused[e.Message]++
		return nil
	}
	if _, ok := s.(setCurrent); ok && code == "2BP01" {
		r.refused[e.Message+": "+e.Hint]++
		return nil
	}
	if p, ok := s.(replace); ok && code == "2BP01" && r.model.isRead(p.r.name) {
		r.refused[e.Message+": "+e.Hint]++
		return nil
	}
	want := r.expected(s)
	if want.code != "" {
		want.tag = ""
	}
	if class(code) != class(want.code) || tag != want.tag {
		return &mismatch{what: "statement " + code, text: fmt.Sprintf("%s\nsaid %q %v instead of %q %s", s.sql(), tag, err, want.tag, want.code)}
	}
	return nil
}

// besides makes one: its view is its query's answer at any time.
func (g *gen) besides(ddl statement, tables []*relation) statement {
	s := beside{ddl: ddl}
	for range g.IntN(6) + 1 {
		x := g.change(tables[g.IntN(len(tables))])
		if _, reads := x.(insertSelect); !reads { // it might read what is dropped
			s.rows = append(s.rows, x)
		}
	}
	return s
}

// attached makes a view, drops one, or gives one another query.
func (g *gen) attached(views *[]*relation) statement {
	switch n := g.IntN(4); {
	case n == 0 && len(*views) > 0:
		return drop{(*views)[g.IntN(len(*views))]}
	case n == 1 && len(*views) > 0:
		return replace{g.otherwise(*views)}
	}
	if g.scores && g.one(3) {
		return setCurrent{g.IntN(len(lines)) + 1}
	}
	r := g.view(len(*views))
	*views = append(*views, r)
	if g.one(3) {
		g.sources = append(g.sources, r)
	}
	return create{r}
}
