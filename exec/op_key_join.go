package exec

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
)

// KeyJoinSpec describes the inner join of two inputs or more on one key, which NULLs do not
// meet by.
type KeyJoinSpec struct {
	Keys [][]int // of each input, of equal length and types
	Out  []int   // columns to emit, of all inputs' side by side
}

// keyJoin meets the rows of several inputs whose keys are all equal, where Joins one on the
// other would keep what each of them comes to by that key once more. It has no state but its
// inputs' Arranges. With the inputs in the order in which they settle in a step, a change of
// the i'th is
//
//	A₁' ⋈ … ⋈ Aᵢ₋₁' ⋈ δAᵢ ⋈ Aᵢ₊₁ ⋈ … ⋈ Aₙ
//
// ' marking what the step's change is merged into already: each other input is probed as it
// stands. Of an arrangement that is two inputs at once, the first is served early and sees the
// second old, the second late and sees the first new; it cannot be three, since none of its
// states is old for one and new for another.
type keyJoin struct {
	in     []joinSide
	types  []col.Type
	out    []keyColumn
	probes []keyProbe  // of each input
	levels []keyBuffer // of the pairs with the first input probed, with the second, …
	w      []int64
}

// keyColumn is a column that comes out: one of an input.
type keyColumn struct{ in, col int }

// keyProbe is what is read of an input where it is probed.
type keyProbe struct {
	payload []int
	place   []int // in payload of each column that comes out; -1: it is none of this input, or a key
}

// keyBuffer is working memory for rows that have met some of the inputs.
type keyBuffer struct {
	at   []uint32     // of each, the row of the change
	w    []int64      // its weight
	cols []col.Vector // by columns that come out, what they have of the inputs they have met
	own  []col.Vector // memory for them
}

// KeyJoin adds a keyJoin; in a dataflow that runs once, Joins one on the other, since what comes
// once is kept once. An arrangement that views share, or a node, is two of its inputs at most.
func (b *Builder) KeyJoin(in []Ref, s KeyJoinSpec) Ref {
	if b.once {
		return b.keyJoinOnce(in, s)
	}
	k := &keyJoin{levels: make([]keyBuffer, len(in))}
	appendOnly, first := true, 0
	refs, firsts := make([]Ref, len(in)), make([]int, len(in))
	for i, r := range in {
		refs[i] = b.arrange(r, s.Keys[i], true, -1)
		a := b.g.nodes[refs[i]].arr
		k.in = append(k.in, joinSide{arr: a, keys: s.Keys[i], types: b.Types(r), first: first})
		appendOnly, firsts[i], first = appendOnly && b.AppendOnly(r), first, first+len(b.Types(r))
	}
	for _, c := range s.Out {
		i, own := slices.BinarySearch(firsts, c)
		if !own {
			i--
		}
		k.out = append(k.out, keyColumn{i, c - firsts[i]})
		k.types = append(k.types, k.in[i].types[c-firsts[i]])
	}
	for i := range k.in {
		k.probes = append(k.probes, k.probe(i))
	}
	return b.addMeeting(&node{op: k, types: k.types, appendOnly: appendOnly, inputs: refs}, func(int, Timing) bool { return true })
}

func (b *Builder) keyJoinOnce(in []Ref, s KeyJoinSpec) Ref {
	left := in[0]
	for i, right := range in[1:] {
		pair := JoinSpec{LeftKeys: s.Keys[0], RightKeys: s.Keys[i+1]}
		if i == len(in)-2 {
			pair.Out = append([]int{}, s.Out...) // none is none
		}
		left = b.Join(left, right, pair)
	}
	return left
}

// probe says what is read of an input.
func (k *keyJoin) probe(in int) (p keyProbe) {
	for _, o := range k.out {
		at := -1
		if o.in == in {
			at = k.in[in].arr.place[o.col]
		}
		if at >= 0 {
			p.payload = append(p.payload, at)
			at = len(p.payload) - 1
		}
		p.place = append(p.place, at)
	}
	return p
}

// Flush has nothing to do: a keyJoin emits at once.
func (k *keyJoin) Flush(*Tick, Emit) error { return nil }

// Apply serves the change of one input, consolidated and hashed by its key.
func (k *keyJoin) Apply(t *Tick, in int, b *col.Batch, emit Emit) error {
	m := &keyMeeting{k: k, t: t, in: in, b: b, keys: canonicalKeys(b, k.in[in].keys), emit: emit}
	m.choose()
	at := m.matched()
	if len(at) == 0 {
		return nil
	}
	keys, hash := m.keysOf(at)
	first := m.way[0]
	return k.in[first].arr.state.Probe(keys, hash, k.probes[first].payload, func(left []uint32, rows *col.Batch) error {
		l := &k.levels[0]
		l.room(k, len(left))
		for i, x := range left {
			l.at[i], l.w[i] = at[x], b.Weight(int(at[x]))*rows.Weight(i)
		}
		for c, place := range k.probes[first].place {
			if place >= 0 {
				l.cols[c] = rows.Cols[place]
			}
		}
		return m.next(1)
	})
}

// room makes place for n rows.
func (l *keyBuffer) room(k *keyJoin, n int) {
	if l.cols == nil {
		l.cols, l.own = make([]col.Vector, len(k.out)), make([]col.Vector, len(k.out))
	}
	l.at, l.w = growTo(l.at, n), growTo(l.w, n)
}

// gather leaves values at some positions as a column.
func (l *keyBuffer) gather(c int, t col.Type, from *col.Vector, at []uint32) {
	v := &l.own[c]
	v.ResetKind(t, from.Kind, from.Scale)
	v.Gather(from, at)
	l.cols[c] = *v
}
