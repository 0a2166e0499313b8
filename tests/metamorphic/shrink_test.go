package metamorphic

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// attempts bounds how often a history is run while it is shrunk.
const attempts = 300

// shrink leaves out statements, and rows of inserts, as long as the mismatch stays of its
// class.
func shrink(h history, seed uint64, m *mismatch) (history, *mismatch) {
	left := attempts
	h = h[:m.at+1]
	try := func(candidate history) bool {
		if left == 0 {
			return false
		}
		left--
		_, err := carryOut(candidate, seed)
		var now *mismatch
		if !errors.As(err, &now) || now.what != m.what {
			return false
		}
		h, m = candidate[:now.at+1], now
		return true
	}
	for size := max(len(h)/2, 1); size > 0; size /= 2 {
		for from := 0; from < len(h); {
			if !try(slices.Concat(h[:from], h[min(from+size, len(h)):])) {
				from += size
			}
		}
	}
	for i := 0; i < len(h); i++ {
		for shrinkRows(h, i, try) {
		}
	}
	return h, m
}

// shrinkRows tries to leave rows out of statement i of a history.
func shrinkRows(h history, i int, try func(history) bool) bool {
	if i >= len(h) {
		return false
	}
	with := func(rows []oracle.Row) history {
		c := slices.Clone(h)
		switch s := c[i].(type) {
		case insert:
			s.rows = rows
			c[i] = s
		case upsert:
			s.rows = rows
			c[i] = s
		}
		return c
	}
	var rows []oracle.Row
	switch s := h[i].(type) {
	case insert:
		rows = s.rows
	case upsert:
		rows = s.rows
	}
	for k := range rows {
		if len(rows) > 1 && try(with(slices.Delete(slices.Clone(rows), k, k+1))) {
			return true
		}
	}
	return false
}

// test prints a history as a .test file that ends with the mismatch.
func (h history) test(seed uint64, m *mismatch) string {
	var b strings.Builder
	fmt.Fprintf(&b, "start %s\n\nclock %s\n\n", strings.Join(tuning(seed), " "), firstInstant())
	model := newModel()
	r := run{model: model}
	for _, s := range h.parts() {
		if !fits(s, model) {
			continue
		}
		if a, ok := s.(again); ok {
			b.WriteString(a.how + " " + strings.Join(a.args(), " ") + "\n\n")
			for _, c := range model.copies {
				fmt.Fprintf(&b, "statement\n%s\n----\nADVANCE WATERMARK\n\n", firstTick(c.r))
			}
			s.apply(model)
			continue
		}
		if p, ok := s.(pass); ok {
			b.WriteString("clock " + p.span() + "\n\n")
			p.apply(model)
			continue
		}
		if a, ok := s.(ask); ok && !model.failed {
			fmt.Fprintf(&b, "query rowsort\n%s\n----\n%s\n", a.sql(), text(printed(a.q.node.Rows(model.contents(model.now)))))
			continue
		}
		switch c := s.(type) {
		case openCopy:
			b.WriteString(c.said())
		case endCopy:
			b.WriteString(c.said(model.copies[c.name].r))
		}
		want := r.expected(s)
		if s.sql() == "" || want == (outcome{}) {
			continue
		}
		said := want.tag
		if want.code != "" {
			said = "ERROR: " + want.code
		}
		if c, ok := s.(bring); ok {
			fmt.Fprintf(&b, "copy\n%s\n%s----\n%s\n\n", c.sql(), c.data(), said)
			continue
		}
		if c, ok := s.(insert); ok && c.copy {
			fmt.Fprintf(&b, "copy\n%s\n%s----\n%s\n\n", c.sql(), c.data(), said)
			continue
		}
		fmt.Fprintf(&b, "statement\n%s\n----\n%s\n\n", s.sql(), said)
	}
	if m.sql != "" {
		fmt.Fprintf(&b, "query rowsort\n%s\n----\n%s\n", m.sql, text(m.want))
	}
	return b.String()
}

func text(rows []string) string {
	if len(rows) == 0 {
		return "(no rows)\n"
	}
	return strings.Join(rows, "\n") + "\n"
}

// printed are rows as .test files have them, sorted.
func printed(rows []oracle.Row) (out []string) {
	for _, row := range rows {
		var parts []string
		for _, v := range row {
			switch {
			case v.K == oracle.Text && v.S == "":
				parts = append(parts, "''")
			case v.K == oracle.Text:
				parts = append(parts, v.S)
			case v.K == oracle.Bool:
				parts = append(parts, map[bool]string{true: "t", false: "f"}[v.IsTrue()])
			default:
				parts = append(parts, v.Key())
			}
		}
		out = append(out, strings.Join(parts, " | "))
	}
	slices.Sort(out)
	return out
}
