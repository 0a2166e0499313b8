package planner

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec/fn"
)

// Sequences are the sequences of a session, by their numbers. 42809 is the error for a relation that is
// none, 42P01 for a number that there is none of.
type Sequences interface {
	// Next appends the next n values to dst, in the order in which they come. With fewer left they
	// are taken, and the error is 2200H.
	Next(seq catalog.OID, n int, dst []int64) ([]int64, error)
	// Current is the value that the session took last; it is 55000 when it took none.
	Current(seq catalog.OID) (int64, error)
	// Last is the value that the session took last of any sequence, or 55000.
	Last() (int64, error)
	// Set lets the value be the last one or, without called, the next one.
	Set(seq catalog.OID, value int64, called bool) error
	// Given is the value that any session took last; false: nobody has taken one.
	Given(seq catalog.OID) (value int64, ok bool, err error)
}

var (
	_ = asks("nextval(regclass) int8", "Takes the next value of a sequence.", nextValues, fn.Counts)
	_ = asks("currval(regclass) int8", "The value of a sequence that the session took last.", ints(func(r *row) (int64, bool, error) {
		v, err := r.Sequences().Current(r.oid(0))
		return v, true, err
	}), fn.Counts)
	_ = asks("lastval() int8", "The value that the session took last of any sequence.", ints(func(r *row) (int64, bool, error) {
		v, err := r.Sequences().Last()
		return v, true, err
	}), fn.Counts)
	_ = asks("setval(regclass, int8) int8", "Sets the last value of a sequence.", ints(setValue), fn.Counts)
	_ = asks("setval(regclass, int8, bool) int8", "Sets the last value of a sequence or, with false, the next one.", ints(setValue), fn.Counts)
	_ = asks("pg_sequence_last_value(regclass) int8", "The value of a sequence that was given last; NULL: none was.", ints(func(r *row) (int64, bool, error) {
		return r.Sequences().Given(r.oid(0))
	}), fn.Counts)
)

func setValue(r *row) (int64, bool, error) {
	v := r.args[1].I64[r.at(1)]
	return v, true, r.Sequences().Set(r.oid(0), v, !r.has(2) || r.bool(2))
}

// nextValues takes the values of all rows together: as many at a time as follow each other of one
// sequence.
func nextValues(c *fn.Ctx, args []*col.Vector, sel []uint32, n int, out *col.Vector) {
	r := &row{Host: hostOf(c), c: c, args: args, n: n}
	var lanes []int
	var of catalog.OID
	take := func() {
		if len(lanes) == 0 {
			return
		}
		var values []int64
		err := errNoSession()
		if r.Host != nil {
			values, err = r.Sequences().Next(of, len(lanes), nil)
		}
		for i, lane := range lanes {
			if i < len(values) {
				out.I64[lane] = values[i]
			} else {
				c.Fail(out, lane, err)
			}
		}
		lanes = lanes[:0]
	}
	fn.Each(sel, n, func(i int) {
		r.lane = i
		if oid := r.oid(0); oid != of {
			take()
			of = oid
		}
		lanes = append(lanes, i)
	})
	take()
}

// noSequences are those of a statement that is being planned.
type noSequences struct{}

func (noSequences) Next(catalog.OID, int, []int64) ([]int64, error) { return nil, errNoSession() }
func (noSequences) Current(catalog.OID) (int64, error)              { return 0, errNoSession() }
func (noSequences) Last() (int64, error)                            { return 0, errNoSession() }
func (noSequences) Set(catalog.OID, int64, bool) error              { return errNoSession() }
func (noSequences) Given(catalog.OID) (int64, bool, error)          { return 0, false, errNoSession() }

func errNotSequence(r *catalog.Relation) error {
	return pgerr.New(pgerr.WrongObjectType, "%q is not a sequence", r.Name)
}
