package exec

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/disk"
)

// words are n rows: a text of some length that says i mod groups, NULL for some; and i.
func words(b *Builder, n, groups int) Ref {
	return b.Generate([]col.Type{col.Text, col.Int8}, func(emit Emit) error {
		out := col.NewBatch(col.Text, col.Int8)
		for i := 0; i < n; i += out.N {
			out.Reset()
			for k := i; k < min(i+1000, n); k++ {
				if k%groups == groups-1 {
					out.Cols[0].AppendNull()
				} else {
					out.Cols[0].AppendString(fmt.Sprintf("the key of a row, number %d", k%groups))
				}
				out.Cols[1].AppendI64(int64(k))
				out.Grow(out.N+1, 1)
			}
			if err := emit(out); err != nil {
				return err
			}
		}
		return nil
	})
}

// spillingCase is a dataflow that has more rows than room.
type spillingCase struct {
	name  string
	build func(b *Builder) Ref
}

var spilled = []spillingCase{
	{"distinct", func(b *Builder) Ref { return b.Distinct(words(b, 20000, 9000)) }},
	{"one key", func(b *Builder) Ref {
		return b.Join(words(b, 9, 1), words(b, 2000, 1), JoinSpec{NullsEqual: true, LeftKeys: []int{0}, RightKeys: []int{0}})
	}},
	{"self join", func(b *Builder) Ref {
		in := words(b, 4000, 3000)
		return b.Join(in, in, JoinSpec{LeftKeys: []int{0}, RightKeys: []int{0}})
	}},
	{"inner join", spilledJoin(Inner, false)},
	{"left join", spilledJoin(Left, false)},
	{"right join", spilledJoin(Right, false)},
	{"full join", spilledJoin(Full, false)},
	{"semi join", spilledJoin(Semi, false)},
	{"anti join", spilledJoin(Anti, false)},
	{"single join", func(b *Builder) Ref {
		return b.Join(words(b, 4000, 3000), words(b, 4000, 4000), JoinSpec{Kind: Single, LeftKeys: []int{0}, RightKeys: []int{0}})
	}},
	{"left join with a residual", spilledJoin(Left, true)},
	{"full join with a residual", spilledJoin(Full, true)},
	{"except all", func(b *Builder) Ref { return b.SetOp(words(b, 4000, 100), words(b, 4000, 4000), ExceptAll) }},
	{"intersect all", func(b *Builder) Ref { return b.SetOp(words(b, 4000, 9000), words(b, 4000, 4000), IntersectAll) }},
	{"sum of what a join gives", func(b *Builder) Ref {
		j := b.Join(words(b, 4000, 3000), words(b, 4000, 2000), JoinSpec{LeftKeys: []int{0}, RightKeys: []int{0}})
		return b.Aggregate(j, AggregateSpec{Group: []int{0}, Aggs: []AggregateCall{{Agg: agg.ByID("sum(int8)"), Args: []int{1}, Filter: -1}}})
	}},
	{"over a full join", func(b *Builder) Ref {
		j := b.Join(words(b, 4000, 3000), words(b, 4000, 2000), JoinSpec{Kind: Full, LeftKeys: []int{0}, RightKeys: []int{0}})
		return b.Distinct(b.Project(j, []expr.Expr{expr.NewColumn(0, col.Text)}))
	}},
}

func spilledJoin(kind JoinKind, residual bool) func(b *Builder) Ref {
	return func(b *Builder) Ref {
		s := JoinSpec{Kind: kind, LeftKeys: []int{0}, RightKeys: []int{0}}
		if residual {
			p, err := expr.CallOperator(b.ctx, "<=", expr.NewColumn(1, col.Int8), expr.NewColumn(3, col.Int8))
			if err != nil {
				panic(err)
			}
			s.Residual = p
		}
		return b.Join(words(b, 4000, 3000), words(b, 4000, 2500), s)
	}
}

// TestPartsGiveWhatTheWholeGives runs what spills with room for everything, with little, and
// with next to none, where parts are divided again.
func TestPartsGiveWhatTheWholeGives(t *testing.T) {
	e, fs := openEmpty(t)
	for _, c := range slices.Concat(spilled, spilledGroups) {
		t.Run(c.name, func(t *testing.T) {
			var whole map[string]int64
			for _, mem := range []int64{0, 1 << 30, 1 << 16} {
				before := e.spilled.Files.Load()
				got, err := answer(e, &Query{Build: c.build, WorkMem: mem})
				if err != nil {
					t.Fatal(err)
				}
				if whole == nil {
					whole = got
				}
				if !maps.Equal(got, whole) {
					t.Errorf("%d rows with %d bytes, %d with no limit", len(got), mem, len(whole))
				}
				if wrote := e.spilled.Files.Load() - before; (wrote > 0) != (mem > 0 && mem < 1<<30) {
					t.Errorf("%d files with %d bytes", wrote, mem)
				}
				nothingLeft(t, e, fs)
			}
		})
	}
}

func nothingLeft(t *testing.T, e *Engine, fs disk.FS) {
	t.Helper()
	if names, err := fs.List(tempFolder); err == nil && len(names) > 0 {
		t.Errorf("files are left: %v", names)
	}
	if used := e.pool.Used(); used > 1<<20 {
		t.Errorf("%d bytes are held", used)
	}
}

func answer(e *Engine, q *Query) (map[string]int64, error) {
	q.Snapshot = e.Snapshot()
	defer q.Snapshot.Release()
	out := map[string]int64{}
	q.Ctx, q.Sink = fn.NewCtx(nil, 0), func(b *col.Batch) error { countRows(out, b); return nil }
	err := e.Run(context.Background(), q)
	return out, err
}

// TestRunsMergeInOrder sorts within little memory.
func TestRunsMergeInOrder(t *testing.T) {
	e, fs := openEmpty(t)
	for _, limit := range []int64{-1, 15000} {
		var sorted []string
		for _, mem := range []int64{0, 1 << 16} {
			var got []string
			q := &Query{Snapshot: e.Snapshot(), Ctx: fn.NewCtx(nil, 0), WorkMem: mem, Build: func(b *Builder) Ref {
				return b.Sort(words(b, 20000, 9000), []OrderBy{{Col: 0, Order: col.Order{Desc: true}}, {Col: 1}}, limit, 2)
			}, Sink: func(b *col.Batch) error {
				for i := range b.Len() {
					got = append(got, textOf(b, []int{0, 1}, b.Row(i)))
				}
				return nil
			}}
			if err := e.Run(context.Background(), q); err != nil {
				t.Fatal(err)
			}
			q.Snapshot.Release()
			if sorted == nil {
				sorted = got
			}
			if !slices.Equal(got, sorted) {
				t.Errorf("limit %d: %d rows with %d bytes, %d with no limit", limit, len(got), mem, len(sorted))
			}
			nothingLeft(t, e, fs)
		}
	}
}

// TestQueriesEndAtTheirLimit has what cannot be divided, and what is not to be, end at its cap.
func TestQueriesEndAtTheirLimit(t *testing.T) {
	e, fs := openEmpty(t)
	for name, q := range map[string]*Query{
		"groups": {Build: func(b *Builder) Ref { return b.Distinct(words(b, 100000, 90000)) }},
		"order":  {Build: func(b *Builder) Ref { return b.Sort(words(b, 100000, 90000), []OrderBy{{Col: 1}}, -1, 0) }},
		"hash table": {Build: func(b *Builder) Ref {
			return b.Join(words(b, 10, 10), words(b, 100000, 10), JoinSpec{LeftKeys: []int{0}, RightKeys: []int{0}})
		}},
		"rows in a list by their key": {Cap: 4 << 20, Build: func(b *Builder) Ref {
			return b.Join(words(b, 10, 10), words(b, 70000, 90000), JoinSpec{LeftKeys: []int{1}, RightKeys: []int{1}})
		}},
		"nested loop": {WorkMem: 1 << 16, Build: func(b *Builder) Ref { return b.Join(words(b, 10, 10), words(b, 100000, 10), JoinSpec{}) }},
	} {
		q.Cap, q.Raise = max(q.Cap, 2<<20), "Raise it."
		_, err := answer(e, q)
		if x := pgerr.From(err); x == nil || x.Code != pgerr.OutOfMemory || !strings.Contains(x.Detail, fmt.Sprintf("%d kB", q.Cap>>10)) || x.Hint != "Raise it." {
			t.Errorf("%s: %v", name, err)
		}
		nothingLeft(t, e, fs)
	}
	if got, err := answer(e, &Query{Cap: 2 << 20, Build: func(b *Builder) Ref { return words(b, 10, 10) }}); len(got) != 10 || err != nil {
		t.Errorf("a small query beside: %d rows, %v", len(got), err)
	}
}
