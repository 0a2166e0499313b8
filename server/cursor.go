package server

import (
	"context"
	"fmt"
	"time"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/sql/ast"
	"github.com/millracedb/millrace/sql/parse"
)

// cursor is a query whose rows a client takes as it likes (DECLARE), or a subscription whose
// changes it asks for (DECLARE … FOR SUBSCRIBE). A query is answered when it is declared: what
// the transaction does afterwards is not seen through it.
type cursor struct {
	columns  []col.Column
	formats  []int16
	rows     *col.Batch // those of a query; of a subscription, those that nobody has fetched
	at       int        // the row taken last, from 1; 0: before the first
	forwards bool       // NO SCROLL
	hold     bool       // WITH HOLD
	txn      *transaction
	changes  *changes // of a subscription
}

var (
	_ = statement((func(ctx context.Context, s *Session, x *ast.DeclareCursor, _ *output) (string, error) {
		return "DECLARE CURSOR", s.declare(ctx, x)
	}))
	_ = statement(func(ctx context.Context, s *Session, x *ast.Fetch, out *output) (string, error) {
		return s.fetch(ctx, x, out)
	})
	_ = command((*Session).closeCursor)
)

func (s *Session) declare(ctx context.Context, x *ast.DeclareCursor) error {
	if !x.Hold && (s.txn == nil || !s.txn.block) {
		return pgerr.New(pgerr.NoActiveSQLTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	}
	if s.cursors[x.Name] != nil {
		return pgerr.New(pgerr.DuplicateCursor, "cursor %q already exists", x.Name)
	}
	c := &cursor{forwards: x.Scroll != nil && !*x.Scroll, hold: x.Hold, txn: s.txn}
	if x.Binary {
		c.formats = []int16{1}
	}
	var err error
	if sub, ok := x.Query.(*ast.Subscribe); ok {
		err = s.declareChanges(ctx, c, sub)
	} else {
		err = s.declareQuery(ctx, c, x)
	}
	if err != nil {
		return err
	}
	s.cursors[x.Name] = c
	if s.txn != nil {
		s.txn.undo = append(s.txn.undo, func() { s.forgetCursor(x.Name, c) })
	}
	return nil
}

func (s *Session) declareQuery(ctx context.Context, c *cursor, x *ast.DeclareCursor) error {
	if q, ok := x.Query.(*ast.Query); ok {
		if _, into := ast.WithoutInto(q.Body); into != nil {
			return placed(pgerr.New(pgerr.SyntaxError, "SELECT ... INTO is not allowed here"), s.current, into.Pos)
		}
	}
	p := &prepared{statement: parse.Statement{Tree: x.Query, Text: s.current}}
	if err := s.plan(p); err != nil {
		return err
	}
	c.columns = p.plan.Columns
	c.rows = col.NewBatch(columnTypes(c.columns)...)
	_, err := s.execute(ctx, p, nil, &output{s: s, copy: c.take})
	return err
}

func columnTypes(columns []col.Column) []col.Type {
	types := make([]col.Type, len(columns))
	for i, c := range columns {
		types[i] = c.Type
	}
	return types
}

func (s *Session) declareChanges(ctx context.Context, c *cursor, x *ast.Subscribe) error {
	if c.hold {
		return pgerr.Unsupported("a cursor WITH HOLD over SUBSCRIBE").WithHint("Begin a transaction, and fetch in it.")
	}
	if err := s.mayFollow("SUBSCRIBE"); err != nil {
		return err
	}
	p, err := planner.Statement(s.environment(s.current), x, nil)
	if err != nil {
		return err
	}
	if c.changes, err = s.changes(ctx, p.Subscribe); err != nil {
		return err
	}
	c.columns, c.forwards = p.Columns, true
	c.rows = col.NewBatch(columnTypes(c.columns)...)
	return nil
}

// take keeps rows, a row of weight n as n of them.
func (c *cursor) take(b *col.Batch) error {
	for i := range b.Len() {
		row := b.Row(i)
		for range b.Weight(row) {
			c.rows.AppendRow(b, row, 1)
		}
	}
	if c.rows.Bytes() > mostKept {
		return pgerr.New(pgerr.OutOfMemory, "the rows of this cursor take more than %d MB", mostKept>>20).WithHint("Narrow the query.")
	}
	return nil
}

func (s *Session) fetch(ctx context.Context, x *ast.Fetch, out *output) (string, error) {
	c := s.cursors[x.Cursor]
	if c == nil {
		return "", pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", x.Cursor)
	}
	var rows []uint32
	var err error
	if c.changes != nil {
		rows, err = s.fetchChanges(ctx, c, x)
	} else {
		rows, err = c.move(x)
	}
	if err != nil {
		return "", err
	}
	if x.Move {
		return fmt.Sprintf("MOVE %d", len(rows)), nil
	}
	if c.formats != nil && out.formats == nil {
		out.formats = c.formats
	}
	out.begin(c.columns)
	if len(rows) > 0 {
		err = out.put(&col.Batch{N: c.rows.N, Cols: c.rows.Cols, Sel: rows})
	}
	if c.changes != nil {
		c.drop(len(rows))
	}
	return fmt.Sprintf("FETCH %d", len(rows)), err
}

// move takes the cursor where a FETCH says and returns the rows on its way.
func (c *cursor) move(x *ast.Fetch) ([]uint32, error) {
	n, to := int64(c.rows.N), int64(0)
	at := int64(c.at)
	one := false // only the row where it ends is taken
	switch {
	case x.Direction == "ABSOLUTE" && x.Count < 0:
		to, one = n+1+x.Count, true
	case x.Direction == "ABSOLUTE":
		to, one = x.Count, true
	case x.Direction == "RELATIVE":
		to, one = at+x.Count, true
	case x.All && x.Direction == "BACKWARD":
		to = 0
	case x.All:
		to = n + 1
	case x.Direction == "BACKWARD":
		to, one = at-x.Count, x.Count == 0
	default:
		to, one = at+x.Count, x.Count == 0
	}
	to = max(0, min(to, n+1))
	if c.forwards && (to < at || one && to == at && at > 0) {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cursor can only scan forward").WithHint("Declare it with SCROLL option to enable backward scan.")
	}
	c.at = int(to)
	var rows []uint32
	switch {
	case one && to >= 1 && to <= n:
		rows = append(rows, uint32(to-1))
	case one:
	case to > at:
		for r := at + 1; r <= min(to, n); r++ {
			rows = append(rows, uint32(r-1))
		}
	default:
		for r := min(at-1, n); r >= max(to, 1); r-- {
			rows = append(rows, uint32(r-1))
		}
	}
	return rows, nil
}

// ticksAtOnce is how many ticks a cursor over changes reads before it looks whether it has
// enough rows.
const ticksAtOnce = 64

// fetchChanges waits until there are as many changes as asked for (ALL: any), or until the
// timeout; without one until there is a change.
func (s *Session) fetchChanges(ctx context.Context, c *cursor, x *ast.Fetch) ([]uint32, error) {
	if x.Direction != "FORWARD" || x.Count < 0 {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cursor can only scan forward").WithHint("A subscription goes on; it does not go back.")
	}
	timeout, limited, err := s.fetchTimeout(x)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithCancel(ctx)
	if limited {
		wait, cancel = context.WithTimeout(ctx, timeout)
	}
	defer cancel()
	want := int(x.Count)
	if x.All {
		want = 1<<31 - 1
	}
	for c.rows.N < want {
		newest := s.srv.engine.Newest().Tick
		if c.changes.begun() && c.changes.snap.Tick >= newest && c.rows.N > 0 && (!limited || x.All) {
			break
		}
		if !c.changes.begun() {
			err = c.changes.begin(c.take)
		} else {
			err = c.changes.next(wait, ticksAtOnce, c.take)
		}
		if ctx.Err() != nil {
			return nil, causeOf(ctx)
		}
		if wait.Err() != nil {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	rows := make([]uint32, min(want, c.rows.N))
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows, nil
}

func (s *Session) fetchTimeout(x *ast.Fetch) (d time.Duration, limited bool, err error) {
	for _, o := range x.Options {
		if o.Name != "timeout" {
			return 0, false, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", o.Name)
		}
		iv, err := datetime.ParseInterval(o.Value, -1, &s.times)
		us := iv.Micros + (int64(iv.Months)*30+int64(iv.Days))*24*time.Hour.Microseconds()
		if err != nil || us < 0 {
			return 0, false, pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"timeout\": %q", o.Value).WithHint("Write an interval, such as '500 ms'.")
		}
		d, limited = time.Duration(us)*time.Microsecond, us > 0
	}
	return d, limited, nil
}

// drop lets the first rows go, which have been fetched.
func (c *cursor) drop(n int) {
	rest := col.NewBatch(columnTypes(c.columns)...)
	for i := n; i < c.rows.N; i++ {
		rest.AppendRow(c.rows, i, 1)
	}
	c.rows = rest
}

func (s *Session) closeCursor(x *ast.CloseCursor) error {
	if x.All {
		for name, c := range s.cursors {
			s.forgetCursor(name, c)
		}
		s.conn.CommandComplete("CLOSE CURSOR ALL")
		return nil
	}
	c := s.cursors[x.Name]
	if c == nil {
		return pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", x.Name)
	}
	s.forgetCursor(x.Name, c)
	s.conn.CommandComplete("CLOSE CURSOR")
	return nil
}

func (s *Session) forgetCursor(name string, c *cursor) {
	if s.cursors[name] != c {
		return
	}
	delete(s.cursors, name)
	if c.changes != nil {
		c.changes.close()
	}
}

// endCursors closes the cursors of a transaction that has ended, but for those that are held
// over its COMMIT.
func (s *Session) endCursors(t *transaction, committed bool) {
	for name, c := range s.cursors {
		switch {
		case c.txn != t:
		case committed && c.hold:
			c.txn = nil
		default:
			s.forgetCursor(name, c)
		}
	}
}
