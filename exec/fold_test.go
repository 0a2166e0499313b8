package exec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
)

// call4 is a function of two int4 over the state and the row's argument.
func call4(name string) expr.Expr {
	return expr.NewCall(fn.ByID(name+"(int4,int4)"), col.Int4, expr.NewColumn(0, col.Int4), expr.NewColumn(1, col.Int4))
}

// A state goes from row to row by the rules of strict functions, and back where it can.
func TestFold(t *testing.T) {
	null := expr.NewNull(col.Int4)
	double := expr.NewCall(fn.ByID("+(int4,int4)"), col.Int4, expr.NewColumn(0, col.Int4), expr.NewColumn(0, col.Int4))
	for _, c := range []struct {
		name string
		fold Fold
		rows string // + adds, - removes the first that is in, . asks for the result; N is NULL
		want string
	}{
		{"strict takes the first value", Fold{Init: null, Step: call4("int4pl"), Strict: true}, ". +N . +3 . +N +4 .", "NULL NULL 3 7"},
		{"strict goes on from an initial state", Fold{Init: expr.NewInt4(10), Step: call4("int4pl"), Strict: true}, ". +N +3 .", "10 13"},
		{"a strict state that has become NULL stays so", Fold{Init: null, Step: expr.NewNull(col.Int4), Strict: true}, "+1 . +2 . +3 .", "1 NULL NULL"},
		{"not strict sees NULLs", Fold{Init: expr.NewInt4(1), Step: call4("int4pl")}, "+2 . +N . +2 .", "3 NULL NULL"},
		{"final", Fold{Init: null, Step: call4("int4pl"), Strict: true, Final: double, StrictFinal: true}, ". +2 . .", "NULL 4 4"},
		{"an error", Fold{Init: expr.NewInt4(2147483647), Step: call4("int4pl"), Strict: true}, ". +1", "2147483647 integer out of range"},
		{"back", Fold{Init: null, Step: call4("int4pl"), Inverse: call4("int4mi"), Strict: true}, "+1 +2 +N . -1 . -2 . +5 .", "3 2 NULL 5"},
		{"a way back that gives up", Fold{Init: null, Step: call4("int4pl"), Inverse: null, Strict: true}, "+1 +2 -1", "again"},
		{"a moving state is never NULL", Fold{Init: null, Step: null, Inverse: null}, "+1", "moving-aggregate transition function must not return null"},
	} {
		c.fold.Args, c.fold.State = []col.Type{col.Int4}, col.Int4
		if got := folded(&c.fold, c.rows); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

func folded(f *Fold, rows string) string {
	s := f.steps(fn.NewCtx(nil, 0))
	s.Begin()
	var out []string
	say := func(err error) {
		if err != nil {
			out = append(out, err.Error())
		}
	}
	for _, w := range strings.Fields(rows) {
		arg := col.NewVector(col.Int4)
		var n int32
		if _, err := fmt.Sscan(w[1:], &n); err == nil {
			arg.AppendI32(n)
		} else {
			arg.AppendNull()
		}
		switch w[0] {
		case '+':
			say(s.Add([]*col.Vector{arg}, 0))
		case '-':
			ok, err := s.Remove([]*col.Vector{arg}, 0)
			if say(err); err == nil && !ok {
				out = append(out, "again")
			}
		default:
			v := col.NewVector(f.Type())
			if err := s.Result(v); err != nil {
				say(err)
			} else if v.Null(0) {
				out = append(out, "NULL")
			} else {
				out = append(out, fmt.Sprint(v.I32[0]))
			}
		}
	}
	return strings.Join(out, " ")
}
