package oracle

import (
	"math"
	"math/big"
	"slices"
	"testing"
)

func keys(rows []Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Key())
	}
	slices.Sort(out)
	return out
}

func expect(t *testing.T, n Node, db Database, want ...string) {
	t.Helper()
	if got := keys(n.Rows(db)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func ints(v ...any) Row {
	var r Row
	for _, x := range v {
		if i, ok := x.(int); ok {
			r = append(r, IntOf(int64(i)))
		} else {
			r = append(r, Value{})
		}
	}
	return r
}

// The expected rows of these tests are PostgreSQL's.
func TestJoins(t *testing.T) {
	db := Database{"l": {ints(1, 10), ints(2, 20), ints(nil, 30)}, "r": {ints(1, 1), ints(1, 2), ints(nil, 3), ints(4, 4)}}
	join := func(k JoinKind) Join {
		return Join{Kind: k, Left: Table{Name: "l"}, Right: Table{Name: "r"}, LeftWidth: 2, RightWidth: 2, On: Comparison("=", Col(0), Col(2))}
	}
	expect(t, join(Inner), db, "1 | 10 | 1 | 1", "1 | 10 | 1 | 2")
	expect(t, join(LeftOuter), db, "1 | 10 | 1 | 1", "1 | 10 | 1 | 2", "2 | 20 | NULL | NULL", "NULL | 30 | NULL | NULL")
	expect(t, join(RightOuter), db, "1 | 10 | 1 | 1", "1 | 10 | 1 | 2", "NULL | NULL | 4 | 4", "NULL | NULL | NULL | 3")
	expect(t, join(FullOuter), db, "1 | 10 | 1 | 1", "1 | 10 | 1 | 2", "2 | 20 | NULL | NULL", "NULL | 30 | NULL | NULL", "NULL | NULL | 4 | 4", "NULL | NULL | NULL | 3")
	expect(t, join(Semi), db, "1 | 10")
	expect(t, join(Anti), db, "2 | 20", "NULL | 30")
}

func TestSets(t *testing.T) {
	db := Database{"l": {ints(1), ints(2), ints(2), ints(2), ints(nil), ints(nil)}, "r": {ints(2), ints(3), ints(nil)}}
	expect(t, Except{Table{Name: "l"}, Table{Name: "r"}}, db, "1", "2", "2", "NULL")
	expect(t, Except{Table{Name: "r"}, Table{Name: "l"}}, db, "3")
	expect(t, Intersect{Table{Name: "l"}, Table{Name: "r"}}, db, "2", "NULL")
	expect(t, Intersect{Table{Name: "l"}, Table{Name: "l"}}, db, "1", "2", "2", "2", "NULL", "NULL")
}

func TestIn(t *testing.T) {
	db := Database{"l": {ints(1), ints(2), ints(nil)}, "r": {ints(1), ints(nil)}, "s": {ints(1)}, "none": nil}
	in := func(list string, not bool) Node {
		return InQuery{In: Table{Name: "l"}, X: Col(0), List: Table{Name: list}, Not: not}
	}
	expect(t, in("r", false), db, "1")
	expect(t, in("r", true), db)
	expect(t, in("s", true), db, "2")
	expect(t, in("none", true), db, "1", "2", "NULL")
}

func TestGroups(t *testing.T) {
	db := Database{"t": {ints(1, 5), ints(1, nil), ints(1, 5), ints(nil, 7), ints(nil, 8)}, "none": nil}
	aggs := []Aggregate{{Function: "count"}, {Function: "count", Arg: Col(1)}, {Function: "count", Arg: Col(1), Distinct: true},
		{Function: "sum", Arg: Col(1)}, {Function: "avg", Arg: Col(1)}, {Function: "max", Arg: Col(1)},
		{Function: "count", Filter: Comparison(">", Col(1), Const(IntOf(7)))}}
	expect(t, Group{In: Table{Name: "t"}, Keys: []Expr{Col(0)}, Aggs: aggs}, db, "1 | 3 | 2 | 1 | 10 | 5 | 5 | 0", "NULL | 2 | 2 | 2 | 15 | 7.5 | 8 | 1")
	expect(t, Group{In: Table{Name: "none"}, Aggs: aggs}, db, "0 | 0 | 0 | NULL | NULL | NULL | 0")
	expect(t, Group{In: Table{Name: "none"}, Keys: []Expr{Col(0)}, Aggs: aggs}, db)
}

func TestOrders(t *testing.T) {
	db := Database{"t": {ints(3), ints(1), ints(nil), ints(2), ints(2)}}
	expect(t, Limit{In: Table{Name: "t"}, By: []Order{{Expr: Col(0), Desc: true, NullsFirst: true}}, Limit: 2, Offset: 1}, db, "2", "3")
	by := []Order{{Expr: Col(0)}}
	expect(t, Rank{In: Table{Name: "t"}, Function: "row_number", By: by}, db, "1 | 1", "2 | 2", "2 | 3", "3 | 4", "NULL | 5")
	expect(t, Rank{In: Table{Name: "t"}, Function: "rank", By: by}, db, "1 | 1", "2 | 2", "2 | 2", "3 | 4", "NULL | 5")
	expect(t, Rank{In: Table{Name: "t"}, Function: "dense_rank", By: by}, db, "1 | 1", "2 | 2", "2 | 2", "3 | 3", "NULL | 4")
}

func TestLogic(t *testing.T) {
	null, yes, no := Const(Value{}), Const(BoolOf(true)), Const(BoolOf(false))
	fails := Comparison("=", Arith("/", Const(IntOf(1)), Const(IntOf(0))), Const(IntOf(1)))
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{And(null, no), "false"}, {And(null, yes), "NULL"}, {Or(null, yes), "true"}, {Or(null, no), "NULL"}, {Not(null), "NULL"},
		{And(no, fails), "false"}, {And(yes, fails), "ERROR"}, {Case(no, fails, yes), "true"}, {Coalesce(null, yes), "true"},
		{Same(null, null), "true"}, {Same(null, yes), "false"}, {In(Const(IntOf(1)), Const(IntOf(2)), null), "NULL"},
		{Arith("+", null, Const(IntOf(1))), "NULL"}, {Round(Const(NumericOf(big.NewRat(-5, 2)))), "-3"},
	} {
		if got := c.e(nil).Key(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestFloats(t *testing.T) {
	inf, nan := FloatOf(math.Inf(1)), FloatOf(math.NaN())
	if Compare(nan, inf) != 1 || Compare(nan, nan) != 0 || FloatOf(math.Copysign(0, -1)).Key() != "0" {
		t.Error("NaN lies above all others and equals itself, and there is one zero")
	}
	for want, in := range map[string][]Value{
		"1": {FloatOf(1e20), FloatOf(1), FloatOf(-1e20)}, "+Inf": {inf, FloatOf(1)}, "NaN": {inf, FloatOf(math.Inf(-1))},
	} {
		if got := sum(in).Key(); got != want {
			t.Errorf("the sum of %v is %s instead of %s", in, got, want)
		}
	}
}

func TestWindows(t *testing.T) {
	db := Database{"s": {{TimeOf(11_000_000)}, {Value{}}}}
	expect(t, Windows{In: Table{Name: "s"}, Slide: 5_000_000, Size: 10_000_000}, db,
		"1970-01-01 00:00:11 | 1970-01-01 00:00:05 | 1970-01-01 00:00:15", "1970-01-01 00:00:11 | 1970-01-01 00:00:10 | 1970-01-01 00:00:20", "NULL | NULL | NULL")
}

func TestLateral(t *testing.T) {
	db := Database{"l": {ints(1), ints(2), ints(nil)}, "r": {ints(1, 5), ints(1, nil), ints(3, 7)}}
	of := func(outer Row) Node {
		return Filter{In: Table{Name: "r"}, Pred: Comparison("=", Const(outer[0]), Col(0))}
	}
	expect(t, Lateral{In: Table{Name: "l"}, Of: of}, db, "1 | 1 | 5", "1 | 1 | NULL")
	expect(t, Lateral{In: Table{Name: "l"}, Of: of, Outer: true, Width: 2}, db, "1 | 1 | 5", "1 | 1 | NULL", "2 | NULL | NULL", "NULL | NULL | NULL")
	quantified := func(op string, all bool) Node {
		return WithValue{In: Table{Name: "l"}, Of: func(o Row) Node { return Project{In: of(o), Exprs: []Expr{Col(1)}} },
			Value: func(o Row, rows []Row) Value { return Quantified(op, all, o[0], rows) }}
	}
	expect(t, quantified("<", false), db, "1 | true", "2 | false", "NULL | false")
	expect(t, quantified("<", true), db, "1 | NULL", "2 | true", "NULL | true")
	expect(t, quantified("=", true), db, "1 | false", "2 | true", "NULL | true")
}
