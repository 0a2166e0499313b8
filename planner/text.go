package planner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// line prints the words of one node of a stored plan.
type line struct{ strings.Builder }

func newLine(keyword string) *line {
	l := &line{}
	l.WriteString(keyword)
	return l
}

func (l *line) word(w string) *line       { l.WriteByte(' '); l.WriteString(w); return l }
func (l *line) number(n int64) *line      { return l.word(strconv.FormatInt(n, 10)) }
func (l *line) quoted(s string) *line     { return l.word(strconv.Quote(s)) }
func (l *line) expr(x expr.Expr) *line    { return l.quoted(printExpr(x)) }
func (l *line) typ(t col.Type) *line      { return l.word(typeText(t)) }
func (l *line) column(c col.Column) *line { return l.quoted(c.Name).typ(c.Type) }

func (l *line) flag(name string, on bool) *line {
	if on {
		return l.word(name)
	}
	return l.word("-")
}

func (l *line) ints(xs []int) *line {
	l.WriteString(" [")
	for i, x := range xs {
		if i > 0 {
			l.WriteByte(' ')
		}
		l.WriteString(strconv.Itoa(x))
	}
	l.WriteByte(']')
	return l
}

func (l *line) order(os []exec.OrderBy) *line {
	l.number(int64(len(os)))
	for _, o := range os {
		l.number(int64(o.Col)).flag("desc", o.Desc).flag("nullsfirst", o.NullsFirst)
	}
	return l
}

func typeText(t col.Type) string {
	name := strconv.Itoa(int(t.OID))
	if i, ok := t.Info(); ok {
		name = i.Name
	}
	if t.Mod < 0 || t.IsRow() {
		return name
	}
	return name + ":" + strconv.Itoa(int(t.Mod))
}

// reader takes the words of one node of a stored plan apart. The first thing that is not as
// expected is kept as its error; everything after it reads as zero.
type reader struct {
	rest   string
	err    error
	inputs []Node
	stale  []string // functions that have another version now
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = pgerr.New(pgerr.DataCorrupted, "stored plan is damaged: %s", fmt.Sprintf(format, args...))
	}
	r.rest = ""
}

func (r *reader) word() string {
	r.rest = strings.TrimLeft(r.rest, " ")
	if r.rest == "" {
		r.fail("a word is missing")
		return ""
	}
	end := strings.IndexByte(r.rest, ' ')
	if end < 0 {
		end = len(r.rest)
	}
	w := r.rest[:end]
	r.rest = r.rest[end:]
	return w
}

func (r *reader) number() int64 {
	n, err := strconv.ParseInt(r.word(), 10, 64)
	if err != nil {
		r.fail("a number is missing")
	}
	return n
}

// count reads the number of things that follow; it is never more than the text can hold.
func (r *reader) count() int {
	n := r.number()
	if n < 0 || n > int64(len(r.rest)) {
		r.fail("count %d", n)
		return 0
	}
	return int(n)
}

func (r *reader) index(limit int) int {
	n := r.number()
	if n < 0 || n >= int64(limit) {
		r.fail("column %d of %d", n, limit)
		return 0
	}
	return int(n)
}

func (r *reader) quoted() string {
	r.rest = strings.TrimLeft(r.rest, " ")
	q, err := strconv.QuotedPrefix(r.rest)
	if err != nil {
		r.fail("a string is missing")
		return ""
	}
	r.rest = r.rest[len(q):]
	s, err := strconv.Unquote(q)
	if err != nil {
		r.fail("a string is missing")
	}
	return s
}

func (r *reader) flag(name string) bool {
	w := r.word()
	if w != name && w != "-" {
		r.fail("%q stands where %q may stand", w, name)
	}
	return w == name
}

func (r *reader) ints(limit int) []int {
	r.rest = strings.TrimLeft(r.rest, " ")
	end := strings.IndexByte(r.rest, ']')
	if end < 0 || r.rest[0] != '[' {
		r.fail("a list is missing")
		return nil
	}
	out := []int{}
	for w := range strings.FieldsSeq(r.rest[1:end]) {
		n, err := strconv.Atoi(w)
		if err != nil || n < 0 || n >= limit {
			r.fail("list member %q", w)
			return nil
		}
		out = append(out, n)
	}
	r.rest = r.rest[end+1:]
	return out
}

func (r *reader) order(limit int) (os []exec.OrderBy) {
	for range r.count() {
		os = append(os, exec.OrderBy{Col: r.index(limit), Order: col.Order{Desc: r.flag("desc"), NullsFirst: r.flag("nullsfirst")}})
	}
	return os
}

func (r *reader) typ() col.Type {
	name, mod, has := strings.Cut(r.word(), ":")
	t, ok := col.TypeNamed(name)
	if !ok {
		r.fail("type %q", name)
	}
	if has {
		m, err := strconv.ParseInt(mod, 10, 32)
		if err != nil || m < 0 {
			r.fail("modifier %q", mod)
		}
		t.Mod = int32(m)
	}
	return t
}

func (r *reader) column() col.Column { return col.Column{Name: r.quoted(), Type: r.typ()} }

// expr reads an expression over columns of the types.
func (r *reader) expr(types []col.Type) expr.Expr {
	text := r.quoted()
	if r.err != nil {
		return nil
	}
	x, stale, err := parseExpr(text, types)
	r.stale = append(r.stale, stale...)
	if err != nil {
		r.fail("expression %q: %s", text, err)
	}
	return x
}

// input returns the schema of one input.
func (r *reader) input(i int) []col.Column { return r.inputs[i].Schema() }

// typed reads an expression that must be of a type.
func (r *reader) typed(types []col.Type, want col.Type) expr.Expr {
	x := r.expr(types)
	if x != nil && !x.Type().Is(want) {
		r.fail("%s stands where %s belongs", x.Type(), want)
	}
	return x
}

// oneOf returns the place of a word in a list.
func (r *reader) oneOf(words []string) int {
	w := r.word()
	i := slices.Index(words, w)
	if i < 0 {
		r.fail("%q", w)
		return 0
	}
	return i
}
