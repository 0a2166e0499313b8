package ast

// Prepare is PREPARE name (types) AS stmt.
type Prepare struct {
	Pos   int
	Name  string
	Types []*TypeName
	Stmt  Stmt
	Text  string // of Stmt as it was written
}

// Execute is EXECUTE name (args).
type Execute struct {
	Pos  int
	Name string
	Args []Expr
}

// Deallocate is DEALLOCATE name, or DEALLOCATE ALL when All is set.
type Deallocate struct {
	Pos  int
	All  bool
	Name string
}

func (*Prepare) stmt()    {}
func (*Execute) stmt()    {}
func (*Deallocate) stmt() {}

func (p *Prepare) Position() int    { return p.Pos }
func (e *Execute) Position() int    { return e.Pos }
func (d *Deallocate) Position() int { return d.Pos }

func (p *Prepare) String() string    { return text(p) }
func (e *Execute) String() string    { return text(e) }
func (d *Deallocate) String() string { return text(d) }

func (p *Prepare) Children(yield func(Node) bool) { _ = each(yield, p.Types) && one(yield, p.Stmt) }
func (e *Execute) Children(yield func(Node) bool) { each(yield, e.Args) }
func (d *Deallocate) Children(func(Node) bool)    {}

func (p *Prepare) AppendTo(b []byte) []byte {
	b = appendIdent(append(b, "PREPARE "...), p.Name)
	if len(p.Types) > 0 {
		b = parens(append(b, ' '), p.Types)
	}
	return clause(b, " AS ", p.Stmt)
}

func (e *Execute) AppendTo(b []byte) []byte {
	b = appendIdent(append(b, "EXECUTE "...), e.Name)
	if len(e.Args) > 0 {
		b = parens(append(b, ' '), e.Args)
	}
	return b
}

func (d *Deallocate) AppendTo(b []byte) []byte {
	if d.All {
		return append(b, "DEALLOCATE ALL"...)
	}
	return appendIdent(append(b, "DEALLOCATE "...), d.Name)
}
