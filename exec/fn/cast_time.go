package fn

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
)

var (
	_ = cast("date timestamp", Implicit, "Midnight of a date.", row1e(datetime.DateToTimestamp), Fallible)
	_ = cast("date timestamptz", Implicit, "Midnight of a date on the session's clocks.", row1c(func(c *Ctx, d int32) (int64, error) { return datetime.DateToTimestamptz(d, c.zone()) }), Fallible, IsStable)
	_ = cast("timestamp timestamptz", Implicit, "The time at which the session's clocks show a timestamp.", row1c(func(c *Ctx, t int64) (int64, error) { return datetime.FromLocal(t, c.zone()), nil }), IsStable)
	_ = cast("timestamptz timestamp", Assignment, "A time on the session's clocks.", row1c(func(c *Ctx, t int64) (int64, error) { return datetime.ToLocal(t, c.zone()), nil }), IsStable)
	_ = cast("timestamp date", Assignment, "The date of a timestamp.", row1(datetime.TimestampToDate))
	_ = cast("timestamptz date", Assignment, "The date of a time on the session's clocks.", row1c(func(c *Ctx, t int64) (int32, error) {
		return datetime.TimestampToDate(datetime.ToLocal(t, c.zone())), nil
	}), IsStable)
	_ = cast("timestamp time", Assignment, "The time of day of a timestamp.", row1e(timeOfDay), Fallible)
	_ = cast("timestamptz time", Assignment, "The time of day of a time on the session's clocks.", row1c(func(c *Ctx, t int64) (int64, error) { return timeOfDay(datetime.ToLocal(t, c.zone())) }), Fallible, IsStable)
	_ = cast("time interval", Implicit, "The time since midnight.", row1(func(t int64) interval { return interval{Micros: t} }))
	_ = cast("interval time", Assignment, "The time of day of an interval.", row1(interval.ToTimeOfDay))

	_ = timeLength("time")
	_ = timeLength("timestamp")
	_ = timeLength("timestamptz")
	_ = length(intervalLength, intervalLength)
)

var intervalLength = scalar("interval(interval) interval", "Keeps the fields and digits that the type has.", func(c *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
	row1e(func(iv interval) (interval, error) { return datetime.ApplyIntervalTypmod(iv, out.Type.Mod) })(c, a, sel, n, out)
}, Fallible)

func timeOfDay(t int64) (int64, error) {
	tod, ok := datetime.TimestampToTime(t)
	if !ok {
		return 0, errNull
	}
	return tod, nil
}

// timeLength registers the rounding of a type to its precision.
func timeLength(typ string) struct{} {
	s := scalar(typ+"("+typ+") "+typ, "Rounds to the type's precision.", func(_ *Ctx, a []*col.Vector, sel []uint32, n int, out *col.Vector) {
		m := mask(a[0], n)
		span(sel, n, func(i int) { out.I64[i] = datetime.RoundTime(a[0].I64[i&m], out.Type.Mod) })
	})
	return length(s, s)
}
