package exec

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/exec/agg"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/exec/over"
	"github.com/millracedb/millrace/storage/disk"
)

// call is an aggregate of columns of words.
func callOf(id string, ret col.Type, args ...int) AggregateCall {
	return AggregateCall{Agg: agg.ByID(id), Args: args, Filter: -1, Ret: ret}
}

func orderedCall(id string, ret col.Type, direct expr.Expr, by int) AggregateCall {
	c := callOf(id, ret, by)
	c.Order = []OrderBy{{Col: by}}
	if direct != nil {
		c.Direct = []expr.Expr{direct}
	}
	return c
}

func distinctCall(id string, args ...int) AggregateCall {
	c := callOf(id, col.Type{}, args...)
	c.Distinct = true
	return c
}

func numbersType() col.Type {
	t, _ := col.Int8.Array()
	return t
}

func half() expr.Expr {
	v := col.NewVector(col.Float8)
	v.AppendF64(0.5)
	return expr.NewConst(v)
}

func text(s string) expr.Expr {
	v := col.NewVector(col.Text)
	v.AppendString(s)
	return expr.NewConst(v)
}

// inGroups aggregates many words, in one group and in some.
func inGroups(groups int, calls ...AggregateCall) func(b *Builder) Ref {
	return func(b *Builder) Ref {
		s := AggregateSpec{Aggs: calls}
		in := words(b, 30000, 9000)
		if groups > 1 {
			by, err := expr.CallOperator(b.ctx, "%", expr.NewColumn(1, col.Int8), expr.NewInt8(int64(groups)))
			if err != nil {
				panic(err)
			}
			in = b.Project(in, []expr.Expr{expr.NewColumn(0, col.Text), expr.NewColumn(1, col.Int8), by})
			s.Group = []int{2}
		}
		return b.Aggregate(in, s)
	}
}

// spilledGroups are what is kept of one group, of partitions, and of times.
var spilledGroups = []spillingCase{
	{"count distinct in one group", inGroups(1, distinctCall("count(any)", 0), distinctCall("count(any)", 1), callOf("sum(int8)", col.Type{}, 1))},
	{"sum distinct in few groups", inGroups(7, distinctCall("sum(int8)", 1), distinctCall("count(any)", 0))},
	{"array_agg of one group", inGroups(1, callOf("array_agg(anynonarray)", numbersType(), 1))},
	{"array_agg in order, of few groups", inGroups(7, orderedCall("array_agg(anynonarray)", numbersType(), nil, 1))},
	{"percentiles and ranks", inGroups(3, orderedCall("percentile_disc(float8,anyelement)", col.Text, half(), 0), orderedCall("mode(anyelement)", col.Text, nil, 0),
		orderedCall("rank(variadic any)", col.Type{}, text("the key of a row, number 7"), 0), orderedCall("dense_rank(variadic any)", col.Type{}, text("the key of a row, number 7"), 0))},
	{"the first of partitions", func(b *Builder) Ref {
		return b.TopN(words(b, 30000, 9000), TopNSpec{Partition: []int{0}, Order: []OrderBy{{Col: 1, Order: col.Order{Desc: true}}}, Limit: 2, EmitRank: true})
	}},
	{"behind the first of partitions", func(b *Builder) Ref {
		return b.TopN(words(b, 30000, 9000), TopNSpec{Partition: []int{0}, Order: []OrderBy{{Col: 1}}, Limit: 2, Offset: 1, Rank: Rank})
	}},
	{"as of", func(b *Builder) Ref {
		return b.AsOf(words(b, 9000, 4000), words(b, 9000, 3000), AsOfSpec{LeftKeys: []int{0}, RightKeys: []int{0}, LeftTime: 1, RightTime: 1, Outer: true, Arrival: true})
	}},
}

// TestFewRowsStayInMemory has one partition whose first rows have room, though its rows have not.
func TestFewRowsStayInMemory(t *testing.T) {
	e, fs := openEmpty(t)
	got, err := answer(e, &Query{WorkMem: 1 << 16, Cap: 2 << 20, Build: func(b *Builder) Ref {
		return b.TopN(words(b, 60000, 50), TopNSpec{Partition: []int{0}, Order: []OrderBy{{Col: 1}}, Limit: 3, Rank: Rank})
	}})
	if err != nil || len(got) != 150 {
		t.Errorf("%d rows, %v", len(got), err)
	}
	if n := e.spilled.Files.Load(); n > 0 {
		t.Errorf("%d files", n)
	}
	nothingLeft(t, e, fs)
}

// TestRunsAreMergedInLevels sorts so many runs that no more than a few files may be open.
func TestRunsAreMergedInLevels(t *testing.T) {
	e, fs := openEmpty(t)
	most, open := 0, map[string]bool{}
	fs.Hook(func(c disk.Call) error {
		switch c.Op {
		case disk.OpCreate:
			open[c.Name] = true
		case disk.OpRemove:
			delete(open, c.Name)
		}
		most = max(most, len(open))
		return nil
	})
	last, n := int64(-1), 0
	q := &Query{Snapshot: e.Snapshot(), Ctx: fn.NewCtx(nil, 0), WorkMem: 1 << 12, Build: func(b *Builder) Ref {
		return b.Sort(words(b, 60000, 9000), []OrderBy{{Col: 1}}, -1, 0)
	}, Sink: func(b *col.Batch) error {
		for i := range b.Len() {
			if v := b.Cols[1].I64[b.Row(i)]; v <= last {
				return fmt.Errorf("%d comes after %d", v, last)
			} else {
				last, n = v, n+1
			}
		}
		return nil
	}}
	defer q.Snapshot.Release()
	if err := e.Run(context.Background(), q); err != nil || n != 60000 {
		t.Errorf("%d rows, %v", n, err)
	}
	if most > 24 {
		t.Errorf("%d files are open at a time", most)
	}
	nothingLeft(t, e, fs)
}

// TestWhatCannotSpillEndsAtItsLimit has operators that keep rows whole, and a result that is too
// great, end at the query's cap.
func TestWhatCannotSpillEndsAtItsLimit(t *testing.T) {
	e, fs := openEmpty(t)
	for name, build := range map[string]func(b *Builder) Ref{
		"the array of a group": inGroups(1, callOf("array_agg(anynonarray)", col.TextArray, 0)),
		"a window over all rows": func(b *Builder) Ref {
			return b.Over(words(b, 60000, 9000), OverSpec{Order: []OrderBy{{Col: 1}}, Calls: []over.Call{{Func: windowFunction("row_number"), Filter: -1, Ret: col.Int8}}})
		},
		"the first ranks of all rows": func(b *Builder) Ref {
			return b.TopN(words(b, 60000, 9000), TopNSpec{Order: []OrderBy{{Col: 1}}, Limit: 50000, Rank: DenseRank})
		},
		"as of without a key": func(b *Builder) Ref {
			return b.AsOf(words(b, 30000, 4000), words(b, 30000, 3000), AsOfSpec{LeftTime: 1, RightTime: 1})
		},
		"rows that are computed": func(b *Builder) Ref {
			long, err := expr.CallNamed(b.ctx, "repeat", expr.NewColumn(0, col.Text), expr.NewConst(thousand()))
			if err != nil {
				panic(err)
			}
			return b.Project(words(b, 9000, 9000), []expr.Expr{long})
		},
	} {
		_, err := answer(e, &Query{WorkMem: 1 << 16, Cap: 1 << 20, Raise: "Raise it.", Build: build})
		if x := pgerr.From(err); x == nil || x.Code != pgerr.OutOfMemory || x.Hint != "Raise it." {
			t.Errorf("%s: %v", name, err)
		}
		nothingLeft(t, e, fs)
	}
}

func thousand() *col.Vector {
	v := col.NewVector(col.Int4)
	v.AppendI32(1000)
	return v
}

// TestADiskThatFillsEndsTheQuery has each write to a temporary file fail in turn, for want of
// room and by a defect of the disk: the query ends, nothing is left behind, and the next runs.
func TestADiskThatFillsEndsTheQuery(t *testing.T) {
	e, fs := openEmpty(t)
	queries := map[string]func(b *Builder) Ref{
		"join":            spilledJoin(Full, false),
		"distinct values": inGroups(1, distinctCall("count(any)", 0)),
		"values in order": inGroups(1, orderedCall("mode(anyelement)", col.Text, nil, 0)),
		"sort":            func(b *Builder) Ref { return b.Sort(words(b, 30000, 9000), []OrderBy{{Col: 0}}, -1, 0) },
	}
	for name, build := range queries {
		for _, fault := range []struct {
			err  error
			code string
		}{{syscall.ENOSPC, pgerr.DiskFull}, {syscall.EDQUOT, pgerr.DiskFull}, {syscall.EIO, pgerr.IOError}} {
			for _, op := range []disk.Op{disk.OpCreate, disk.OpWrite, disk.OpRead} {
				if op == disk.OpRead && fault.code == pgerr.DiskFull {
					continue
				}
				calls, at := 0, 0
				fs.Hook(func(c disk.Call) error {
					if c.Op != op || !strings.HasPrefix(c.Name, tempFolder+"/") {
						return nil
					}
					if calls++; calls == at {
						return fault.err
					}
					return nil
				})
				q := func() error {
					_, err := answer(e, &Query{WorkMem: 1 << 16, Build: build})
					return err
				}
				if err := q(); err != nil || calls == 0 {
					t.Fatalf("%s: %d calls of %s, %v", name, calls, op, err)
				}
				for _, at = range []int{1, calls / 2, calls} {
					calls = 0
					if x := pgerr.From(q()); x == nil || x.Code != fault.code || x.Code == pgerr.DiskFull && !strings.Contains(x.Message, "No space left on device") {
						t.Errorf("%s, %s %d fails with %v: %v", name, op, at, fault.err, x)
					}
					nothingLeft(t, e, fs)
				}
			}
		}
	}
	fs.Hook(nil)
}
