package ast

import "strconv"

// CreateModel is CREATE MODEL.
type CreateModel struct {
	Pos         int
	IfNotExists bool
	Name        Name
	File        string // on the server
	FilePos     int
	With        []*Option
}

// CopyModel is COPY MODEL … FROM STDIN, a new model or a further version of one, or TO STDOUT, the file
// of a version.
type CopyModel struct {
	Pos     int
	Name    Name
	To      bool
	Version int // of To; 0: the current one
	With    []*Option
}

// ModelAction is what ALTER MODEL does.
type ModelAction string

// What ALTER MODEL can do.
const (
	AddVersion        ModelAction = "ADD VERSION"
	DropVersion       ModelAction = "DROP VERSION"
	SetCurrentVersion ModelAction = "SET CURRENT VERSION"
	RenameModel       ModelAction = "RENAME TO"
)

// AlterModel is ALTER MODEL.
type AlterModel struct {
	Pos      int
	IfExists bool
	Name     Name
	Action   ModelAction
	File     string // of AddVersion
	FilePos  int
	With     []*Option // of AddVersion
	Version  int       // of DropVersion and SetCurrentVersion
	NewName  Ident     // of RenameModel
}

func (*CreateModel) stmt() {}
func (*CopyModel) stmt()   {}
func (*AlterModel) stmt()  {}

func (c *CreateModel) Position() int { return c.Pos }
func (c *CopyModel) Position() int   { return c.Pos }
func (a *AlterModel) Position() int  { return a.Pos }

func (c *CreateModel) String() string { return text(c) }
func (c *CopyModel) String() string   { return text(c) }
func (a *AlterModel) String() string  { return text(a) }

func (c *CreateModel) Children(yield func(Node) bool) { _ = each(yield, c.With) }
func (c *CopyModel) Children(yield func(Node) bool)   { _ = each(yield, c.With) }
func (a *AlterModel) Children(yield func(Node) bool)  { _ = each(yield, a.With) }

func (c *CreateModel) AppendTo(b []byte) []byte {
	b = c.Name.AppendTo(when(append(b, "CREATE MODEL "...), c.IfNotExists, "IF NOT EXISTS "))
	return withOptions(appendString(append(b, " FROM "...), c.File), c.With)
}

func (c *CopyModel) AppendTo(b []byte) []byte {
	b = c.Name.AppendTo(append(b, "COPY MODEL "...))
	if !c.To {
		return withOptions(append(b, " FROM STDIN"...), c.With)
	}
	if c.Version > 0 {
		b = strconv.AppendInt(append(b, " VERSION "...), int64(c.Version), 10)
	}
	return append(b, " TO STDOUT"...)
}

func (a *AlterModel) AppendTo(b []byte) []byte {
	b = a.Name.AppendTo(when(append(b, "ALTER MODEL "...), a.IfExists, "IF EXISTS "))
	b = append(append(append(b, ' '), a.Action...), ' ')
	switch a.Action {
	case AddVersion:
		return withOptions(appendString(append(b, "FROM "...), a.File), a.With)
	case RenameModel:
		return appendIdent(b, a.NewName.Name)
	}
	return strconv.AppendInt(b, int64(a.Version), 10)
}
