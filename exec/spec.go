package exec

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
)

// AggregateSpec describes a grouping. The output is the group columns, then the
// aggregates. Without group columns there is one row always, also over no input.
type AggregateSpec struct {
	Group []int
	Aggs  []AggregateCall
	// Final emits a group once, when the watermark has passed it (EMIT ON WINDOW CLOSE). Else every
	// change is emitted.
	Final bool
	// Closing are, with Final, the places in Group of the columns whose watermarks the rows keep:
	// by the first a group closes, and the others pass no earlier.
	Closing []int
	// Expected is how many groups there will be about, of a query that runs once; 0: nobody knows.
	Expected float64
}

// AggregateCall is one aggregate over columns of the input.
type AggregateCall struct {
	Agg      *agg.Aggregate
	Args     []int // of an aggregate WITHIN GROUP the columns of its order
	Filter   int   // bool column of the input; -1: none
	Distinct bool
	// Of an aggregate that collects rows: their order (none: as they arrive), and the direct
	// arguments of one WITHIN GROUP, over the group columns.
	Order  []OrderBy
	Direct []expr.Expr
	Ret    col.Type // of the result, where Agg takes any type; else the zero Type
}

// Type is the result's type.
func (c AggregateCall) Type() col.Type {
	if c.Ret.OID != 0 {
		return c.Ret
	}
	return c.Agg.Ret
}

// JoinKind tells which rows without a match a join keeps.
type JoinKind uint8

// The kinds of join. Semi and Anti emit rows of the left input only. Single is Left for rows
// that may have one match at most: one with more is an error.
const (
	Inner JoinKind = iota
	Left
	Right
	Full
	Semi
	Anti
	Single
)

// JoinSpec describes a join on equality of key columns, with a condition on the pairs
// that the keys let meet.
type JoinSpec struct {
	Kind                JoinKind
	LeftKeys, RightKeys []int     // of equal length and types; empty: every pair meets
	NullsEqual          bool      // NULL keys meet (IS NOT DISTINCT FROM); else they meet nothing
	NotIn               bool      // Anti by the NULL rule of NOT IN
	Residual            expr.Expr // over the left columns, then the right ones; nil: none
	Out                 []int     // columns of left, then right, to emit; nil: all (of Semi and Anti: the left ones)
	Bounds              []TimeBound
	// Ranges, where there are any, have the sides lie in order: conditions on the pairs that
	// the residual has too, true of no pair without them.
	Ranges []RangeKey
}

// TimeBound says of the pairs of a join that column Col of side Side (0: left) is at least
// column Other of the other side plus Add: the residual is true of no pair without it, and
// an error of none. A row of the side is needed no more when the watermark of Other has
// passed its time less Add. Both columns are of one type with int64 lanes.
type TimeBound struct {
	Side, Col, Other int
	Add              int64
}

// RangeKey says of the pairs of a join that column Left of the left side is Op (< <= > >=)
// column Right of the right side, or that plus Add. Both columns are of one type, modifier
// included; where Add is not 0 one of times, in microseconds.
type RangeKey struct {
	Left, Right int
	Op          string
	Add         int64
}

// DynamicFilterSpec describes the comparison of a column with a bound that moves. Both are
// of one type, modifier included.
type DynamicFilterSpec struct {
	Col int
	Op  string // = <> < <= > >=
	Not bool   // the rows pass for which the comparison is not true: false, or NULL
}

// RankKind is the window function that a Top-N counts by.
type RankKind uint8

// The rank functions.
const (
	RowNumber RankKind = iota
	Rank
	DenseRank
)

// TopNSpec describes the first rows of each partition in an order. Ties of the order are
// broken by the rows' identity bytes.
type TopNSpec struct {
	Partition []int
	Order     []OrderBy
	Limit     int64 // rows whose rank is at most Limit; -1: all
	Offset    int64 // rows of the order left out first; only with RowNumber
	Rank      RankKind
	EmitRank  bool // the rank, an int8, is the last column
	Unique    bool // no two rows of the input are equal
	// Rising: a row of the input goes only when, in the same step, one of its partition comes
	// that stands before it in the order. Not with DenseRank, an Offset or without a Limit: a
	// value that two rows share is one, so that a dense rank may fall.
	Rising bool
}

// OrderBy is a column of an order.
type OrderBy struct {
	Col int
	col.Order
}

// WindowSpec describes tumbling (Slide equal to Size), hopping or cumulating windows over a
// time column, in microseconds. The output is the input's columns, then window_start,
// window_end and window_time, of the time column's type.
type WindowSpec struct {
	Time                int
	Slide, Size, Offset int64
	// Cumulate: windows begin every Size and end every Slide until they are that long; Size
	// is a multiple of Slide.
	Cumulate bool
}

// SessionSpec describes session windows over a time column: of the rows that are equal on
// the columns Partition, those whose times lie at most Gap microseconds after the one before
// are a session. It starts with its first row and ends Gap after its last.
type SessionSpec struct {
	Time      int
	Partition []int
	Gap       int64
}
