package planner

import (
	"slices"

	"github.com/millracedb/millrace/exec"
)

// exchanges says by which columns the rows of each input must be placed anew before a node can
// read them; nil: they are where they must be. Rows that meet in the node are equal on all the
// columns that it says they meet by, so it is enough to place every input by some of these, if
// they are the same ones in the same order.
func exchanges(n Node, in []Properties) [][]int {
	by := n.meets()
	if by == nil || slices.ContainsFunc(by, isEverywhere) {
		return by
	}
	some, out := chosen(by, in), make([][]int, len(in))
	for i, p := range in {
		if to := remapped(some, by[i]); !p.placedBy(to) {
			out[i] = to
		}
	}
	return out
}

// chosen picks those of the columns that rows meet by (their places in each list) by which most
// inputs are placed already. That all rows of one are at one worker is no reason to bring those
// of another there.
func chosen(by [][]int, in []Properties) []int {
	best, most := distinctColumns(by), 0
	for i, p := range in {
		for _, placed := range p.Partitioned {
			some := placesOf(placed, by[i])
			if some == nil {
				continue
			}
			stay := 0
			for k, other := range in {
				if other.placedBy(remapped(some, by[k])) {
					stay++
				}
			}
			if stay > most && (len(some) > 0 || stay == len(in)) {
				best, most = some, stay
			}
		}
	}
	return best
}

// placesOf finds columns in a list; nil: not all are there.
func placesOf(cols, list []int) []int {
	at := make([]int, len(cols))
	for i, c := range cols {
		if at[i] = slices.Index(list, c); at[i] < 0 {
			return nil
		}
	}
	return at
}

// distinctColumns are all columns that rows meet by, but for those that an input has a second
// time: what a column is equal to twice is equal by itself.
func distinctColumns(by [][]int) []int {
	out := []int{}
	for k := range by[0] {
		if !slices.ContainsFunc(by, func(cols []int) bool { return slices.Index(cols, cols[k]) < k }) {
			out = append(out, k)
		}
	}
	return out
}

// afterExchanges is what holds of a node's inputs as it reads them.
func afterExchanges(n Node, in []Properties) []Properties {
	for i, to := range exchanges(n, in) {
		switch {
		case isEverywhere(to):
			in[i].Partitioned = nil
		case to != nil:
			in[i].Partitioned = [][]int{to}
		}
	}
	return in
}

func isEverywhere(to []int) bool { return slices.Equal(to, exec.Everywhere) }

// lessened is a node's input with fewer rows, of which the node makes the same, where that is
// known: so many fewer change workers.
func (b *Builder) lessened(n Node, in exec.Ref) exec.Ref {
	switch n := n.(type) {
	case *WindowGroups:
		return b.Combine(in, n.spec())
	case *Aggregate:
		return b.Contenders(in, n.spec())
	}
	return in
}
