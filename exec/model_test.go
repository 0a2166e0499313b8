package exec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/col"
)

// The model of the graph fuzzer: relations as maps from rows to weights, and every
// operator as a loop over them, obviously right.

// null stands for NULL in a modelRow.
const null = int64(-1 << 62)

type modelRow []int64

func (r modelRow) key() string { return fmt.Sprint([]int64(r)) }

type modelRel struct {
	width int
	rows  map[string]modelRow
	w     map[string]int64
}

func newRel(width int) *modelRel {
	return &modelRel{width: width, rows: map[string]modelRow{}, w: map[string]int64{}}
}

func (r *modelRel) add(row modelRow, w int64) {
	k := row.key()
	r.rows[k] = row
	r.w[k] += w
	if r.w[k] == 0 {
		delete(r.rows, k)
		delete(r.w, k)
	}
}

// sorted lists the rows in a fixed order.
func (r *modelRel) sorted() []modelRow {
	var keys []string
	for k := range r.rows {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]modelRow, len(keys))
	for i, k := range keys {
		out[i] = r.rows[k]
	}
	return out
}

func (r *modelRel) weight(row modelRow) int64 { return r.w[row.key()] }

func (r *modelRel) String() string {
	var sb strings.Builder
	for _, row := range r.sorted() {
		fmt.Fprintf(&sb, "%+d %s; ", r.weight(row), row.key())
	}
	return sb.String()
}

func (r *modelRel) equal(o *modelRel) bool {
	if len(r.w) != len(o.w) {
		return false
	}
	for k, w := range r.w {
		if o.w[k] != w {
			return false
		}
	}
	return true
}

// batchOf makes a batch of int8 columns, in disguise: rows that do not count between the
// others, or none; weights only when one is not 1.
func batchOf(rng *rand.Rand, width int, rows []modelRow, w []int64) *col.Batch {
	types := make([]col.Type, width)
	for i := range types {
		types[i] = col.Int8
	}
	b := col.NewBatch(types...)
	put := func(row modelRow, w int64) {
		for c, x := range row {
			if x == null {
				b.Cols[c].AppendNull()
			} else {
				b.Cols[c].AppendI64(x)
			}
		}
		b.Grow(b.N+1, w)
	}
	selected := rng.IntN(3) == 0
	for i, row := range rows {
		if selected {
			if rng.IntN(2) == 0 {
				put(make(modelRow, width), 7)
			}
			b.Sel = append(b.Sel, uint32(b.N))
		}
		put(row, w[i])
	}
	if selected && b.Sel == nil {
		b.Sel = []uint32{}
	}
	return b
}

// addBatch adds a batch of int8 columns to a model relation.
func (r *modelRel) addBatch(b *col.Batch) {
	for i := range b.Len() {
		p := b.Row(i)
		row := make(modelRow, len(b.Cols))
		for c := range b.Cols {
			row[c] = null
			if !b.Cols[c].Null(p) {
				row[c] = b.Cols[c].I64[p]
			}
		}
		r.add(row, b.Weight(p))
	}
}

func joinModel(s JoinSpec, cond func(l, r modelRow) bool, a, b *modelRel) *modelRel {
	width := a.width + b.width
	if s.Kind == Semi || s.Kind == Anti {
		width = a.width
	}
	out := newRel(width)
	meets := func(l, r modelRow) bool {
		for i := range s.LeftKeys {
			x, y := l[s.LeftKeys[i]], r[s.RightKeys[i]]
			if x != y || x == null && !s.NullsEqual {
				return false
			}
		}
		return cond == nil || cond(l, r)
	}
	matched := map[string]bool{}
	for _, l := range a.sorted() {
		any := false
		for _, r := range b.sorted() {
			if !meets(l, r) {
				continue
			}
			any, matched[r.key()] = true, true
			if s.Kind != Semi && s.Kind != Anti {
				out.add(slices.Concat(l, r), a.weight(l)*b.weight(r))
			}
		}
		switch {
		case !any && (s.Kind == Left || s.Kind == Full):
			out.add(slices.Concat(l, nulls(b.width)), a.weight(l))
		case any && s.Kind == Semi, !any && s.Kind == Anti:
			out.add(l, a.weight(l))
		}
	}
	if s.Kind == Right || s.Kind == Full {
		for _, r := range b.sorted() {
			if !matched[r.key()] {
				out.add(slices.Concat(nulls(a.width), r), b.weight(r))
			}
		}
	}
	return out
}

// singleModel is the left join of the rows that have one match at most, and the number of the
// others.
func singleModel(s JoinSpec, a, b *modelRel) (out *modelRel, faults int64) {
	out = newRel(a.width + b.width)
	s.Kind = Semi
	for _, l := range a.sorted() {
		one, matches := newRel(a.width), int64(0)
		one.add(l, a.weight(l))
		match := nulls(b.width)
		for _, r := range b.sorted() {
			right := newRel(b.width)
			right.add(r, 1)
			if len(joinModel(s, nil, one, right).sorted()) > 0 {
				matches += b.weight(r)
				match = r
			}
		}
		if matches > 1 {
			faults += a.weight(l)
			continue
		}
		out.add(slices.Concat(l, match), a.weight(l))
	}
	return out, faults
}

func notInModel(s JoinSpec, a, b *modelRel) *modelRel {
	out := newRel(a.width)
	for _, l := range a.sorted() {
		keep := true
		for _, r := range b.sorted() {
			x, y := l[s.LeftKeys[0]], r[s.RightKeys[0]]
			if x == y || x == null || y == null {
				keep = false
			}
		}
		if keep {
			out.add(l, a.weight(l))
		}
	}
	return out
}

func nulls(n int) modelRow {
	r := make(modelRow, n)
	for i := range r {
		r[i] = null
	}
	return r
}

// topModel is TopN by sorting everything. Orders put NULLs last, as the fuzzer asks.
func topModel(s TopNSpec, in *modelRel) *modelRel {
	width := in.width
	if s.EmitRank {
		width++
	}
	out := newRel(width)
	parts := map[string][]modelRow{}
	for _, r := range in.sorted() {
		var k modelRow
		for _, p := range s.Partition {
			k = append(k, r[p])
		}
		parts[k.key()] = append(parts[k.key()], r)
	}
	peers := peersModel(s.Order)
	for _, rows := range parts {
		slices.SortStableFunc(rows, func(x, y modelRow) int {
			if c := peers(x, y); c != 0 {
				return c
			}
			return slices.CompareFunc(x, y, identityCompare)
		})
		out.addRanked(s, in, rows, peers)
	}
	return out
}

// peersModel compares rows by the columns of an order.
func peersModel(order []OrderBy) func(x, y modelRow) int {
	return func(x, y modelRow) int {
		for _, o := range order {
			a, b := x[o.Col], y[o.Col]
			if a == b {
				continue
			}
			less := a < b
			if o.Desc {
				less = !less
			}
			if a == null || b == null { // NULLs sort as greatest, whatever the direction says of them
				less = (b == null) != o.NullsFirst
			}
			if less {
				return -1
			}
			return 1
		}
		return 0
	}
}

func identityCompare(a, b int64) int {
	switch {
	case a == b:
		return 0
	case a == null:
		return 1
	case b == null || a < b:
		return -1
	}
	return 1
}

func (out *modelRel) addRanked(s TopNSpec, in *modelRel, rows []modelRow, peers func(x, y modelRow) int) {
	var number, rank, dense int64
	for i, r := range rows {
		if i == 0 || peers(rows[i-1], r) != 0 {
			rank, dense = number+1, dense+1
		}
		for range in.weight(r) {
			number++
			n := map[RankKind]int64{RowNumber: number, Rank: rank, DenseRank: dense}[s.Rank]
			if n <= s.Offset || s.Limit >= 0 && n > s.Limit+s.Offset {
				continue
			}
			if s.EmitRank {
				out.add(append(slices.Clone(r), n), 1)
			} else {
				out.add(r, 1)
			}
		}
	}
}
