package agg

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Steps is a state that goes from row to row, as a user's aggregate has one. It belongs to one
// goroutine.
type Steps interface {
	// Begin makes the state that is over no rows.
	Begin()
	// Add brings the state on by the row at a lane of the arguments.
	Add(args []*col.Vector, lane int) error
	// Remove takes the row that was added first away again; false: it cannot, and whoever asks
	// begins anew. Only Collecting.Removes asks for it.
	Remove(args []*col.Vector, lane int) (bool, error)
	// Result appends to out what the state tells, and leaves the state as it is.
	Result(out *col.Vector) error
}

// Defined makes an aggregate that is not registered, of a name and concrete types. text tells it
// from all others, and is its ID.
func Defined(name string, args []col.Type, ret col.Type, text string, steps func(c *fn.Ctx) Steps, removes bool) *Aggregate {
	a := &Aggregate{Name: name, Args: args, Ret: ret, Version: 1, Fallible: true, defined: text, sig: &fn.Scalar{Name: name, Ret: ret}}
	for _, t := range args {
		a.sig.Params = append(a.sig.Params, fn.Param{Type: t})
	}
	a.Collecting = &Collecting{Steps: steps, Removes: removes, Make: func(c *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
		s := steps(c)
		s.Begin()
		err := rows.Each(func(r *Run) error {
			for i := range r.N {
				for range r.W[i] {
					if err := s.Add(r.Args, i); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return s.Result(out)
	}}
	return a
}

// Same reports whether two are one aggregate; nil is one that is none.
func (a *Aggregate) Same(b *Aggregate) bool {
	return a == b || a != nil && b != nil && a.defined != "" && a.defined == b.defined
}

// IsDefined reports whether a user defined it: its ID is then its whole definition.
func (a *Aggregate) IsDefined() bool { return a.defined != "" }
