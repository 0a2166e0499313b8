package metamorphic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// relation is a table, a stream or a view.
type relation struct {
	name   string
	cols   []column
	pk     []int
	stream bool
	mark   int   // of a stream: its event time's column; -1: no watermark
	delay  int64 // of the watermark, µs
	idle   int64 // µs after which a partition of it is idle; 0: never
	ahead  int64 // how far ahead of the clock a time may lie, µs
	late   string
	// retention of a stream, µs, after which rows may be forgotten; 0: they stay.
	retention int64
	view      *query
	kept      bool // the view is materialized
	emits     bool // and says EMIT ON WINDOW CLOSE
	final     bool // its contents follow from what was committed: a watermark has made them final
	lasts     bool // and stay as they were emitted, whatever comes late
	byRow     bool // of these, one that takes rows one by one, not by their windows
	// estimates are held to the view's query, as it is answered, instead of to the oracle.
	estimates bool
	sunk      bool // it is a table into which a sink writes the query's rows
	// follows is the stream whose rows a view looks up in tables once, when they come; nil: it is
	// its query's answer.
	follows *relation
}

func (r *relation) columns() string {
	var parts []string
	for _, c := range r.cols {
		parts = append(parts, c.name+" "+c.typ)
	}
	if len(r.pk) > 0 {
		parts = append(parts, "PRIMARY KEY ("+r.names(r.pk)+")")
	}
	if r.stream && r.mark >= 0 {
		name := r.cols[r.mark].name
		parts = append(parts, fmt.Sprintf("WATERMARK FOR %s AS %s - INTERVAL '%d seconds'", name, name, r.delay/1_000_000))
	}
	return strings.Join(parts, ", ")
}

// options are those of a stream with a watermark.
func (r *relation) options() string {
	var list []string
	if r.late != "divert" {
		list = append(list, "late = '"+r.late+"'")
	}
	if r.idle > 0 {
		list = append(list, fmt.Sprintf("idle_timeout = '%d seconds'", r.idle/1_000_000))
	}
	if r.ahead != hour {
		list = append(list, fmt.Sprintf("max_ahead = '%d seconds'", r.ahead/1_000_000))
	}
	if r.retention > 0 {
		list = append(list, fmt.Sprintf("retention = '%d seconds'", r.retention/1_000_000)) // keepsNone: 0
	}
	if r.mark < 0 || len(list) == 0 {
		return ""
	}
	return " WITH (" + strings.Join(list, ", ") + ")"
}

// hour is how far ahead of the clock the time of a row may lie where its stream does not say.
const hour = 3600_000_000

func (r *relation) names(cols []int) string {
	var parts []string
	for _, i := range cols {
		parts = append(parts, r.cols[i].name)
	}
	return strings.Join(parts, ", ")
}

// create is the statement that makes the relation.
func (r *relation) create() string {
	switch {
	case r.sunk:
		return fmt.Sprintf("CREATE TABLE %s (%s); CREATE SINK to_%s INTO %s AS %s", r.name, r.columns(), r.name, r.name, r.view.sql)
	case r.view != nil && r.emits:
		return "CREATE MATERIALIZED VIEW " + r.name + " AS " + r.view.sql + " EMIT ON WINDOW CLOSE"
	case r.view != nil && r.kept:
		return "CREATE MATERIALIZED VIEW " + r.name + " AS " + r.view.sql
	case r.view != nil:
		return "CREATE VIEW " + r.name + " AS " + r.view.sql
	case r.stream:
		return "CREATE STREAM " + r.name + " (" + r.columns() + ")" + r.options()
	}
	return "CREATE TABLE " + r.name + " (" + r.columns() + ")"
}

// node reads the columns that the relation has now: its view may get more.
func (r *relation) node() oracle.Node { return oracle.Table{Name: r.name, Width: len(r.cols)} }

// scope is the relation's columns by their bare names.
func (r *relation) scope() (s scope) {
	for i, c := range r.cols {
		s = append(s, expr{c.name, oracle.Col(i), c.kind})
	}
	return s
}

// state is the contents of all tables and streams, and the indexes. Rows are never changed
// in place.
type state struct {
	rows    oracle.Database
	fresh   map[string][]oracle.Row // of streams: what the open transaction has added
	indexes map[string]index
}

func newState() state {
	return state{oracle.Database{}, map[string][]oracle.Row{}, map[string]index{}}
}

func (s state) clone() state {
	return state{maps.Clone(s.rows), maps.Clone(s.fresh), maps.Clone(s.indexes)}
}

type point struct {
	name string
	at   state
}

// model is what the database should be.
type model struct {
	relations []*relation // in order of creation
	now       state       // as the session sees it
	committed state
	marks     map[string]int64 // watermarks of streams that have one
	parts     map[string][]partition
	copies    map[string]openCopy
	late      []oracle.Row // what millrace.late_rows has
	clock     int64
	lookups   map[string]lookedUp // by view
	emissions map[string]emitted  // by view
	came      map[string][]int64  // when the rows of a stream with a retention came
	open      bool                // in a transaction block
	failed    bool
	points    []point
	versions  int // of the model of lines, and which of them is current
	current   int
}

func newModel() *model {
	return &model{now: newState(), committed: newState(), marks: map[string]int64{}, parts: map[string][]partition{}, copies: map[string]openCopy{}, clock: epoch, lookups: map[string]lookedUp{},
		emissions: map[string]emitted{}, came: map[string][]int64{}}
}

func (m *model) relation(name string) *relation {
	for _, r := range m.relations {
		if r.name == name {
			return r
		}
	}
	return nil
}

func (m *model) has(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return m.relation(n) == nil })
}

// commit makes the session's contents everyone's.
func (m *model) commit() {
	for name, rows := range m.now.fresh {
		if len(rows) == 0 {
			continue
		}
		m.now.rows[name] = m.arrive(m.relation(name), sqlPartition, rows)
	}
	m.now.fresh = map[string][]oracle.Row{}
	m.committed = m.now.clone()
	m.points = nil
	m.lookUp()
	m.emit()
}

func (m *model) rollback() {
	m.now = m.committed.clone()
	m.now.fresh = map[string][]oracle.Row{}
	m.open, m.failed, m.points = false, false, nil
}

// contents computes all relations of a state, views in order of creation. What windows have
// closed is only told of what is committed.
func (m *model) contents(s state) oracle.Database {
	db, committed := maps.Clone(s.rows), maps.Clone(m.committed.rows)
	db[nowRelation] = []oracle.Row{{oracle.TimeOf(m.clock)}}
	committed[nowRelation] = db[nowRelation]
	db[modelRelation] = []oracle.Row{{oracle.IntOf(int64(m.current))}}
	committed[modelRelation] = db[modelRelation]
	for name, w := range m.marks {
		committed[watermarkOf(name)] = []oracle.Row{{oracle.TimeOf(w)}}
	}
	for _, r := range m.relations {
		switch {
		case r.estimates: // nothing else reads it
		case r.follows != nil:
			db[r.name] = m.lookups[r.name].rows
		case r.lasts:
			db[r.name] = m.emissions[r.name].rows
		case r.final, r.sunk:
			db[r.name] = r.view.node.Rows(committed)
		case r.view != nil:
			db[r.name] = r.view.node.Rows(db)
		}
	}
	return db
}

// watermarkOf names the relation of one row that a stream's watermark is.
func watermarkOf(stream string) string { return "watermark of " + stream }

// duplicate reports whether two rows have the same primary key, or one has NULL in it.
func (r *relation) duplicate(rows []oracle.Row) bool {
	seen := map[string]bool{}
	for _, row := range rows {
		k := r.key(row)
		if seen[k] {
			return true
		}
		seen[k] = true
	}
	return false
}

func (r *relation) key(row oracle.Row) string {
	var k oracle.Row
	for _, i := range r.pk {
		k = append(k, row[i])
	}
	return k.Key()
}

func (r *relation) nullKey(rows []oracle.Row) bool {
	return slices.ContainsFunc(rows, func(row oracle.Row) bool {
		return slices.ContainsFunc(r.pk, func(i int) bool { return row[i].IsNull() })
	})
}

// put replaces a relation's rows, or says why it cannot be.
func (m *model) put(r *relation, rows []oracle.Row) (code string) {
	if r.nullKey(rows) {
		return "23502"
	}
	if len(r.pk) > 0 && r.duplicate(rows) {
		return "23505"
	}
	if code := m.unique(r, rows); code != "" {
		return code
	}
	m.now.rows[r.name] = rows
	return ""
}

// unique is the error when a unique index forbids the rows.
func (m *model) unique(r *relation, rows []oracle.Row) (code string) {
	for _, i := range m.now.indexes {
		if i.unique && i.r == r && i.twice(rows) {
			return "23505"
		}
	}
	return ""
}

// add appends rows.
func (m *model) add(r *relation, rows []oracle.Row) (code string) {
	if code = m.put(r, slices.Concat(m.now.rows[r.name], rows)); code == "" && r.stream {
		m.now.fresh[r.name] = slices.Concat(m.now.fresh[r.name], rows)
	}
	return code
}
