package ast

// Into is INTO in a SELECT: the table that it makes.
type Into struct {
	Pos  int
	Temp bool
	Name Name
}

// WithoutInto returns a query's body without the INTO of its first SELECT, and this INTO; nil: it has none. The body itself
// stays as it is.
func WithoutInto(body QueryBody) (QueryBody, *Into) {
	switch b := body.(type) {
	case *Select:
		if b.Into == nil {
			return b, nil
		}
		plain := *b
		plain.Into = nil
		return &plain, b.Into
	case *SetOp:
		left, into := WithoutInto(b.Left)
		if into == nil {
			return b, nil
		}
		rest := *b
		rest.Left = left
		return &rest, into
	case *Query:
		inner, into := WithoutInto(b.Body)
		if into == nil {
			return b, nil
		}
		rest := *b
		rest.Body = inner
		return &rest, into
	}
	return body, nil
}
