package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
)

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
	// Settled: rows come when the watermark has passed them in the one column that carries one.
	Settled bool
	// Rising is set when a row goes only as, in the same step, one comes that is equal on the
	// columns Fixed and greater in the column By.
	Rising *Rising
	// Partitioned says where rows are when there are several workers. An entry is a list of
	// columns: each row is at the worker that the hash of these columns, in this order, names.
	// All entries hold at once, so that rows which are equal on the columns of one of them are
	// together: whoever needs the rows together that are equal on more columns has them, too.
	// Equal means SQL's equality within one type, modifier included, NULLs being equal, as
	// canonical keys are hashed; a cast makes another column of a column. Two nodes with the
	// same entry have equal rows at the same worker, which being together alone would not say.
	//
	// The entry without columns says that all rows are at one worker, the same for all nodes.
	// What makes rows of nothing makes them there: Values, Series, the relations of the system,
	// an aggregate without groups, a scalar subquery. A relation's rows lie where they came.
	Partitioned [][]int
}

// Rising is Properties.Rising: of a count over rows that never go, beside its group.
type Rising struct {
	By    int
	Fixed []int
}

// forward reports whether a row comes back in a partition's order only before where it was.
func (r *Rising) forward(partition []int, order []exec.OrderBy) bool {
	if r == nil || slices.ContainsFunc(partition, func(c int) bool { return !slices.Contains(r.Fixed, c) }) {
		return false
	}
	for _, o := range order {
		if !slices.Contains(r.Fixed, o.Col) {
			return o.Col == r.By && o.Desc
		}
	}
	return false
}

// mapped is r with the columns at their new places, nil when By has none.
func (r *Rising) mapped(places func(int) []int) *Rising {
	if r == nil || len(places(r.By)) == 0 {
		return nil
	}
	out := &Rising{By: places(r.By)[0]}
	for _, c := range r.Fixed {
		out.Fixed = append(out.Fixed, places(c)...)
	}
	return out
}

// properties derives the properties of every node of a plan.
func properties(root Node) map[Node]Properties {
	out := map[Node]Properties{}
	for _, n := range postorder(root) {
		out[n] = n.derive(afterExchanges(n, inputProperties(n, out)))
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

// carried reports whether a column carries a watermark.
func (p Properties) carried(c int) bool { return slices.Contains(p.Watermarks, c) }

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

// placedBy reports whether every row is where the hash of the columns, in this order, places it.
func (p Properties) placedBy(cols []int) bool {
	return slices.ContainsFunc(p.Partitioned, func(by []int) bool { return slices.Equal(by, cols) })
}

// mapped is p with the columns at their new places; what a dropped column (none) took part in
// is lost. A column may have several places.
func (p Properties) mapped(places func(int) []int) Properties {
	out := Properties{AppendOnly: p.AppendOnly, Closed: p.Closed, Settled: p.Settled, Late: p.Late, Partitioned: mappedSets(p.Partitioned, places)}
	for _, k := range mappedSets(p.Keys, places) {
		out.addKey(k)
	}
	for _, w := range p.Watermarks {
		out.Watermarks = append(out.Watermarks, places(w)...)
	}
	slices.Sort(out.Watermarks)
	return out
}

// mappedSets lists the sets whose columns all have a place, at their first places.
func mappedSets(sets [][]int, places func(int) []int) (out [][]int) {
	for _, set := range sets {
		mapped := []int{}
		for _, c := range set {
			if at := places(c); len(at) > 0 {
				mapped = append(mapped, at[0])
			}
		}
		if len(mapped) == len(set) {
			out = append(out, mapped)
		}
	}
	return out
}

// addPlacements adds entries to Partitioned that are not there yet, eight at most.
func (p *Properties) addPlacements(by ...[]int) {
	for _, cols := range by {
		if !p.placedBy(cols) && len(p.Partitioned) < 8 {
			p.Partitioned = append(slices.Clone(p.Partitioned), cols)
		}
	}
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
