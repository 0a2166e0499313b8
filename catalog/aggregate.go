package catalog

import (
	"github.com/millracedb/millrace/base/col"
)

// Aggregate is what a Function has in place of a body that is an aggregate: a state, what brings it
// on, and what is told of it. Its types may be polymorphic, as those of the parameters.
type Aggregate struct {
	Plain Fold
	// Moving is another way to the result, which a window's frames that leave rows behind take; nil:
	// there is none.
	Moving *Fold  `json:",omitempty"`
	SortOp string `json:",omitempty"` // an operator
}

// Fold is one way to an aggregate's result.
type Fold struct {
	State   col.Type
	Init    *string `json:",omitempty"` // as text; nil: NULL
	Step    Callee  // the state with a row: takes the state and then the arguments
	Inverse Callee  `json:",omitzero"`  // of a Moving one: the state without the row that came first
	Final   Callee  `json:",omitzero"`  // none: the state is the result
	Extra   bool    `json:",omitempty"` // Final takes NULLs in place of the arguments, too
	Modify  string  // what Final does to the state, as pg_aggregate.aggfinalmodify
}

// Callee is a function that is called by what it is: one of a user, or by its ID one of the system.
// The zero Callee is none.
type Callee struct {
	OID OID    `json:",omitempty"`
	ID  string `json:",omitempty"`
}

// IsNone reports whether it is no function.
func (c Callee) IsNone() bool { return c == Callee{} }

// folds are the ways to the result.
func (a *Aggregate) folds() []*Fold {
	if a.Moving == nil {
		return []*Fold{&a.Plain}
	}
	return []*Fold{&a.Plain, a.Moving}
}

// Callees lists the functions of users that an aggregate is made of.
func (a *Aggregate) Callees() (out []OID) {
	for _, f := range a.folds() {
		for _, c := range []Callee{f.Step, f.Inverse, f.Final} {
			if c.OID != 0 {
				out = append(out, c.OID)
			}
		}
	}
	return out
}

// valid checks what the rest of the server takes for granted.
func (a *Aggregate) valid() error {
	for _, f := range a.folds() {
		if f.Step.IsNone() || f.State.OID == 0 {
			return corrupt("an aggregate has no state, or nothing brings it on")
		}
	}
	if a.Moving != nil && a.Moving.Inverse.IsNone() {
		return corrupt("an aggregate moves and does not go back")
	}
	return nil
}
