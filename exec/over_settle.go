package exec

import (
	"bytes"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/over"
)

// round evaluates the next rows of partitions, as many as go together, and returns those that
// are not done.
func (n *Over) round(t *Tick, d *col.Batch, open []overJob) ([]overJob, error) {
	n.in.Reset()
	n.read.reset()
	n.picks = n.picks[:0]
	var left []overJob
	taken := 0
	for ; taken < len(open) && n.in.B.N < mostAtOnce; taken++ {
		j := open[taken]
		j.start = nil // it lay in the arena
		segs := len(n.in.Segs)
		if n.load(d, &j) {
			if len(n.in.Segs) == segs {
				j.segment = -1
			} else {
				j.segment = segs
			}
			left = append(left, j)
		}
	}
	res := n.eval.Run(&n.in)
	if err := n.settle(t, res); err != nil {
		return nil, err
	}
	n.evaluated += len(n.picks)
	n.compare(left, res)
	left = slices.DeleteFunc(left, func(j overJob) bool { return j.from == nil && j.next == len(j.changes) })
	return append(left, open[taken:]...), nil
}

// settle emits how the targets' values differ from what was emitted, and writes them beside
// the rows.
func (n *Over) settle(t *Tick, res over.Result) error {
	values := make([]col.Vector, len(res.Out))
	for i, v := range res.Out {
		values[i] = *v
	}
	for k, row := range res.Targets {
		v, old, fault := append(n.value[:0], overKnown), n.picks[k].old, res.Errors[k]
		if res.Carried {
			v[0] |= overCarried
		}
		v = append(v, res.States[k*n.bytes:(k+1)*n.bytes]...)
		if fault == nil {
			v = col.AppendIdentity(v, values, k)
		} else {
			v[0] |= overFailed
			v = appendFailure(v, fault)
		}
		if n.value = v; bytes.Equal(v, old) {
			continue
		}
		if (v[0]^old[0])&(overKnown|overFailed) != 0 || !bytes.Equal(n.emitted(v), n.emitted(old)) {
			if err := n.replace(t, int(row), old, res, k); err != nil {
				return err
			}
		}
		if _, err := n.rows.tree.Put(n.picks[k].key, v); err != nil {
			return err
		}
	}
	return nil
}

// replace emits a target's values in place of what was emitted for its row.
func (n *Over) replace(t *Tick, row int, old []byte, res over.Result, target int) error {
	if err := n.withdraw(t, n.in.B, row, old); err != nil {
		return err
	}
	if fault := res.Errors[target]; fault != nil {
		return n.report(t, n.in.B, row, fault, 1)
	}
	n.diff.new(n.in.B, row, res.Out, target)
	return nil
}

// compare ends the runs whose last row carries the State that stood there: nothing behind it
// changes.
func (n *Over) compare(jobs []overJob, res over.Result) {
	for i := range jobs {
		j := &jobs[i]
		if j.from == nil || j.segment < 0 {
			continue
		}
		j.from = bytes.Clone(j.from)
		j.most = min(2*j.most, mostRound)
		k := -1 // the segment's last target
		for _, s := range n.in.Segs[:j.segment+1] {
			k += s.End - s.Begin
		}
		old := n.picks[k].old
		if old[0]&overCarried != 0 && res.Carried && bytes.Equal(n.states(old), res.States[k*n.bytes:(k+1)*n.bytes]) {
			j.from, j.most = nil, leastRound
		}
	}
}
