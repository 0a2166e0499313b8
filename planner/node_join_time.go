package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec"
)

// Nearest says by which times a join takes the nearest right row: the greatest for which
// left >= right or left > right is true, the least for which left <= right or left < right is.
type Nearest struct {
	Left, Right int // columns of one type
	Op          string
	// ByBytes: of right rows with one time the greatest by its bytes is taken, as plans have it
	// that were stored before arrival decided.
	ByBytes bool
}

// timed reports whether a join is one in time: more than its conditions decide what it gives.
func (j *Join) timed() bool { return j.Proc || j.Nearest != nil }

func (x *Nearest) forward() bool { return x.Op[0] == '<' }

func readNearest(r *reader) *Nearest {
	l, rt := r.input(0), r.input(1)
	x := &Nearest{Left: r.index(len(l)), Right: r.index(len(rt)), Op: r.word()}
	if r.err == nil && (!slices.Contains([]string{"<", "<=", ">", ">="}, x.Op) || !l[x.Left].Type.Is(rt[x.Right].Type)) {
		r.fail("the times of an as-of join")
	}
	return x
}

func readNearestJoin(r *reader, byBytes bool) Node {
	x := readNearest(r)
	x.ByBytes = byBytes
	n := readJoin(r).(*Join)
	n.Nearest = x
	return n
}

// arrives reports whether the order in which right rows come decides which of them is taken.
func (j *Join) arrives(right Properties) bool {
	return j.Nearest != nil && !j.Nearest.ByBytes && !right.hasKey(append(slices.Clone(j.RightKeys), j.Nearest.Right))
}

// head begins the join's line of a stored plan.
func (j *Join) head() *line {
	switch {
	case j.Proc:
		return newLine("temporaljoin")
	case j.ByTime:
		return newLine("intervaljoin")
	case j.Everywhere:
		return newLine("everywherejoin")
	case j.Nearest != nil:
		return newLine(map[bool]string{true: "asofjoin", false: "nearestjoin"}[j.Nearest.ByBytes]).number(int64(j.Nearest.Left)).number(int64(j.Nearest.Right)).word(j.Nearest.Op)
	}
	return newLine("join")
}

func (j *Join) inTime(word string) string {
	switch {
	case j.Proc:
		return word + " with the rows of the moment"
	case j.Nearest != nil:
		return word + " with the nearest row"
	}
	return word
}

// deriveInTime: a left row comes out with what it met when it came, or with one row at most.
func (j *Join) deriveInTime(l, r Properties) Properties {
	p := Properties{Late: l.Late}
	if j.Proc {
		p.AppendOnly, p.Watermarks = l.AppendOnly, slices.Clone(l.Watermarks)
		j.deriveKeys(&p, l, r)
	} else {
		p.Keys, p.Late = slices.Clone(l.Keys), l.Late || r.Late
		if x := j.Nearest; !x.forward() && slices.Contains(l.Watermarks, x.Left) && slices.Contains(r.Watermarks, x.Right) {
			p.Watermarks = []int{x.Left}
		}
	}
	j.derivePlacements(&p, l, r)
	return p
}

func (j *Join) keepsInTime(in []Properties) state {
	if j.Proc {
		s := state{what: "the right rows by key"}
		if !in[0].AppendOnly {
			s.what += ", and what came out for each left row"
		}
		return s
	}
	s, x := state{what: "the rows of both inputs by key, in order of time"}, j.Nearest
	l, r := j.Left.Schema()[x.Left].Name, j.Right.Schema()[x.Right].Name
	if !x.forward() && in[0].AppendOnly && in[1].AppendOnly && !in[0].Late && !in[1].Late &&
		slices.Contains(in[0].Watermarks, x.Left) && slices.Contains(in[1].Watermarks, x.Right) {
		s.what, s.bound = s.what+", of the right ones the last of each key", "the watermarks of "+l+" and "+r
	}
	return s
}

func (j *Join) asOf() exec.AsOfSpec {
	x := j.Nearest
	return exec.AsOfSpec{LeftKeys: j.LeftKeys, RightKeys: j.RightKeys, LeftTime: x.Left, RightTime: x.Right,
		Forward: x.forward(), Strict: len(x.Op) == 1, Outer: j.Kind == exec.Left, Arrival: !x.ByBytes, Out: j.Out}
}

func (j *Join) historic(*env) bool { return j.Proc }

// checkJoinsInTime refuses the conditions that joins in time cannot keep.
func checkJoinsInTime(root Node) error {
	for _, n := range postorder(root) {
		j, ok := n.(*Join)
		switch {
		case !ok || !j.Proc && j.Nearest == nil:
		case j.Nearest != nil && len(j.Residual) > 0:
			return pgerr.New(pgerr.FeatureNotSupported, "ASOF JOIN is supported only with equalities, and one comparison of times, between its sides").
				WithHint("Write what else is asked of the rows in a subquery on their side, or in WHERE.")
		case j.Proc && len(j.LeftKeys) == 0:
			return pgerr.New(pgerr.FeatureNotSupported, "FOR SYSTEM_TIME AS OF PROCTIME() is supported only with an equality between the sides of the join")
		case j.Proc && slices.ContainsFunc(j.Residual, fallible) && !Derive(j.Left).AppendOnly:
			return pgerr.New(pgerr.FeatureNotSupported, "a condition that may fail is not supported in FOR SYSTEM_TIME AS OF PROCTIME() over rows that change").
				WithHint("Write it in WHERE.")
		}
	}
	return nil
}
