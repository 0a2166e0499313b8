package planner

import (
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
)

// pushDown moves conditions towards the scans. A condition that may fail stays where it was
// written (E2), and nothing is moved into a part that others read too.
func pushDown(root Node) Node {
	p := &pusher{readers: map[Node]int{}, done: map[Node]Node{}}
	for _, n := range postorder(root) {
		for _, in := range n.Inputs() {
			p.readers[in]++
		}
	}
	return p.push(root, nil)
}

type pusher struct {
	readers map[Node]int
	done    map[Node]Node
}

// pusher's methods take conditions over the node's columns, none of which may fail.
func (p *pusher) push(n Node, preds []expr.Expr) Node {
	if p.readers[n] > 1 {
		if p.done[n] == nil {
			p.done[n] = p.into(n, nil)
		}
		return filtered(p.done[n], preds)
	}
	return p.into(n, preds)
}

func (p *pusher) into(n Node, preds []expr.Expr) Node {
	if d, ok := n.(interface {
		pushInto(*pusher, []expr.Expr) Node
	}); ok {
		return d.pushInto(p, preds)
	}
	return filtered(withInputs(n, func(in Node) Node { return p.push(in, nil) }), preds)
}

// filtered is n under conditions, in one Filter.
func filtered(n Node, preds []expr.Expr) Node {
	if len(preds) == 0 {
		return n
	}
	if f, ok := n.(*Filter); ok {
		return &Filter{f.Input, slices.Concat(f.Preds, preds)}
	}
	return &Filter{n, preds}
}

// mayMove reports whether a condition can be asked earlier than it was written. One that
// compares the row with the time can: what may fail of it does so for no row or for all.
func mayMove(x expr.Expr) bool {
	if volatile(x) {
		return false
	}
	c, ok := x.(*expr.Call)
	return !fallible(x) || ok && isTemporal(c) && !fallible(c.Args()[0])
}

// split parts conditions by whether they may go further down.
func split(preds []expr.Expr, down func(expr.Expr) bool) (pass, stay []expr.Expr) {
	for _, x := range preds {
		if mayMove(x) && down(x) {
			pass = append(pass, x)
		} else {
			stay = append(stay, x)
		}
	}
	return pass, stay
}

// within reports whether an expression reads only some columns.
func within(x expr.Expr, ok func(int) bool) bool {
	return !slices.ContainsFunc(columnsOf(x), func(c int) bool { return !ok(c) })
}

func (f *Filter) pushInto(p *pusher, preds []expr.Expr) Node {
	pass, stay := split(f.Preds, func(expr.Expr) bool { return true })
	return filtered(p.push(f.Input, slices.Concat(pass, preds)), stay)
}

func (x *Project) pushInto(p *pusher, preds []expr.Expr) Node {
	var below, stay []expr.Expr
	for _, pred := range preds {
		if moved := substitute(pred, x.Exprs); mayMove(moved) {
			below = append(below, moved)
		} else {
			stay = append(stay, pred)
		}
	}
	return filtered(x.WithInputs(p.push(x.Input, below)), stay)
}

func (u *Union) pushInto(p *pusher, preds []expr.Expr) Node {
	out := &Union{}
	for _, in := range u.In {
		out.In = append(out.In, p.push(in, preds))
	}
	return out
}

func (d *Distinct) pushInto(p *pusher, preds []expr.Expr) Node {
	return &Distinct{Input: p.push(d.Input, preds)}
}

// A condition that says the same of all equal rows may be asked of both sides.
func (s *SetOp) pushInto(p *pusher, preds []expr.Expr) Node {
	pass, stay := split(preds, func(x expr.Expr) bool {
		return within(x, func(c int) bool { return col.CanonicalSame(s.Schema()[c].Type) })
	})
	return filtered(s.WithInputs(p.push(s.Left, pass), p.push(s.Right, pass)), stay)
}

// A condition on what groups are made by holds for all rows of a group or for none.
func (a *Aggregate) pushInto(p *pusher, preds []expr.Expr) Node {
	pass, stay := split(preds, func(x expr.Expr) bool {
		return len(a.Group) > 0 && within(x, func(c int) bool { return c < len(a.Group) })
	})
	for i, x := range pass {
		pass[i] = expr.Remap(x, func(c int) int { return a.Group[c] })
	}
	return filtered(a.WithInputs(p.push(a.Input, pass)), stay)
}

func (w *Window) pushInto(p *pusher, preds []expr.Expr) Node {
	width := len(w.Input.Schema())
	pass, stay := split(preds, func(x expr.Expr) bool { return within(x, func(c int) bool { return c < width }) })
	return filtered(w.WithInputs(p.push(w.Input, pass)), stay)
}

// A condition that takes whole partitions leaves the sessions of the others as they are.
func (s *Session) pushInto(p *pusher, preds []expr.Expr) Node {
	pass, stay := split(preds, func(x expr.Expr) bool {
		return len(s.Partition) > 0 && within(x, func(c int) bool {
			return slices.Contains(s.Partition, c) && col.CanonicalSame(s.Schema()[c].Type)
		})
	})
	return filtered(s.WithInputs(p.push(s.Input, pass)), stay)
}

// A condition on what partitions are made by takes whole partitions.
func (t *TopN) pushInto(p *pusher, preds []expr.Expr) Node {
	pass, stay := split(preds, func(x expr.Expr) bool {
		return len(t.Partition) > 0 && within(x, func(c int) bool { return slices.Contains(t.Partition, c) })
	})
	return filtered(t.WithInputs(p.push(t.Input, pass)), stay)
}

func (o *Over) pushInto(p *pusher, preds []expr.Expr) Node {
	pass, stay := split(preds, func(x expr.Expr) bool {
		return len(o.Partition) > 0 && within(x, func(c int) bool { return slices.Contains(o.Partition, c) })
	})
	return filtered(o.WithInputs(p.push(o.Input, pass)), stay)
}

// Each kind of join lets conditions through to the sides whose rows it does not make up, and
// takes conditions of its own that concern one side down to that side if its rows need a match.
func (j *Join) pushInto(p *pusher, preds []expr.Expr) Node {
	width := len(j.Left.Schema())
	onLeft := func(x expr.Expr) bool { return within(x, func(c int) bool { return c < width }) }
	onRight := func(x expr.Expr) bool { return within(x, func(c int) bool { return c >= width }) }
	never := func(expr.Expr) bool { return false }
	fromAbove := map[exec.JoinKind][2]func(expr.Expr) bool{
		exec.Inner: {onLeft, onRight}, exec.Left: {onLeft, never}, exec.Right: {never, onRight}, exec.Full: {never, never},
		exec.Semi: {onLeft, never}, exec.Anti: {onLeft, never}, exec.Single: {onLeft, never},
	}[j.Kind]
	fromOn := map[exec.JoinKind][2]func(expr.Expr) bool{
		exec.Inner: {onLeft, onRight}, exec.Left: {never, onRight}, exec.Right: {onLeft, never}, exec.Full: {never, never},
		exec.Semi: {onLeft, onRight}, exec.Anti: {never, onRight}, exec.Single: {never, never},
	}[j.Kind]
	if j.Nearest != nil { // what is asked of the nearest row says nothing of the others
		fromAbove[1] = never
	}
	if j.NotIn {
		fromOn = [2]func(expr.Expr) bool{never, never}
	}
	left, above := split(preds, fromAbove[0])
	right, above := split(above, fromAbove[1])
	l, residual := split(j.Residual, fromOn[0])
	r, residual := split(residual, fromOn[1])
	if j.Kind == exec.Inner && j.Nearest == nil { // what concerns both sides is a condition of the join
		var both []expr.Expr
		both, above = split(above, func(expr.Expr) bool { return true })
		residual = append(slices.Clone(residual), both...)
	}
	right = slices.Concat(r, right)
	for i, x := range right {
		right[i] = shiftBy(x, -width)
	}
	n := *j
	n.Residual = residual
	n.Left, n.Right = p.push(j.Left, slices.Concat(l, left)), p.push(j.Right, right)
	return filtered(&n, above)
}
