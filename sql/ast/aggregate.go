package ast

// CreateAggregate is CREATE AGGREGATE. In the form of old the options tell of its one parameter.
type CreateAggregate struct {
	Pos       int
	OrReplace bool
	Name      Name
	Old       bool         // no parameters were written
	Params    []*FuncParam // none: it takes whole rows, which is written *
	Options   []*AggregateOption
}

// AggregateOption is a line of what CREATE AGGREGATE says: a name, and a type or a function, a
// text, a number or an operator. Nothing of these: the name stands alone.
type AggregateOption struct {
	Pos      int
	Name     string
	Type     *TypeName // a name, of a type or a function; nil: the value is another
	Value    string
	IsString bool // Value was quoted
	ValuePos int
}

func (*CreateAggregate) stmt() {}

func (c *CreateAggregate) Position() int { return c.Pos }
func (o *AggregateOption) Position() int { return o.Pos }

func (c *CreateAggregate) String() string { return text(c) }
func (o *AggregateOption) String() string { return text(o) }

func (c *CreateAggregate) Children(yield func(Node) bool) {
	_ = each(yield, c.Params) && each(yield, c.Options)
}
func (o *AggregateOption) Children(yield func(Node) bool) { one(yield, o.Type) }

func (c *CreateAggregate) AppendTo(b []byte) []byte {
	b = when(append(b, "CREATE "...), c.OrReplace, "OR REPLACE ")
	b = append(c.Name.AppendTo(append(b, "AGGREGATE "...)), ' ')
	if !c.Old {
		b = append(appendAggregateParams(b, c.Params), ' ')
	}
	return parens(b, c.Options)
}

func (o *AggregateOption) AppendTo(b []byte) []byte {
	b = appendLabel(b, o.Name)
	switch {
	case o.Type != nil:
		return o.Type.AppendTo(append(b, " = "...))
	case o.IsString:
		return appendString(append(b, " = "...), o.Value)
	}
	return when(b, o.Value != "", " = "+o.Value)
}

// appendAggregateParams appends what an aggregate takes in parentheses.
func appendAggregateParams(b []byte, params []*FuncParam) []byte {
	if len(params) == 0 {
		return append(b, "(*)"...)
	}
	return parens(b, params)
}
