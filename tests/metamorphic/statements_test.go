package metamorphic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millracedb/millrace/tests/oracle"
)

// outcome is what the server should answer: a tag, or a SQLSTATE.
type outcome struct {
	tag, code string
}

// statement is one step of a history.
type statement interface {
	// fits reports whether the step makes sense on the model as it is; a step that does not
	// is left out.
	fits(m *model) bool
	// sql is what is sent; "" for what is done to the server itself.
	sql() string
	// apply does to the model what the statement does to the database; it is called in
	// transactions that have not failed.
	apply(m *model) outcome
}

// on is what the statements that write to one relation have in common.
type on struct{ r *relation }

func (s on) fits(m *model) bool { return m.relation(s.r.name) != nil }

// index makes an index. It changes no answer, but a unique one refuses rows.
type index struct {
	on
	name   string
	cols   []int
	unique bool
}

func (s index) sql() string {
	return fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)", map[bool]string{true: "UNIQUE "}[s.unique], s.name, s.r.name, s.r.names(s.cols))
}

// fits says no to a column that the relation was to get from a replacement that did not come.
func (s index) fits(m *model) bool {
	r := m.relation(s.r.name)
	return r != nil && slices.Max(s.cols) < len(r.cols) && r.names(s.cols) == s.r.names(s.cols)
}

func (s index) apply(m *model) outcome {
	if s.unique && s.twice(m.now.rows[s.r.name]) {
		return outcome{code: "23505"}
	}
	m.now.indexes[s.name] = s
	return outcome{tag: "CREATE INDEX"}
}

// twice reports whether a key without NULLs stands twice.
func (s index) twice(rows []oracle.Row) bool {
	seen := map[string]bool{}
	for _, row := range rows {
		var k oracle.Row
		for _, i := range s.cols {
			k = append(k, row[i])
		}
		if slices.ContainsFunc(k, oracle.Value.IsNull) {
			continue
		}
		if seen[k.Key()] {
			return true
		}
		seen[k.Key()] = true
	}
	return false
}

// dropIndex removes an index.
type dropIndex struct{ name string }

func (s dropIndex) sql() string { return "DROP INDEX " + s.name }

func (s dropIndex) fits(m *model) bool {
	_, ok := m.now.indexes[s.name]
	return ok
}

func (s dropIndex) apply(m *model) outcome {
	delete(m.now.indexes, s.name)
	return outcome{tag: "DROP INDEX"}
}

// insert adds rows by VALUES or COPY.
type insert struct {
	on
	rows []oracle.Row
	copy bool
}

func (s insert) sql() string {
	if s.copy {
		return "COPY " + s.r.name + " FROM STDIN"
	}
	var parts []string
	for _, row := range s.rows {
		parts = append(parts, "("+s.r.values(row)+")")
	}
	return "INSERT INTO " + s.r.name + " VALUES " + strings.Join(parts, ", ")
}

func (r *relation) values(row oracle.Row) string {
	var parts []string
	for i, v := range row {
		parts = append(parts, literal(v, r.cols[i].kind))
	}
	return strings.Join(parts, ", ")
}

// data is what COPY sends.
func (s insert) data() string {
	var b strings.Builder
	for _, row := range s.rows {
		for i, v := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(copyField(v))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (s insert) apply(m *model) outcome {
	tag := fmt.Sprintf("INSERT 0 %d", len(s.rows))
	if s.copy {
		tag = fmt.Sprintf("COPY %d", len(s.rows))
	}
	return outcome{tag, m.add(s.r, s.rows)}
}

// insertSelect adds the rows of a query.
type insertSelect struct {
	on
	q query
}

func (s insertSelect) sql() string { return "INSERT INTO " + s.r.name + " " + s.q.sql }

func (s insertSelect) fits(m *model) bool { return s.on.fits(m) && m.has(s.q.uses) }

func (s insertSelect) apply(m *model) outcome {
	rows := s.q.node.Rows(m.contents(m.now))
	return outcome{fmt.Sprintf("INSERT 0 %d", len(rows)), m.add(s.r, rows)}
}

// upsert is INSERT … ON CONFLICT, on the primary key or, for DO NOTHING, where set is nil, on
// whatever is unique. The expression sees the row that stands, then the row that would come.
type upsert struct {
	on
	rows []oracle.Row
	set  *assignment
}

// assignment is one item of SET.
type assignment struct {
	col int
	to  expr
}

func (s upsert) sql() string {
	text := insert{on: s.on, rows: s.rows}.sql() + " ON CONFLICT"
	if s.set == nil {
		return text + " DO NOTHING"
	}
	return fmt.Sprintf("%s (%s) DO UPDATE SET %s = %s", text, s.r.names(s.r.pk), s.r.cols[s.set.col].name, s.set.to.sql)
}

func (s upsert) apply(m *model) outcome {
	rows := slices.Clone(m.now.rows[s.r.name])
	if s.r.nullKey(s.rows) {
		return outcome{code: "23502"}
	}
	touched := map[string]bool{}
	n := 0
	for _, row := range s.rows {
		k := s.r.key(row)
		i := slices.IndexFunc(rows, func(old oracle.Row) bool { return s.r.key(old) == k })
		switch {
		case i < 0 && s.set == nil && m.unique(s.r, slices.Concat(rows, []oracle.Row{row})) != "":
			continue
		case i < 0:
			rows = append(rows, row)
		case s.set == nil:
			continue
		case touched[k]:
			return outcome{code: "21000"}
		default:
			old := rows[i]
			rows[i] = slices.Clone(old)
			rows[i][s.set.col] = s.set.to.f(slices.Concat(old, row))
		}
		touched[k] = true
		n++
	}
	return outcome{fmt.Sprintf("INSERT 0 %d", n), m.put(s.r, rows)}
}

// update changes rows that satisfy a predicate.
type update struct {
	on
	set   []assignment
	where expr
}

func (s update) sql() string {
	var parts []string
	for _, a := range s.set {
		parts = append(parts, s.r.cols[a.col].name+" = "+a.to.sql)
	}
	return fmt.Sprintf("UPDATE %s SET %s WHERE %s", s.r.name, strings.Join(parts, ", "), s.where.sql)
}

func (s update) apply(m *model) outcome {
	var rest []oracle.Row
	for _, old := range m.now.rows[s.r.name] {
		if !s.where.f(old).IsTrue() {
			rest = append(rest, old)
		}
	}
	changed := s.changed(m.now.rows[s.r.name])
	return outcome{fmt.Sprintf("UPDATE %d", len(changed)), m.put(s.r, append(rest, changed...))}
}

// changed is what becomes of the rows that satisfy the predicate.
func (s update) changed(rows []oracle.Row) (out []oracle.Row) {
	for _, old := range rows {
		if !s.where.f(old).IsTrue() {
			continue
		}
		row := slices.Clone(old)
		for _, a := range s.set {
			row[a.col] = a.to.f(old)
		}
		out = append(out, row)
	}
	return out
}

// remove deletes rows that satisfy a predicate; without one it is TRUNCATE.
type remove struct {
	on
	where *expr
}

func (s remove) sql() string {
	if s.where == nil {
		return "TRUNCATE " + s.r.name
	}
	return fmt.Sprintf("DELETE FROM %s WHERE %s", s.r.name, s.where.sql)
}

func (s remove) apply(m *model) outcome {
	var rows []oracle.Row
	old := m.now.rows[s.r.name]
	for _, row := range old {
		if s.where != nil && !s.where.f(row).IsTrue() {
			rows = append(rows, row)
		}
	}
	m.now.rows[s.r.name] = rows
	if s.where == nil {
		return outcome{tag: "TRUNCATE TABLE"}
	}
	return outcome{tag: fmt.Sprintf("DELETE %d", len(old)-len(rows))}
}

// control is a statement that moves the transaction.
type control struct {
	word  string // BEGIN, COMMIT, ROLLBACK, SAVEPOINT, ROLLBACK TO, RELEASE
	point string
}

func (s control) sql() string { return strings.TrimSpace(s.word + " " + s.point) }

func (s control) fits(m *model) bool {
	if s.word == "ROLLBACK TO" || s.word == "RELEASE" {
		known := slices.ContainsFunc(m.points, func(p point) bool { return p.name == s.point })
		return m.open && known && (s.word == "ROLLBACK TO" || !m.failed)
	}
	return m.open == (s.word != "BEGIN") && (s.word != "SAVEPOINT" || !m.failed)
}

func (s control) apply(m *model) outcome {
	switch s.word {
	case "BEGIN":
		m.open = true
	case "COMMIT":
		if m.failed {
			m.rollback()
			return outcome{tag: "ROLLBACK"}
		}
		m.commit()
		m.open = false
	case "ROLLBACK":
		m.rollback()
	case "SAVEPOINT":
		m.points = append(m.points, point{s.point, m.now.clone()})
	default:
		i := len(m.points) - 1
		for m.points[i].name != s.point {
			i--
		}
		if s.word == "RELEASE" {
			m.points = m.points[:i]
			return outcome{tag: "RELEASE"}
		}
		m.now, m.failed = m.points[i].at.clone(), false
		m.points = m.points[:i+1]
		return outcome{tag: "ROLLBACK"}
	}
	return outcome{tag: s.word}
}

// ask compares the answer of a query with the oracle's.
type ask struct{ q query }

func (s ask) sql() string          { return s.q.sql }
func (s ask) fits(m *model) bool   { return m.has(s.q.uses) }
func (s ask) apply(*model) outcome { return outcome{} }

// again starts the server anew after it has ended in order, was killed or lost power, with
// some number of workers.
type again struct {
	how     string
	workers int
}

func (s again) args() []string { return []string{fmt.Sprintf("workers=%d", s.workers)} }

func (s again) sql() string      { return "" }
func (s again) fits(*model) bool { return true }
func (s again) apply(m *model) outcome {
	m.rollback()
	for name, c := range m.copies {
		delete(m.copies, name)
		m.closeCopy(c.r, name)
		m.raise(c.r.name, longAgo.UnixMicro())
	}
	m.emit()
	return outcome{}
}
