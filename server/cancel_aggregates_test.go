package server

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/agg"
)

// TestEveryAggregateEnds cancels every aggregate, over long values and over many rows, with DISTINCT
// and ORDER BY where it takes them, and as a window function. By itself the test takes one form of
// each, and has patience with a busy machine; as a measurement of all:
//
//	MILLRACE_CANCEL_WITHIN=100ms go test -run TestEveryAggregateEnds -v ./server
func TestEveryAggregateEnds(t *testing.T) {
	within, measured := 5*time.Second, false
	if d, err := time.ParseDuration(os.Getenv("MILLRACE_CANCEL_WITHIN")); err == nil {
		within, measured = d, true
	}
	f, asked, ended := start(t), 0, 0
	for i, a := range agg.All() {
		forms := aggregateForms(a)
		if !measured {
			forms = forms[i%len(forms):][:1]
		}
		for _, sql := range forms {
			asked++
			late, was := f.lateAggregate(sql, within, measured)
			if was {
				ended++
			}
			if late > within {
				t.Errorf("%s ended %v after it was cancelled", sql, late)
			}
		}
	}
	t.Logf("%d of %d statements ended because they were cancelled", ended, asked)
	if ended < asked/4 {
		t.Errorf("only %d of %d statements took long enough to be cancelled", ended, asked)
	}
}

// lateAggregate cancels a statement at some points of its time, and tells of the latest end, and whether
// it ended by that.
func (f *fixture) lateAggregate(sql string, within time.Duration, measured bool) (latest time.Duration, ended bool) {
	points := []time.Duration{10 * time.Millisecond}
	if measured {
		points = []time.Duration{5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond}
	}
	for _, after := range points {
		late, was := f.cancelAfter(sql, after)
		for again := 0; again < 3 && late > within; again++ { // the machine may do other things
			next, _ := f.cancelAfter(sql, after)
			late = min(late, next)
		}
		latest, ended = max(latest, late), ended || was
		if !was {
			break
		}
	}
	return latest, ended
}

// aggregateForms are statements with a call of an aggregate.
func aggregateForms(a *agg.Aggregate) (forms []string) {
	for _, rows := range []struct {
		n    int
		long bool
	}{{12, true}, {400_000, false}} {
		var args []string
		for _, t := range a.Args {
			args = append(args, aggregateArg(t, rows.long))
		}
		if a.Steady > 0 { // the arguments from there on are constants
			for k := a.Steady; k < len(args); k++ {
				args[k] = map[bool]string{true: "0.5", false: "100"}[k == a.Steady]
			}
		}
		list := strings.Join(args, ", ")
		from := fmt.Sprintf(" FROM generate_series(1, %d) AS g", rows.n)
		switch how := a.Collecting; {
		case len(a.Args) == 0:
			forms = append(forms, "SELECT "+a.Name+"(*)"+from, "SELECT "+a.Name+"(*) OVER (ORDER BY g)"+from)
		case how != nil && how.Hypothetic:
			forms = append(forms, "SELECT "+a.Name+"(7) WITHIN GROUP (ORDER BY g)"+from)
		case how != nil && how.WithinGroup:
			direct := map[bool]string{true: "0.5", false: ""}[len(args) > 1]
			forms = append(forms, "SELECT "+a.Name+"("+direct+") WITHIN GROUP (ORDER BY "+args[len(args)-1]+")"+from)
		default:
			forms = append(forms, "SELECT "+a.Name+"("+list+")"+from,
				"SELECT "+a.Name+"(DISTINCT "+list+")"+from,
				"SELECT "+a.Name+"("+list+" ORDER BY g DESC)"+from,
				"SELECT g % 7, "+a.Name+"("+list+")"+from+" GROUP BY 1",
				"SELECT count(x) FROM (SELECT "+a.Name+"("+list+") OVER (ORDER BY g ROWS 3 PRECEDING) AS x"+from+") AS w")
		}
	}
	return forms
}

// aggregateArg is an expression over g of a type, of many bytes where that can be.
func aggregateArg(t col.Type, long bool) string {
	size := 3
	if long {
		size = 1_200_000
	}
	text := fmt.Sprintf("(repeat('x', %d) || g)", size)
	if elem, ok := t.Element(); ok {
		return fmt.Sprintf("array_fill(%s, ARRAY[%d])", aggregateArg(elem, false), size/4+1)
	}
	switch t.OID {
	case col.Bytea.OID:
		return text + "::bytea"
	case col.JSON.OID, col.JSONB.OID:
		return "to_jsonb(" + text + ")::" + t.String()
	case col.Numeric.OID:
		return fmt.Sprintf("(repeat('9', %d) || '.' || g)::numeric", min(size, 100_000))
	case col.Bool.OID:
		return "(g % 2 = 0)"
	case col.Date.OID:
		return "(date '2000-01-01' + g % 9000)"
	case col.Time.OID:
		return "time '00:00:01'"
	case col.Timestamp.OID, col.Timestamptz.OID:
		return "(" + t.String() + " '2000-01-01' + g * interval '1 minute')"
	case col.Interval.OID:
		return "(g * interval '1 second')"
	case col.Int2.OID:
		return "(g % 30000)::int2"
	case col.Int4.OID, col.Int8.OID, col.OIDOid, col.Float4.OID, col.Float8.OID:
		return "g::" + t.String()
	}
	return text
}
