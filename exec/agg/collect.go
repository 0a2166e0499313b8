package agg

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/fn"
)

// Rows is the rows of a group in an order, as a collecting aggregate sees them: those of
// the ORDER BY inside the call or behind WITHIN GROUP, else the order of arrival. It is good
// until the aggregate has made its result, which changes nothing of it.
type Rows interface {
	// Len is the number of rows, by their weights.
	Len() int64
	// Each hands out the arguments of all rows in order, some at a time; it ends with the
	// first error, and returns it.
	Each(f func(r *Run) error) error
	// At is the arguments of the row at a place from 0 on, and its lane in them.
	At(n int64) (args []*col.Vector, lane int)
	// Place tells how many rows stand before a row that had these values, and how many
	// before what would follow it. Values are of the types of the columns of the order.
	Place(values []*col.Vector, lane int) (before, through int64)
	// Different is how many different values stand before it.
	Different(values []*col.Vector, lane int) int64
}

// Run is some rows in order.
type Run struct {
	Args []*col.Vector
	N    int
	W    []int64 // above 0
	Peer []bool  // equal to the row before in the columns of the order
}

// Collect makes the result of a group's rows and appends it to out. direct are the arguments
// in front of WITHIN GROUP, whose values for the group are at a lane.
type Collect func(c *fn.Ctx, rows Rows, direct []*col.Vector, lane int, out *col.Vector) error

// Collecting is what is special about an aggregate that sees its rows in order.
type Collecting struct {
	Make        Collect
	WithinGroup bool // ordered-set: the last arguments stand behind WITHIN GROUP
	Hypothetic  bool // and are as many as the direct ones, of their types
	SkipNulls   bool // rows whose first argument is NULL do not count
	Sorted      bool // without an order of its own it takes that of the arguments
	// Steps makes the state of one that goes from row to row, of which Make is made; nil: it is
	// not such a one. Removes says that the state goes back, too.
	Steps   func(c *fn.Ctx) Steps
	Removes bool
}

// collecting registers an aggregate that makes its result of all rows of a group.
func collecting(sig, doc string, how Collecting) *Aggregate {
	a := Register(sig, doc, 0, nil)
	a.Collecting, a.Fallible = &how, true
	return a
}

// noRows is the group of no rows.
type noRows struct{}

func (noRows) Len() int64                              { return 0 }
func (noRows) Each(func(r *Run) error) error           { return nil }
func (noRows) At(int64) ([]*col.Vector, int)           { return nil, 0 }
func (noRows) Place([]*col.Vector, int) (int64, int64) { return 0, 0 }
func (noRows) Different([]*col.Vector, int) int64      { return 0 }

var _ = collecting("any_value(anyelement) anyelement", "One of the values that are not NULL: the least, or the first of the order.",
	Collecting{SkipNulls: true, Sorted: true, Make: func(_ *fn.Ctx, rows Rows, _ []*col.Vector, _ int, out *col.Vector) error {
		if rows.Len() == 0 {
			out.AppendNull()
			return nil
		}
		args, i := rows.At(0)
		out.GatherAny(args[0], []uint32{uint32(i)}, 0)
		return nil
	}})
