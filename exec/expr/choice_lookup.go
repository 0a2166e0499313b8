package expr

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// caseLookup finds the branch of a CASE whose conditions all compare one value with constants,
// as CASE x WHEN 'a' THEN … WHEN 'b' THEN … does: x is evaluated once, and found by hash.
type caseLookup struct {
	arg Expr
	set *fn.Set
}

// newCaseLookup is nil for other conditions. args are those of NewCase.
func newCaseLookup(args []Expr) *caseLookup {
	if len(args) < 5 {
		return nil
	}
	l := &caseLookup{}
	var values []*col.Vector
	for i := 0; i < len(args)-1; i += 2 {
		call, ok := args[i].(*Call)
		if !ok || call.Fn.Name != "=" || len(call.args) != 2 {
			return nil
		}
		c, ok := call.args[1].(*Const)
		if !ok || l.arg != nil && !Equal(l.arg, call.args[0]) {
			return nil
		}
		l.arg = call.args[0]
		values = append(values, c.value)
	}
	if _, constant := l.arg.(single); constant || !sameTypes(l.arg.Type(), values) {
		return nil
	}
	l.set = fn.NewSet(values)
	return l
}

func sameTypes(t col.Type, values []*col.Vector) bool {
	for _, v := range values {
		if v.Type.OID != t.OID {
			return false
		}
	}
	return true
}

// branches lists the lanes of sel (nil: all) that take each branch but the last.
func (l *caseLookup) branches(c *fn.Ctx, b *col.Batch, sel []uint32, n int) [][]uint32 {
	hit := make([][]uint32, n)
	l.set.Find(c, l.arg.Eval(c, b, sel), sel, b.N, func(i, at int) {
		if hit[at] == nil {
			hit[at] = c.Sel(b.N)[:0]
		}
		hit[at] = append(hit[at], uint32(i))
	})
	return hit
}
