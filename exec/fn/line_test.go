package fn_test

import (
	"fmt"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// line reads the expressions of testdata: literals with casts, calls, and single operators.
type line struct {
	c    *fn.Ctx
	text string
}

func parseLine(c *fn.Ctx, text string) (expr.Expr, error) {
	l := &line{c, text}
	e, err := l.expr()
	if err == nil && strings.TrimSpace(l.text) != "" {
		err = fmt.Errorf("left over: %q", l.text)
	}
	return e, err
}

const symbols = "+-*/<>=~!@#%^&|?"

func (l *line) space() { l.text = strings.TrimLeft(l.text, " ") }

func (l *line) take(prefix string) bool {
	l.space()
	rest, ok := strings.CutPrefix(l.text, prefix)
	if ok {
		l.text = rest
	}
	return ok
}

func (l *line) while(chars string) string {
	n := 0
	for n < len(l.text) && strings.IndexByte(chars, l.text[n]) >= 0 {
		n++
	}
	word := l.text[:n]
	l.text = l.text[n:]
	return word
}

func (l *line) expr() (expr.Expr, error) {
	l.space()
	var left expr.Expr
	var err error
	if op := l.while(symbols); op != "" {
		if left, err = l.operand(); err == nil {
			left, err = expr.CallOperator(l.c, op, left)
		}
	} else {
		left, err = l.operand()
	}
	if err != nil {
		return nil, err
	}
	l.space()
	op := l.while(symbols)
	if op == "" {
		return left, nil
	}
	right, err := l.operand()
	if err != nil {
		return nil, err
	}
	return expr.CallOperator(l.c, op, left, right)
}

// operand reads a literal, a call or a parenthesis, and the casts behind it.
func (l *line) operand() (expr.Expr, error) {
	e, err := l.primary()
	for err == nil && l.take("::") {
		var t col.Type
		if t, err = l.typ(); err == nil {
			e, err = expr.Coerce(l.c, e, t, fn.Explicit)
		}
	}
	return e, err
}

func (l *line) primary() (expr.Expr, error) {
	l.space()
	switch {
	case l.take("("):
		e, err := l.expr()
		if err == nil && !l.take(")") {
			err = fmt.Errorf("no ) before %q", l.text)
		}
		return e, err
	case l.take("-"):
		e, err := l.operand()
		if err != nil {
			return nil, err
		}
		return expr.CallOperator(l.c, "-", e)
	case l.take("NULL"):
		return expr.NewNull(col.Unknown), nil
	case strings.HasPrefix(l.text, "'"):
		return expr.NewUnknown(l.quoted()), nil
	}
	for word, value := range map[string]bool{"true": true, "false": false} {
		if l.take(word) {
			return expr.NewBool(value), nil
		}
	}
	if n := l.while("0123456789."); n != "" {
		if e := l.while("e"); e != "" {
			n += e + l.while("-") + l.while("0123456789")
		}
		return number(l.c, n)
	}
	l.take("pg_catalog.")
	name := l.while("abcdefghijklmnopqrstuvwxyz_0123456789")
	if !l.take("(") {
		return nil, fmt.Errorf("operand before %q", l.text)
	}
	return l.call(name)
}

// number is an integer, bigint or numeric literal, as PostgreSQL chooses.
func number(c *fn.Ctx, n string) (expr.Expr, error) {
	for _, t := range []col.Type{col.Int4, col.Int8, col.Numeric} {
		if e, err := expr.Coerce(c, expr.NewUnknown(n), t, fn.Explicit); err == nil {
			return e, nil
		}
	}
	return nil, fmt.Errorf("number %s", n)
}

func (l *line) quoted() string {
	var b strings.Builder
	l.text = l.text[1:]
	for {
		part, rest, _ := strings.Cut(l.text, "'")
		b.WriteString(part)
		l.text = rest
		if !strings.HasPrefix(rest, "'") {
			return b.String()
		}
		b.WriteByte('\'')
		l.text = rest[1:]
	}
}

func (l *line) call(name string) (expr.Expr, error) {
	var args []expr.Expr
	var names []string
	var types []col.Type
	for !l.take(")") {
		argName := ""
		if before, after, ok := strings.Cut(l.text, "=>"); ok && !strings.ContainsAny(before, "(',)") {
			argName, l.text = strings.TrimSpace(before), after
		}
		e, err := l.expr()
		if err != nil {
			return nil, err
		}
		args, names, types = append(args, e), append(names, argName), append(types, e.Type())
		l.take(",")
	}
	if strings.Join(names, "") == "" {
		names = nil
	}
	m, err := fn.Resolve(name, types, names)
	if err != nil {
		return nil, err
	}
	return expr.CallMatch(l.c, m, args)
}

// typ reads a type's name and modifier.
func (l *line) typ() (col.Type, error) {
	l.space()
	name := l.while("abcdefghijklmnopqrstuvwxyz_0123456789\"")
	if l.take("[]") {
		name = "_" + name
	}
	switch name {
	case "char":
		name = "bpchar"
	case `"char"`:
		name = "char"
	}
	t, ok := col.TypeNamed(name)
	if !ok {
		return t, pgerr.New(pgerr.UndefinedObject, "type %q does not exist", name)
	}
	if !l.take("(") {
		return t, nil
	}
	var p, s int32
	fmt.Sscanf(l.while("0123456789"), "%d", &p)
	if l.take(",") {
		l.space()
		fmt.Sscanf(l.while("0123456789"), "%d", &s)
	}
	l.take(")")
	switch t.OID {
	case col.OIDNumeric:
		return col.NumericType(int(p), int(s)), nil
	case col.OIDVarchar, col.OIDBpchar:
		t.Mod = p + 4
	default:
		t.Mod = p
	}
	return t, nil
}
