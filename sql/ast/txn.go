package ast

// TxnModes are the modes of a transaction; what was not written is empty or nil.
type TxnModes struct {
	Isolation  string // "SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED"
	ReadOnly   *bool
	Deferrable *bool
}

func (m TxnModes) appendTo(b []byte) []byte {
	b = when(b, m.Isolation != "", " ISOLATION LEVEL "+m.Isolation)
	if m.ReadOnly != nil {
		b = when(b, *m.ReadOnly, " READ ONLY")
		b = when(b, !*m.ReadOnly, " READ WRITE")
	}
	if m.Deferrable != nil {
		b = when(b, !*m.Deferrable, " NOT")
		b = append(b, " DEFERRABLE"...)
	}
	return b
}

// Begin is BEGIN and START TRANSACTION.
type Begin struct {
	Pos   int
	Start bool // written START TRANSACTION, which the command tag says
	Modes TxnModes
}

// Commit is COMMIT and END.
type Commit struct {
	Pos   int
	Chain bool
}

// Rollback is ROLLBACK and ABORT.
type Rollback struct {
	Pos   int
	Chain bool
}

// Savepoint is SAVEPOINT.
type Savepoint struct {
	Pos  int
	Name string
}

// Release is RELEASE SAVEPOINT.
type Release struct {
	Pos  int
	Name string
}

// RollbackTo is ROLLBACK TO SAVEPOINT.
type RollbackTo struct {
	Pos  int
	Name string
}

func (*Begin) stmt()      {}
func (*Commit) stmt()     {}
func (*Rollback) stmt()   {}
func (*Savepoint) stmt()  {}
func (*Release) stmt()    {}
func (*RollbackTo) stmt() {}

func (x *Begin) Position() int      { return x.Pos }
func (c *Commit) Position() int     { return c.Pos }
func (r *Rollback) Position() int   { return r.Pos }
func (s *Savepoint) Position() int  { return s.Pos }
func (r *Release) Position() int    { return r.Pos }
func (r *RollbackTo) Position() int { return r.Pos }

func (x *Begin) String() string      { return text(x) }
func (c *Commit) String() string     { return text(c) }
func (r *Rollback) String() string   { return text(r) }
func (s *Savepoint) String() string  { return text(s) }
func (r *Release) String() string    { return text(r) }
func (r *RollbackTo) String() string { return text(r) }

func (x *Begin) Children(func(Node) bool)      {}
func (c *Commit) Children(func(Node) bool)     {}
func (r *Rollback) Children(func(Node) bool)   {}
func (s *Savepoint) Children(func(Node) bool)  {}
func (r *Release) Children(func(Node) bool)    {}
func (r *RollbackTo) Children(func(Node) bool) {}

func (x *Begin) AppendTo(b []byte) []byte {
	if x.Start {
		return x.Modes.appendTo(append(b, "START TRANSACTION"...))
	}
	return x.Modes.appendTo(append(b, "BEGIN"...))
}
func (c *Commit) AppendTo(b []byte) []byte {
	return when(append(b, "COMMIT"...), c.Chain, " AND CHAIN")
}
func (r *Rollback) AppendTo(b []byte) []byte {
	return when(append(b, "ROLLBACK"...), r.Chain, " AND CHAIN")
}
func (s *Savepoint) AppendTo(b []byte) []byte { return appendIdent(append(b, "SAVEPOINT "...), s.Name) }
func (r *Release) AppendTo(b []byte) []byte {
	return appendIdent(append(b, "RELEASE SAVEPOINT "...), r.Name)
}
func (r *RollbackTo) AppendTo(b []byte) []byte {
	return appendIdent(append(b, "ROLLBACK TO SAVEPOINT "...), r.Name)
}
