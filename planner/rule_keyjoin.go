package planner

import (
	"fmt"
	"slices"

	"github.com/millracedb/millrace/exec"
)

// joinByKey makes inner joins one on the other by one key, however many, one join of all their
// inputs: what the lower ones come to need not be kept by that key once more.
func joinByKey(root Node) Node {
	return rewrite(root, func(n Node) Node {
		j, ok := n.(*Join)
		if !ok || !j.byKeyAlone() {
			return n
		}
		l, r := keyParts(j.Left, j.LeftKeys), keyParts(j.Right, j.RightKeys)
		if len(l.In)+len(r.In) < 3 {
			return n
		}
		k := &KeyJoin{In: slices.Concat(l.In, r.In), Keys: slices.Concat(l.Keys, r.Keys)}
		k.Out = slices.Concat(l.Out, shifted(r.Out, len(l.full())))
		if j.Out != nil {
			k.Out = remapped(j.Out, k.Out)
		}
		if !k.canBe() {
			return n
		}
		return k
	})
}

// byKeyAlone reports whether a join does nothing but let rows of equal keys meet.
func (j *Join) byKeyAlone() bool {
	return j.Kind == exec.Inner && len(j.LeftKeys) > 0 && len(j.Residual) == 0 && !j.NullsEqual && !j.Ordered && !j.timed()
}

// keyParts is what stands on one side of a join by these columns: the inputs of joins by the
// same key, or the node itself.
func keyParts(n Node, keys []int) *KeyJoin {
	whole := &KeyJoin{In: []Node{n}, Keys: [][]int{keys}, Out: identity(len(n.Schema()))}
	parts, ok := n.(*KeyJoin)
	if j, is := n.(*Join); is && j.byKeyAlone() {
		parts, ok = &KeyJoin{In: j.Inputs(), Keys: [][]int{j.LeftKeys, j.RightKeys}, Out: j.Out}, true
		if j.Out == nil {
			parts.Out = identity(len(n.Schema()))
		}
	}
	if !ok || len(keys) != len(parts.Keys[0]) {
		return whole
	}
	firsts, places := parts.firsts(), make([]int, len(keys))
	for i, c := range keys {
		in := parts.inputOf(parts.Out[c])
		places[i] = slices.Index(parts.Keys[in], parts.Out[c]-firsts[in])
		if places[i] < 0 || slices.Contains(places[:i], places[i]) {
			return whole
		}
	}
	out := &KeyJoin{In: parts.In, Out: parts.Out}
	for _, of := range parts.Keys {
		out.Keys = append(out.Keys, remapped(places, of))
	}
	return out
}

// canBe reports whether an operator can do it: nothing comes more than twice, for what does is
// one arrangement; and no key carries a watermark on two inputs, by which joins forget.
func (k *KeyJoin) canBe() bool {
	times, marks := map[string]int{}, make([]int, len(k.Keys[0]))
	for i, in := range k.In {
		leaves, p := map[string]bool{}, Derive(in)
		for _, n := range postorder(in) {
			if s, ok := n.(*Scan); ok {
				leaves[fmt.Sprint("relation ", s.Relation)] = true
			} else if len(n.Inputs()) == 0 {
				leaves[n.String()] = true
			}
		}
		for leaf := range leaves {
			if times[leaf]++; times[leaf] > 2 {
				return false
			}
		}
		for n, c := range k.Keys[i] {
			if p.carried(c) {
				marks[n]++
			}
		}
	}
	return !slices.ContainsFunc(marks, func(n int) bool { return n > 1 })
}
