package exec

import (
	"github.com/millracedb/millrace/base/col"
)

// Emit hands a batch on to whoever stands above a node. The batch is valid for the call,
// or for the step when it is flagged so.
type Emit func(*col.Batch) error

// Operator turns batches of its inputs into batches of its output. It is used by one
// goroutine at a time and keeps nothing between steps but the states that Builder gave it.
// A returned error is a defect and puts the operator's view out of service; what goes
// wrong with a row is reported by Tick.RowError and is not an error.
type Operator interface {
	// Apply takes a batch of input in; it comes any number of times a step.
	Apply(t *Tick, in int, b *col.Batch, emit Emit) error
	// Flush comes once a step when something was applied, a watermark moved or a
	// wake-up is due, after all inputs have flushed.
	Flush(t *Tick, emit Emit) error
}

// linear is embedded by operators that have nothing to say in Flush.
type linear struct{}

func (linear) Flush(*Tick, Emit) error { return nil }
