package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
)

// Builder is what nodes add their operators to.
type Builder struct {
	*exec.Builder
	// Source returns the node that yields a scan's columns, in their order: the changes of a
	// relation, its rows at a snapshot, or the rows of a system relation.
	Source func(s *Scan) exec.Ref
	// Returned is the rows of Returned nodes, by their numbers.
	Returned [][]*col.Batch
	// AtHand is the rows of a statement itself (see Beside).
	AtHand []*col.Batch

	known    map[Node]Properties
	most     map[*WindowGroups]bool // of onlyMost
	several  bool                   // workers
	exchange func(in exec.Ref, keys []int) exec.Ref
	given    []exec.Ref // of a recursion's step
}

// unique reports whether no two rows of a node's output are equal.
func (b *Builder) unique(n Node) bool { return len(b.known[n].Keys) > 0 }

// Build adds the operators of a plan to b, every node once, numbered as its stored form numbers
// them, and returns the root's. The plan has been instantiated.
func Build(b *Builder, root Node) exec.Ref {
	b.several, b.exchange = b.Parts() > 1, b.Exchange
	return build(b, root)
}

// build is Build with b's own exchange: a test has another.
func build(b *Builder, root Node) exec.Ref {
	refs := map[Node]exec.Ref{}
	b.known = properties(root)
	b.most = onlyMost(root, b.known)
	for i, n := range postorder(root) {
		in := make([]exec.Ref, len(n.Inputs()))
		for k, x := range n.Inputs() {
			in[k] = refs[x]
		}
		b.Node(i + 1)
		for k, keys := range exchanges(n, inputProperties(n, b.known)) {
			if keys != nil {
				in[k] = b.exchange(b.lessened(n, in[k]), keys)
			}
		}
		refs[n] = n.Build(b, in)
	}
	return refs[root]
}

// Build takes the source.
func (s *Scan) Build(b *Builder, _ []exec.Ref) exec.Ref { return b.Source(s) }
