package planner

import "slices"

// Properties is what is known of a node's output.
type Properties struct {
	// Keys are sets of columns on which no two rows are equal, NULLs being equal to each
	// other. An empty set: there is at most one row.
	Keys [][]int
	// AppendOnly: rows come and never go.
	AppendOnly bool
	// Watermarks are the columns that carry a watermark (V9).
	Watermarks []int
	// Late: rows may come below a watermark, so that nothing may be forgotten by it (V11).
	Late bool
	// Closed: every row is final when it comes (EMIT ON WINDOW CLOSE).
	Closed bool
}

// properties derives the properties of every node of a plan.
func properties(root Node) map[Node]Properties {
	out := map[Node]Properties{}
	for _, n := range postorder(root) {
		out[n] = n.derive(inputProperties(n, out))
	}
	return out
}

func inputProperties(n Node, known map[Node]Properties) []Properties {
	in := make([]Properties, len(n.Inputs()))
	for i, x := range n.Inputs() {
		in[i] = known[x]
	}
	return in
}

// Derive returns the properties of a plan's output.
func Derive(root Node) Properties { return properties(root)[root] }

// hasKey reports whether rows that are equal on the columns are one row.
func (p Properties) hasKey(cols []int) bool {
	return slices.ContainsFunc(p.Keys, func(k []int) bool {
		for _, c := range k {
			if !slices.Contains(cols, c) {
				return false
			}
		}
		return true
	})
}

// mapped is p with the columns at their new places; what a dropped column (-1) took part in
// is lost. A column may have several places.
func (p Properties) mapped(places func(int) []int) Properties {
	out := Properties{AppendOnly: p.AppendOnly, Closed: p.Closed, Late: p.Late}
	for _, k := range p.Keys {
		mapped := []int{}
		for _, c := range k {
			at := places(c)
			if len(at) == 0 {
				mapped = nil
				break
			}
			mapped = append(mapped, at[0])
		}
		if mapped != nil {
			out.addKey(mapped)
		}
	}
	for _, w := range p.Watermarks {
		out.Watermarks = append(out.Watermarks, places(w)...)
	}
	slices.Sort(out.Watermarks)
	return out
}

// addKey adds a key, keeping the list short: no supersets of known keys, at most eight.
func (p *Properties) addKey(k []int) {
	k = slices.Clone(k)
	slices.Sort(k)
	k = slices.Compact(k)
	if p.hasKey(k) || len(p.Keys) == 8 {
		return
	}
	p.Keys = append(slices.DeleteFunc(slices.Clone(p.Keys), func(old []int) bool {
		for _, c := range k {
			if !slices.Contains(old, c) {
				return false
			}
		}
		return true
	}), k)
}

// key is the best key to find a row by: the shortest, then the first.
func (p Properties) key() ([]int, bool) {
	if len(p.Keys) == 0 {
		return nil, false
	}
	return slices.MinFunc(p.Keys, func(a, b []int) int { return len(a) - len(b) }), true
}
