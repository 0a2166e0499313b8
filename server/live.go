package server

import (
	"context"
	"strconv"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/planner"
)

// liveRows adds rows, each the texts of its values, to a system relation that tells of the
// running server.
type liveRows func(ctx context.Context, q *catalog.Request, add func(fields ...string)) error

// null is the field of a NULL.
const null = `\N`

// live makes the rows of the system relations that tell of the running server, as the
// asking session sees them.
func (s *Server) live(asking *Session) catalog.Generators {
	out := catalog.Generators{"pg_catalog.pg_proc": planner.Procs}
	own := func(name string, rows liveRows) { out["millrace."+name] = generator(catalog.Millrace, name, rows) }
	own("sessions", s.sessionRows)
	own("settings", asking.settingRows)
	own("jobs", s.jobs.rows)
	own("ticks", s.tickRows)
	own("watermarks", s.watermarkRows)
	own("memory", s.memoryRows)
	own("dataflows", s.dataflowRows)
	own("operators", s.operatorRows)
	own("arrangements", s.arrangementRows)
	system := func(name string, rows liveRows) {
		out["pg_catalog."+name] = generator(catalog.PgCatalog, name, rows)
	}
	system("pg_settings", asking.pgSettingRows)
	system("pg_stat_activity", s.activityRows)
	system("pg_cast", castRows)
	system("pg_stats", s.statisticRows)
	system("pg_timezone_names", zoneRows)
	return out
}

func generator(schema catalog.OID, name string, rows liveRows) catalog.Generator {
	return func(ctx context.Context, q *catalog.Request, emit func(*col.Batch) error) error {
		b := col.NewBatch(q.Catalog.Named(schema, name).Types()...)
		var failed error
		err := rows(ctx, q, func(fields ...string) {
			if failed == nil {
				failed = catalog.AppendTexts(b, fields)
			}
			if failed == nil && b.N >= col.BatchRows {
				failed = emit(b)
				b.Reset()
			}
		})
		switch {
		case err != nil:
			return err
		case failed != nil || b.N == 0:
			return failed
		}
		return emit(b)
	}
}

func decimal[T ~int | ~int64 | ~uint32 | ~uint64](n T) string { return strconv.FormatInt(int64(n), 10) }

func truth(b bool) string {
	if b {
		return "t"
	}
	return "f"
}

func orNull(s string) string {
	if s == "" {
		return null
	}
	return s
}

// instant is a time of the wall clock as timestamptz; NULL for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return null
	}
	return timeText(datetime.FromTime(t))
}

func timeText(micros int64) string {
	return string(datetime.AppendTimestamptz(nil, micros, &datetime.Settings{}))
}

func intervalOf(d time.Duration) string { return decimal(d.Microseconds()) + " microseconds" }

// relationName is a relation's name, with its schema where the session's path does not
// lead to it; the name that its owner knows when the request's catalog has none of that
// number.
func relationName(q *catalog.Request, oid uint32, name string) string {
	if q.Catalog.Relation(catalog.OID(oid)) == nil {
		return name
	}
	return q.Catalog.RelationName(q.Path, catalog.OID(oid))
}
