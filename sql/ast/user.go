package ast

// CreateUser is CREATE USER, or CREATE ROLE … LOGIN.
type CreateUser struct {
	Pos      int
	Name     Ident
	Password *string // nil: none
}

// AlterUser is ALTER USER … PASSWORD.
type AlterUser struct {
	Pos      int
	Name     Ident
	Password *string // nil: PASSWORD NULL takes it away
}

// DropUser is DROP USER.
type DropUser struct {
	Pos      int
	IfExists bool
	Names    []Ident
}

func (*CreateUser) stmt() {}
func (*AlterUser) stmt()  {}
func (*DropUser) stmt()   {}

func (c *CreateUser) Position() int { return c.Pos }
func (a *AlterUser) Position() int  { return a.Pos }
func (d *DropUser) Position() int   { return d.Pos }

func (c *CreateUser) String() string { return text(c) }
func (a *AlterUser) String() string  { return text(a) }
func (d *DropUser) String() string   { return text(d) }

func (c *CreateUser) Children(func(Node) bool) {}
func (a *AlterUser) Children(func(Node) bool)  {}
func (d *DropUser) Children(func(Node) bool)   {}

func (c *CreateUser) AppendTo(b []byte) []byte {
	b = c.Name.AppendTo(append(b, "CREATE USER "...))
	if c.Password != nil {
		b = appendString(append(b, " PASSWORD "...), *c.Password)
	}
	return b
}

func (a *AlterUser) AppendTo(b []byte) []byte {
	b = append(a.Name.AppendTo(append(b, "ALTER USER "...)), " PASSWORD "...)
	if a.Password == nil {
		return append(b, "NULL"...)
	}
	return appendString(b, *a.Password)
}

func (d *DropUser) AppendTo(b []byte) []byte {
	return appendIdents(when(append(b, "DROP USER "...), d.IfExists, "IF EXISTS "), d.Names)
}
