package ast

// OptionKind tells how an option's value was written.
type OptionKind uint8

const (
	OptionNone   OptionKind = iota // the name alone
	OptionWord                     // a name or a key word, folded; also TRUE, FALSE, ON
	OptionString                   // 'a string'
	OptionNumber                   // a number with its sign
	OptionList                     // (a, b)
	OptionStar                     // *
)

// Option is one name = value of WITH (…), or name value of COPY's and EXPLAIN's lists.
type Option struct {
	Pos      int
	Name     string // lower case; dotted when written so
	Kind     OptionKind
	Value    string // of a word, string or number
	ValuePos int
	List     []Ident // of OptionList
}

// Position returns the byte offset of the option's name.
func (o *Option) Position() int { return o.Pos }

// String returns the option as WITH (…) holds it.
func (o *Option) String() string { return text(o) }

// Children yields nothing.
func (o *Option) Children(func(Node) bool) {}

// AppendTo appends the option as WITH (…) holds it.
func (o *Option) AppendTo(b []byte) []byte { return o.appendTo(b, " = ") }

func (o *Option) appendTo(b []byte, between string) []byte {
	b = appendLabel(b, o.Name)
	b = when(b, o.Kind != OptionNone, between)
	switch o.Kind {
	case OptionWord:
		b = appendWord(b, o.Value)
	case OptionString:
		b = appendString(b, o.Value)
	case OptionNumber:
		b = append(b, o.Value...)
	case OptionList:
		b = columnList(b, o.List)
	case OptionStar:
		b = append(b, '*')
	}
	return b
}

// withOptions appends WITH (a = 1, b = 2) when there are any.
func withOptions(b []byte, opts []*Option) []byte {
	if len(opts) == 0 {
		return b
	}
	return parens(append(b, " WITH "...), opts)
}

// optionList appends (a 1, b 2) when there are any.
func optionList(b []byte, word string, opts []*Option) []byte {
	for i, o := range opts {
		b = when(b, i == 0, word+"(")
		b = o.appendTo(when(b, i > 0, ", "), " ")
	}
	return when(b, len(opts) > 0, ")")
}
