package ast

// SequenceOption is one option of a sequence: its name as SQL has it, and a value where that takes one.
type SequenceOption struct {
	Pos   int
	Kind  SequenceOptionKind
	No    bool      // NO MINVALUE, NO MAXVALUE, NO CYCLE, OWNED BY NONE
	Value string    // a number as it was written, with its sign; empty: RESTART alone
	Type  *TypeName // of AS
	Owner []Ident   // of OWNED BY: the parts of a column's name
}

// SequenceOptionKind names an option of a sequence.
type SequenceOptionKind string

// The options of sequences.
const (
	SequenceType      SequenceOptionKind = "AS"
	SequenceIncrement SequenceOptionKind = "INCREMENT BY"
	SequenceMin       SequenceOptionKind = "MINVALUE"
	SequenceMax       SequenceOptionKind = "MAXVALUE"
	SequenceStart     SequenceOptionKind = "START WITH"
	SequenceRestart   SequenceOptionKind = "RESTART"
	SequenceCache     SequenceOptionKind = "CACHE"
	SequenceCycle     SequenceOptionKind = "CYCLE"
	SequenceOwner     SequenceOptionKind = "OWNED BY"
	SequenceName      SequenceOptionKind = "SEQUENCE NAME" // of an identity column: Owner is the name
)

// CreateSequence is CREATE SEQUENCE.
type CreateSequence struct {
	Pos         int
	Temp        bool
	IfNotExists bool
	Name        Name
	Options     []*SequenceOption
}

// AlterSequence is ALTER SEQUENCE: with options or, with NewName, RENAME TO.
type AlterSequence struct {
	Pos      int
	IfExists bool
	Name     Name
	Options  []*SequenceOption
	NewName  Ident // Name is empty without RENAME
}

// Identity is GENERATED … AS IDENTITY of a column.
type Identity struct {
	Pos     int
	Always  bool // not BY DEFAULT
	Options []*SequenceOption
}

func (*CreateSequence) stmt() {}
func (*AlterSequence) stmt()  {}

func (o *SequenceOption) Position() int { return o.Pos }
func (c *CreateSequence) Position() int { return c.Pos }
func (a *AlterSequence) Position() int  { return a.Pos }
func (i *Identity) Position() int       { return i.Pos }

func (o *SequenceOption) String() string { return text(o) }
func (c *CreateSequence) String() string { return text(c) }
func (a *AlterSequence) String() string  { return text(a) }
func (i *Identity) String() string       { return text(i) }

func (o *SequenceOption) Children(yield func(Node) bool) { one(yield, o.Type) }
func (c *CreateSequence) Children(yield func(Node) bool) { _ = each(yield, c.Options) }
func (a *AlterSequence) Children(yield func(Node) bool)  { _ = each(yield, a.Options) }
func (i *Identity) Children(yield func(Node) bool)       { _ = each(yield, i.Options) }

func (o *SequenceOption) AppendTo(b []byte) []byte {
	switch {
	case o.No && o.Kind == SequenceOwner:
		return append(b, "OWNED BY NONE"...)
	case o.No:
		return append(append(b, "NO "...), o.Kind...)
	}
	b = append(b, o.Kind...)
	if o.Kind == SequenceRestart && o.Value != "" {
		b = append(b, " WITH"...)
	}
	b = append(when(clause(b, " ", o.Type), o.Value != "", " "), o.Value...)
	for i, part := range o.Owner {
		b = appendIdent(append(b, " ."[min(i, 1)]), part.Name)
	}
	return b
}

func (c *CreateSequence) AppendTo(b []byte) []byte {
	b = append(when(append(b, "CREATE "...), c.Temp, "TEMP "), "SEQUENCE "...)
	return sequenceOptions(c.Name.AppendTo(when(b, c.IfNotExists, "IF NOT EXISTS ")), c.Options)
}

func (a *AlterSequence) AppendTo(b []byte) []byte {
	b = a.Name.AppendTo(when(append(b, "ALTER SEQUENCE "...), a.IfExists, "IF EXISTS "))
	if a.NewName.Name != "" {
		return appendIdent(append(b, " RENAME TO "...), a.NewName.Name)
	}
	return sequenceOptions(b, a.Options)
}

func (i *Identity) AppendTo(b []byte) []byte {
	if b = append(b, "GENERATED "...); i.Always {
		b = append(b, "ALWAYS AS IDENTITY"...)
	} else {
		b = append(b, "BY DEFAULT AS IDENTITY"...)
	}
	if len(i.Options) == 0 {
		return b
	}
	b = append(b, " ("...)
	for k, o := range i.Options {
		b = o.AppendTo(when(b, k > 0, " "))
	}
	return append(b, ')')
}

func sequenceOptions(b []byte, all []*SequenceOption) []byte {
	for _, o := range all {
		b = o.AppendTo(append(b, ' '))
	}
	return b
}
