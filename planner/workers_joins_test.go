package planner

import "slices"

// keyJoin joins up to four nodes, none more than twice, on columns of the types of the first one's.
func (m *planMaker) keyJoin(first Node) Node {
	k, width := &KeyJoin{In: []Node{first}, Keys: [][]int{{m.column(first)}}}, len(first.Schema())
	if m.rng.IntN(3) == 0 {
		k.Keys[0] = append(k.Keys[0], m.column(first))
	}
	for range 2 + m.rng.IntN(2) {
		in, keys := m.pick(), make([]int, len(k.Keys[0]))
		for i, c := range k.Keys[0] {
			keys[i] = m.ofType(in, first.Schema()[c].Type)
		}
		n := &KeyJoin{In: append(slices.Clone(k.In), in), Keys: append(slices.Clone(k.Keys), keys)}
		if !slices.Contains(keys, -1) && n.canBe() {
			k, width = n, width+len(in.Schema())
		}
	}
	if len(k.In) == 1 {
		return m.filter(first)
	}
	k.Out = m.rng.Perm(width)[:1+m.rng.IntN(min(width, 4))]
	return k
}
