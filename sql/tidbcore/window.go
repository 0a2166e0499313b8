package tidbcore

import (
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/lex"
)

// windowKinds holds the window table functions by their name.
var windowKinds = map[string]ast.WindowKind{
	"tumble": ast.Tumble, "hop": ast.Hop, "cumulate": ast.Cumulate, "session": ast.Session,
}

// windowKind returns the window table function that is next, or "".
func (e *encoder) windowKind() ast.WindowKind {
	if !e.IsMark(1, "(") || e.Peek(0).Kind != lex.Word {
		return ""
	}
	return windowKinds[e.Peek(0).Text]
}

// windowTable moves over TUMBLE(input, time, size [, offset]) and its like.
func (e *encoder) windowTable(at int) {
	w := &ast.WindowTable{Pos: e.Pos(), Kind: e.windowKind()}
	e.At += 2
	input := e.aside(func() {
		e.text("FROM")
		e.windowInput()
	})
	args, keys := 0, 0
	body := e.aside(func() {
		e.text("SELECT")
		if w.Kind == ast.Session && e.Accept("partition") {
			keys = e.partitionKeys()
		}
		for e.AcceptMark(",") {
			if args++; args+keys > 1 {
				e.text(",")
			}
			e.expr()
		}
	})
	e.checkWindow(w, args)
	e.NeedMark(")")
	w.Alias = e.alias()
	e.derived("", append(body, input...), at, func(q *ast.Query) ast.TableExpr {
		s := q.Body.(*ast.Select)
		w.Input = s.From[0]
		var all []ast.Expr
		for _, t := range s.Targets {
			all = append(all, t.Expr)
		}
		fillWindowTable(w, all[:keys:keys], all[keys:])
		return w
	})
}

// fillWindowTable hands out the arguments behind the input.
func fillWindowTable(w *ast.WindowTable, keys, all []ast.Expr) {
	if len(keys) > 0 {
		w.PartitionBy = keys
	}
	w.Time, all = all[0], all[1:]
	if w.Kind == ast.Hop || w.Kind == ast.Cumulate {
		w.Slide, all = all[0], all[1:]
	}
	w.Size = all[0]
	if len(all) > 1 {
		w.Offset = all[1]
	}
}

// windowInput moves over [TABLE] relation or ( query ).
func (e *encoder) windowInput() {
	at, pos := e.At, e.Pos()
	if e.IsMark(0, "(") {
		if !e.isQuery(1) {
			e.FailAt(1)
		}
		e.derivedQuery(at, &ast.Derived{Pos: pos})
		return
	}
	e.Accept("table")
	t := e.tableName()
	e.source(source{leaf: t}, at)
}

// partitionKeys moves over BY key or BY (key, key) and returns the number of keys.
func (e *encoder) partitionKeys() int {
	e.Need("by")
	if e.IsMark(0, "(") && !e.isQuery(1) {
		e.At++
		n := e.exprs()
		e.NeedMark(")")
		return n
	}
	e.expr()
	return 1
}

// windowForms holds the least and the most arguments behind the input, and the form.
var windowForms = map[ast.WindowKind]struct {
	least, most int
	form        string
}{
	ast.Tumble:   {2, 3, "TUMBLE(relation, time, size [, offset])"},
	ast.Hop:      {3, 4, "HOP(relation, time, slide, size [, offset])"},
	ast.Cumulate: {3, 4, "CUMULATE(relation, time, step, size [, offset])"},
	ast.Session:  {2, 2, "SESSION(relation [PARTITION BY key], time, gap)"},
}

func (e *encoder) checkWindow(w *ast.WindowTable, n int) {
	if f := windowForms[w.Kind]; n < f.least || n > f.most {
		e.FailWith(pgerr.New(pgerr.SyntaxError, "wrong number of arguments for %s", w.Kind).WithHint("Write %s.", f.form), w.Pos)
	}
}
