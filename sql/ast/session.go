package ast

// SetScope is where a setting is set.
type SetScope string

// The scopes of SET; without one it is the session.
const (
	ScopeSession SetScope = "SESSION"
	ScopeLocal   SetScope = "LOCAL"
)

// SetValue is one value of SET.
type SetValue struct {
	Pos  int
	Kind OptionKind // OptionWord, OptionString or OptionNumber
	Text string
}

// Set is SET name TO value, …; SET TIME ZONE is the setting timezone.
type Set struct {
	Pos     int
	Scope   SetScope
	Name    string // lower case, dotted when written so
	Default bool   // TO DEFAULT
	Values  []SetValue
}

// SetTransaction is SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION when
// Session is set.
type SetTransaction struct {
	Pos     int
	Session bool
	Modes   TxnModes
}

// Reset is RESET name, or RESET ALL when All is set.
type Reset struct {
	Pos  int
	All  bool
	Name string
}

// Show is SHOW name, or SHOW ALL when All is set.
type Show struct {
	Pos  int
	All  bool
	Name string
}

// ShowObjects is SHOW TABLES and its like.
type ShowObjects struct {
	Pos  int
	What string // "TABLES", "STREAMS", "VIEWS", "MATERIALIZED VIEWS", "INDEXES", "SCHEMAS", "JOBS", …
	From Name   // FROM schema, or FROM relation for INDEXES and COLUMNS; zero: every one on the search path
}

// ShowCreate is SHOW CREATE kind name.
type ShowCreate struct {
	Pos  int
	Kind ObjectKind
	Name Name
}

// Describe is DESCRIBE name.
type Describe struct {
	Pos  int
	Name Name
}

// Discard is DISCARD.
type Discard struct {
	Pos  int
	What string // "ALL", "PLANS", "SEQUENCES", "TEMP"
}

// Flush is FLUSH: an acknowledged write is in every view already, so it does nothing.
type Flush struct{ Pos int }

// Explain is EXPLAIN.
type Explain struct {
	Pos     int
	Options []*Option // EXPLAIN ANALYZE VERBOSE stand here as options too
	Stmt    Stmt      // nil: View is told of
	View    Name      // a materialized view that runs
}

// Unsupported is a statement that was recognised and that this release does not carry
// out. Whoever runs it answers 0A000.
type Unsupported struct {
	Pos     int
	Feature string // as the message names it: "GRANT", "CREATE SINK"
	Hint    string // empty: none
	Text    string // the statement
}

func (*Set) stmt()            {}
func (*SetTransaction) stmt() {}
func (*Reset) stmt()          {}
func (*Show) stmt()           {}
func (*ShowObjects) stmt()    {}
func (*ShowCreate) stmt()     {}
func (*Describe) stmt()       {}
func (*Discard) stmt()        {}
func (*Flush) stmt()          {}
func (*Explain) stmt()        {}
func (*Unsupported) stmt()    {}

func (s *Set) Position() int            { return s.Pos }
func (s *SetTransaction) Position() int { return s.Pos }
func (r *Reset) Position() int          { return r.Pos }
func (s *Show) Position() int           { return s.Pos }
func (s *ShowObjects) Position() int    { return s.Pos }
func (s *ShowCreate) Position() int     { return s.Pos }
func (d *Describe) Position() int       { return d.Pos }
func (d *Discard) Position() int        { return d.Pos }
func (f *Flush) Position() int          { return f.Pos }
func (e *Explain) Position() int        { return e.Pos }
func (u *Unsupported) Position() int    { return u.Pos }

func (s *Set) String() string            { return text(s) }
func (s *SetTransaction) String() string { return text(s) }
func (r *Reset) String() string          { return text(r) }
func (s *Show) String() string           { return text(s) }
func (s *ShowObjects) String() string    { return text(s) }
func (s *ShowCreate) String() string     { return text(s) }
func (d *Describe) String() string       { return text(d) }
func (d *Discard) String() string        { return text(d) }
func (f *Flush) String() string          { return text(f) }
func (e *Explain) String() string        { return text(e) }
func (u *Unsupported) String() string    { return text(u) }

func (s *Set) Children(func(Node) bool)            {}
func (s *SetTransaction) Children(func(Node) bool) {}
func (r *Reset) Children(func(Node) bool)          {}
func (s *Show) Children(func(Node) bool)           {}
func (s *ShowObjects) Children(func(Node) bool)    {}
func (s *ShowCreate) Children(func(Node) bool)     {}
func (d *Describe) Children(func(Node) bool)       {}
func (d *Discard) Children(func(Node) bool)        {}
func (f *Flush) Children(func(Node) bool)          {}
func (e *Explain) Children(yield func(Node) bool)  { _ = each(yield, e.Options) && one(yield, e.Stmt) }
func (u *Unsupported) Children(func(Node) bool)    {}

// appendSetting appends a setting's name, its parts apart.
func appendSetting(b []byte, name string) []byte {
	start := 0
	for i := range len(name) {
		if name[i] == '.' {
			b = append(appendIdent(b, name[start:i]), '.')
			start = i + 1
		}
	}
	return appendIdent(b, name[start:])
}

func (s *Set) AppendTo(b []byte) []byte {
	b = append(b, "SET "...)
	b = when(b, s.Scope != "", string(s.Scope)+" ")
	b = append(appendSetting(b, s.Name), " TO "...)
	if s.Default {
		return append(b, "DEFAULT"...)
	}
	return appendSetValues(b, s.Values)
}

func appendSetValues(b []byte, values []SetValue) []byte {
	for i, v := range values {
		b = when(b, i > 0, ", ")
		switch v.Kind {
		case OptionWord:
			b = appendWord(b, v.Text)
		case OptionString:
			b = appendString(b, v.Text)
		default:
			b = append(b, v.Text...)
		}
	}
	return b
}

func (s *SetTransaction) AppendTo(b []byte) []byte {
	if s.Session {
		b = append(b, "SET SESSION CHARACTERISTICS AS TRANSACTION"...)
	} else {
		b = append(b, "SET TRANSACTION"...)
	}
	return s.Modes.appendTo(b)
}

func (r *Reset) AppendTo(b []byte) []byte {
	if r.All {
		return append(b, "RESET ALL"...)
	}
	return appendSetting(append(b, "RESET "...), r.Name)
}

func (s *Show) AppendTo(b []byte) []byte {
	if s.All {
		return append(b, "SHOW ALL"...)
	}
	return appendSetting(append(b, "SHOW "...), s.Name)
}

func (s *ShowObjects) AppendTo(b []byte) []byte {
	b = append(append(b, "SHOW "...), s.What...)
	if !s.From.IsZero() {
		b = s.From.AppendTo(append(b, " FROM "...))
	}
	return b
}

func (s *ShowCreate) AppendTo(b []byte) []byte {
	b = append(append(append(b, "SHOW CREATE "...), s.Kind...), ' ')
	return s.Name.AppendTo(b)
}

func (d *Describe) AppendTo(b []byte) []byte { return d.Name.AppendTo(append(b, "DESCRIBE "...)) }
func (d *Discard) AppendTo(b []byte) []byte  { return append(append(b, "DISCARD "...), d.What...) }
func (f *Flush) AppendTo(b []byte) []byte    { return append(b, "FLUSH"...) }

func (e *Explain) AppendTo(b []byte) []byte {
	b = optionList(append(b, "EXPLAIN"...), " ", e.Options)
	if e.Stmt == nil {
		return e.View.AppendTo(append(b, " MATERIALIZED VIEW "...))
	}
	return clause(b, " ", e.Stmt)
}

func (u *Unsupported) AppendTo(b []byte) []byte { return append(b, u.Text...) }
