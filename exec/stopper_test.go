package exec

import (
	"context"
	"strings"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/storage/disk"
)

// looks is a context that counts how often it is asked whether it has ended, and ends at one
// of these times (0: never).
type looks struct {
	context.Context
	n, end int
}

func (l *looks) Err() error {
	if l.n++; l.end > 0 && l.n >= l.end {
		return context.Canceled
	}
	return nil
}

// numbers are n rows: i·7919 mod n, and i mod groups.
func numbers(b *Builder, n, groups int) Ref {
	return b.Generate([]col.Type{col.Int8, col.Int8}, func(emit Emit) error {
		out := col.NewBatch(col.Int8, col.Int8)
		for i := 0; i < n; i += out.N {
			out.Reset()
			for k := i; k < min(i+col.BatchRows, n); k++ {
				out.Cols[0].AppendI64(int64(k * 7919 % n))
				out.Cols[1].AppendI64(int64(k % groups))
				out.Grow(out.N+1, 1)
			}
			if err := emit(out); err != nil {
				return err
			}
		}
		return nil
	})
}

func never(b *Builder) expr.Expr {
	p, err := expr.CallOperator(b.ctx, "<", expr.NewColumn(0, col.Int8), expr.NewColumn(2, col.Int8))
	if err != nil {
		panic(err)
	}
	q, err := expr.CallOperator(b.ctx, ">", expr.NewColumn(0, col.Int8), expr.NewColumn(2, col.Int8))
	if err != nil {
		panic(err)
	}
	return expr.NewAnd(p, q)
}

// TestComputationsAskWhetherToEnd runs what may take long without a row for anybody, and
// counts how often it asks for its end: once for each so many rows, pairs or comparisons. Then
// it ends it in the middle, and nothing more may be asked or come out.
func TestComputationsAskWhetherToEnd(t *testing.T) {
	const rows = 1 << 15
	clock := int64(1000)
	e := open(t, disk.NewMem(1), newWorld(), &clock)
	defer e.Abandon()
	for _, c := range []struct {
		name  string
		work  int // rows, pairs or comparisons, at least
		build func(b *Builder) Ref
	}{
		{"series", rows, func(b *Builder) Ref { return numbers(b, rows, rows) }},
		{"sort", 10 * rows, func(b *Builder) Ref { return b.Sort(numbers(b, rows, 2), []OrderBy{{Col: 1}, {Col: 0}}, -1, 0) }},
		{"groups", 2 * rows, func(b *Builder) Ref { return b.Distinct(numbers(b, rows, rows)) }},
		{"cross join", rows * 32, func(b *Builder) Ref {
			return b.Join(numbers(b, rows, 1), numbers(b, 32, 1), JoinSpec{})
		}},
		{"nested loop without a pair", rows * 32, func(b *Builder) Ref {
			return b.Join(numbers(b, rows, 1), numbers(b, 32, 1), JoinSpec{Residual: never(b)})
		}},
		{"outer nested loop", rows * 32, func(b *Builder) Ref {
			return b.Join(numbers(b, rows, 1), numbers(b, 32, 1), JoinSpec{Kind: Full, Residual: never(b)})
		}},
		{"semi nested loop", rows * 32, func(b *Builder) Ref {
			return b.Join(numbers(b, rows, 1), numbers(b, 32, 1), JoinSpec{Kind: Anti, Residual: never(b)})
		}},
		{"range join", rows, func(b *Builder) Ref {
			return b.Join(numbers(b, rows, 1), numbers(b, 32, 1), JoinSpec{Residual: never(b), Ranges: []RangeKey{{Left: 0, Right: 0, Op: "<"}, {Left: 0, Right: 0, Op: ">"}}})
		}},
		{"hash join without a pair", rows, func(b *Builder) Ref {
			return b.Join(numbers(b, rows, 1), numbers(b, 1, 1), JoinSpec{LeftKeys: []int{0}, RightKeys: []int{0}})
		}},
		{"hash table", rows, func(b *Builder) Ref {
			return b.Join(numbers(b, 1, 1), numbers(b, rows, 1), JoinSpec{LeftKeys: []int{0}, RightKeys: []int{0}})
		}},
		{"except all", rows, func(b *Builder) Ref { return b.SetOp(numbers(b, rows, 1), numbers(b, 1, 1), ExceptAll) }},
		{"rounds", rows / 8, func(b *Builder) Ref {
			return b.Fixpoint(numbers(b, 1, 1), []Ref{numbers(b, 1, 1)}, true, false, func(s *Builder, in Ref, beside []Ref) Ref {
				more, err := expr.CallOperator(b.ctx, "+", expr.NewColumn(0, col.Int8), expr.NewInt8(1))
				if err != nil {
					panic(err)
				}
				return s.Join(s.Project(in, []expr.Expr{more, expr.NewColumn(1, col.Int8)}), beside[0], JoinSpec{Residual: below(b, rows/8), Out: []int{0, 1}})
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := func(end int) (*looks, error) {
				snap := e.Snapshot()
				defer snap.Release()
				ctx := &looks{Context: context.Background(), end: end}
				return ctx, e.Run(ctx, &Query{Snapshot: snap, Ctx: fn.NewCtx(nil, 0), Build: c.build, Sink: func(*col.Batch) error { return nil }})
			}
			all, err := run(0)
			if err != nil {
				t.Fatal(err)
			}
			if least := c.work / (4 * stopEvery); all.n < least {
				t.Errorf("asked %d times in the course of %d, at least %d are needed", all.n, c.work, least)
			}
			cut, err := run(all.n / 2)
			if pgerr.CodeOf(err) != pgerr.QueryCanceled {
				t.Errorf("ended at the %d'th of %d times with %v", all.n/2, all.n, err)
			}
			if cut.n > all.n/2+16 {
				t.Errorf("asked %d times, ended at the %d'th", cut.n, all.n/2)
			}
			if used := e.pool.Used(); used > 1<<20 {
				t.Errorf("%d bytes are held by a query that was ended", used)
			}
		})
	}
}

// below is the condition that column 0 is below a number.
func below(b *Builder, n int64) expr.Expr {
	p, err := expr.CallOperator(b.ctx, "<", expr.NewColumn(0, col.Int8), expr.NewInt8(n))
	if err != nil {
		panic(err)
	}
	return p
}

// TestLongKeysAreWork sorts rows of a megabyte, few of them, and looks whether the statement is to end
// between any two comparisons.
func TestLongKeysAreWork(t *testing.T) {
	b := col.NewBatch(col.Text)
	for i := range 8 {
		b.Cols[0].AppendString(strings.Repeat("x", 1<<20) + string(rune('h'-i)))
		b.Grow(b.N+1, 1)
	}
	asked := &looks{Context: context.Background()}
	order := rowOrder{by: []OrderBy{{Col: 0}}, stop: &stopper{ctx: asked, left: stopEvery}}
	order.over(b)
	if asked.n < b.N {
		t.Errorf("%d looks while %d prefixes are made", asked.n, b.N)
	}
	before := asked.n
	if order.first(firstPlaces(b.N), -1, false); asked.n-before < b.N-1 {
		t.Errorf("%d looks while %d rows are sorted", asked.n-before, b.N)
	}
}
