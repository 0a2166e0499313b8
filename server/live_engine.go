package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
)

func (s *Server) tickRows(ctx context.Context, _ *catalog.Request, add func(...string)) error {
	if err := s.engine.Inspect(ctx, func() {}); err != nil { // lets the ticks before this be noted
		return err
	}
	for _, t := range s.engine.Ticks() {
		add(decimal(t.Tick), timeText(t.Now), decimal(t.Commits), decimal(t.Changes), intervalOf(t.Duration))
	}
	return nil
}

func (s *Server) watermarkRows(ctx context.Context, q *catalog.Request, add func(...string)) error {
	late, err := s.lateCounts(ctx)
	if err != nil {
		return err
	}
	for _, r := range s.engine.Stores() {
		if !r.Timed {
			continue
		}
		name, count := relationName(q, r.OID, r.Name), decimal(late[r.Title])
		if len(r.Partitions) == 0 {
			add(name, null, instantOf(r.Watermark), null, null, null, count)
		}
		for _, p := range r.Partitions {
			add(name, p.Name, instantOf(r.Watermark), strconv.FormatBool(p.Idle), instantOf(p.Greatest), timeText(p.Last), count)
		}
	}
	return nil
}

// instantOf is a watermark or an event time as text.
func instantOf(us int64) string {
	if us == exec.NoWatermark {
		return null
	}
	return timeText(us)
}

// lateCounts counts the rows of millrace.late_rows by their streams.
func (s *Server) lateCounts(ctx context.Context) (map[string]int64, error) {
	store, err := s.engine.Store(exec.LateOID)
	if err != nil {
		return nil, err
	}
	snap := s.engine.Snapshot()
	defer snap.Release()
	out := map[string]int64{}
	for b, err := range store.At(snap.Tick, []int{0}, tableAll) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for i := range b.Len() {
			r := b.Row(i)
			out[b.Cols[0].String(r)] += b.Weight(r)
		}
	}
	return out, nil
}

// memoryRows tells of the memory outside of the Go heap: in all, and by the views' states
// and what queries hold; and of the bytes of each relation's rows.
func (s *Server) memoryRows(ctx context.Context, q *catalog.Request, add func(...string)) error {
	flows, err := s.engine.Dataflows(ctx)
	if err != nil {
		return err
	}
	p, limit := s.engine.Pool(), null
	if p.Budget() > 0 {
		limit = decimal(p.Budget())
	}
	used := p.Used()
	add("operator state", decimal(used), limit)
	for _, d := range flows {
		add("state of "+relationName(q, d.OID, d.Name), decimal(d.StateBytes), null)
		used -= d.StateBytes
	}
	shared, err := s.engine.Arrangements(ctx)
	if err != nil {
		return err
	}
	for _, a := range shared {
		if a.Relation != 0 {
			add("arrangement of "+relationName(q, a.Relation, "")+" by "+strings.Join(a.Key, ", "), decimal(a.StateBytes), null)
			used -= a.StateBytes
		}
	}
	add("state of queries and reserves", decimal(max(used, 0)), null)
	for _, r := range s.engine.Stores() {
		add("rows of "+relationName(q, r.OID, r.Name), decimal(r.Bytes), null)
	}
	return nil
}

func (s *Server) dataflowRows(ctx context.Context, q *catalog.Request, add func(...string)) error {
	flows, err := s.engine.Dataflows(ctx)
	for _, d := range flows {
		state, message := "running", null
		if d.Failure != nil {
			state, message = "out of service", d.Failure.Message
		}
		add(relationName(q, d.OID, d.Name), state, decimal(len(d.Operators)), decimal(d.StateRows), decimal(d.StateBytes), decimal(d.Errors), message)
	}
	return err
}

func (s *Server) operatorRows(ctx context.Context, q *catalog.Request, add func(...string)) error {
	flows, err := s.engine.Dataflows(ctx)
	for _, d := range flows {
		for _, o := range d.Operators {
			detail := null
			if o.Arranged {
				detail = "by columns " + columnPlaces(o.Key)
			}
			if o.Shared {
				detail += ", shared"
			}
			add(relationName(q, d.OID, d.Name), decimal(o.Node), o.Name, detail, decimal(o.RowsIn), decimal(o.RowsOut),
				decimal(o.StateRows), decimal(o.StateBytes), intervalOf(o.Busy), decimal(o.Workers), skewOf(o))
		}
	}
	return err
}

// skewOf is how unevenly an operator's rows came to its workers.
func skewOf(o exec.OperatorInfo) string {
	if o.RowsIn == 0 {
		return null
	}
	return strconv.FormatFloat(float64(o.MostIn)*float64(o.Workers)/float64(o.RowsIn), 'f', 2, 64)
}

func (s *Server) arrangementRows(ctx context.Context, q *catalog.Request, add func(...string)) error {
	list, err := s.engine.Arrangements(ctx)
	for _, a := range list {
		rows := []string{null, columnPlaces(a.Places), null, null, relationName(q, a.View, a.Name), decimal(a.Node)}
		if a.Relation != 0 {
			var sharers []string
			for _, oid := range a.Sharers {
				sharers = append(sharers, strconv.Quote(relationName(q, oid, "")))
			}
			rows = []string{relationName(q, a.Relation, ""), strings.Join(a.Key, ", "), strings.Join(a.Columns, ", "),
				"{" + strings.Join(sharers, ",") + "}", null, null}
		}
		add(append(rows, decimal(a.Readers), decimal(a.StateRows), decimal(a.StateBytes))...)
	}
	return err
}

// columnPlaces names columns by their places, counted from 1.
func columnPlaces(cols []int) string {
	var out []string
	for _, c := range cols {
		out = append(out, strconv.Itoa(c+1))
	}
	return strings.Join(out, ", ")
}
