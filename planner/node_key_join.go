package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// KeyJoin meets the rows of several inputs that are equal on one key: what inner joins one on
// the other give, without what each of them comes to being kept.
type KeyJoin struct {
	In   []Node
	Keys [][]int // of each input, pairwise equal
	Out  []int   // the columns that come out, of all inputs' side by side
}

var _ = nodeText("keyjoin", -1, func(r *reader) Node {
	k := &KeyJoin{In: r.inputs}
	width := 0
	for i := range r.inputs {
		own := r.input(i)
		keys := r.ints(len(own))
		if i > 0 && len(keys) != len(k.Keys[0]) || len(keys) == 0 {
			r.fail("keys of a join")
			return k
		}
		for n, c := range keys {
			if i > 0 && !own[c].Type.Is(r.input(0)[k.Keys[0][n]].Type) {
				r.fail("keys of different types")
			}
		}
		k.Keys, width = append(k.Keys, keys), width+len(own)
	}
	k.Out = r.ints(width)
	return k
})

func (k *KeyJoin) String() string {
	l := newLine("keyjoin")
	for _, keys := range k.Keys {
		l.ints(keys)
	}
	return l.ints(k.Out).Builder.String()
}

// chain is the joins that the node stands for, with all columns.
func (k *KeyJoin) chain() (joins []*Join) {
	left := k.In[0]
	for i, right := range k.In[1:] {
		j := &Join{Left: left, Right: right, LeftKeys: k.Keys[0], RightKeys: k.Keys[i+1]}
		left, joins = j, append(joins, j)
	}
	return joins
}

// full is the columns that could come out.
func (k *KeyJoin) full() (out []col.Column) {
	for _, in := range k.In {
		out = append(out, in.Schema()...)
	}
	return out
}

func (k *KeyJoin) Schema() []col.Column {
	full, out := k.full(), make([]col.Column, len(k.Out))
	for i, c := range k.Out {
		out[i] = full[c]
	}
	return out
}

func (k *KeyJoin) Inputs() []Node             { return k.In }
func (k *KeyJoin) WithInputs(in ...Node) Node { return &KeyJoin{in, k.Keys, k.Out} }
func (k *KeyJoin) exprs() []expr.Expr         { return nil }
func (k *KeyJoin) withExprs([]expr.Expr) Node { return k }
func (k *KeyJoin) meets() [][]int             { return k.Keys }
func (k *KeyJoin) keeps(_ []Properties) state { return state{what: "the rows of all inputs by key"} }
func (k *KeyJoin) Build(b *Builder, in []exec.Ref) exec.Ref {
	return b.KeyJoin(in, exec.KeyJoinSpec{Keys: k.Keys, Out: k.Out})
}

// derive: no column carries a watermark, since joinByKey leaves alone what would.
func (k *KeyJoin) derive(in []Properties) Properties {
	p := in[0]
	for i, j := range k.chain() {
		p = j.deriveFull([]Properties{p, in[i+1]})
	}
	p.Watermarks = nil
	return p.mapped(func(c int) []int {
		if i := slices.Index(k.Out, c); i >= 0 {
			return []int{i}
		}
		return nil
	})
}

func (k *KeyJoin) estimate(x *estimator, in []Estimate) Estimate {
	e := in[0]
	for i, j := range k.chain() {
		e = j.estimate(x, []Estimate{e, in[i+1]})
	}
	return e.picked(k.Out)
}

// describe names the columns of each key and what comes out as the inputs tell them apart.
func (k *KeyJoin) describe() string {
	told := k.full()
	for i, c := range told {
		for _, o := range k.full()[:i] {
			if o.Name == c.Name {
				told[i].Name = fmt.Sprintf("%s of input %d", c.Name, k.inputOf(i)+1)
			}
		}
	}
	var conds []string
	for n := range k.Keys[0] {
		var same []string
		for i, first := range k.firsts() {
			same = append(same, told[first+k.Keys[i][n]].Name)
		}
		conds = append(conds, strings.Join(same, " = "))
	}
	word := fmt.Sprintf("Inner join of %d inputs on %s", len(k.In), strings.Join(conds, " AND "))
	if !slices.Equal(k.Out, identity(len(told))) {
		word += ", giving " + strings.Join(names(told, k.Out), ", ")
	}
	return word
}

// firsts is where each input's columns begin.
func (k *KeyJoin) firsts() []int {
	out, at := make([]int, len(k.In)), 0
	for i, in := range k.In {
		out[i], at = at, at+len(in.Schema())
	}
	return out
}

// inputOf is the input that a column is of.
func (k *KeyJoin) inputOf(c int) int {
	in, own := slices.BinarySearch(k.firsts(), c)
	if !own {
		in--
	}
	return in
}

func (k *KeyJoin) needs(need []bool) [][]bool {
	firsts := k.firsts()
	below := make([][]bool, len(k.In))
	for i, in := range k.In {
		below[i] = mark(make([]bool, len(in.Schema())), k.Keys[i]...)
	}
	for o, c := range k.Out {
		in := k.inputOf(c)
		below[in][c-firsts[in]] = below[in][c-firsts[in]] || need[o]
	}
	return below
}

func (k *KeyJoin) pruned(need []bool, in []Node, at [][]int) (Node, []int) {
	in, at = narrow(in, at, k.needs(need))
	n, firsts := &KeyJoin{In: in}, k.firsts()
	now, out := n.firsts(), make([]int, len(need))
	for i := range in {
		n.Keys = append(n.Keys, remapped(k.Keys[i], at[i]))
	}
	for o, c := range k.Out {
		out[o] = -1
		if x := k.inputOf(c); need[o] {
			out[o] = len(n.Out)
			n.Out = append(n.Out, now[x]+at[x][c-firsts[x]])
		}
	}
	return n, out
}
