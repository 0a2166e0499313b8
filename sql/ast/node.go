package ast

// Node is any part of a tree.
type Node interface {
	// Position returns the byte offset of the node in the text that was parsed.
	Position() int
	// AppendTo appends the node's SQL to b and returns the longer slice.
	AppendTo(b []byte) []byte
	// String returns the node's SQL.
	String() string
	// Children yields the nodes right below this one in the order of the text, until
	// yield returns false. It can stand in a range clause.
	Children(yield func(Node) bool)
}

// Stmt is one statement.
type Stmt interface {
	Node
	stmt()
}

// Expr is an expression.
type Expr interface {
	Node
	// strength tells how tightly the expression's outermost operator binds.
	strength() int
}

// TableExpr is an item of a FROM list.
type TableExpr interface {
	Node
	tableExpr()
}

// QueryBody is what yields the rows of a query: *Select, *SetOp, *Values, or a *Query
// in parentheses.
type QueryBody interface {
	Node
	queryBody()
}

// Walk calls visit for n and everything below it, parents first. It does not descend
// below a node for which visit returns false.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	for c := range n.Children {
		Walk(c, visit)
	}
}

func text(n Node) string { return string(n.AppendTo(nil)) }

// one yields x unless it is nil and reports whether to go on.
func one[T interface {
	comparable
	Node
}](yield func(Node) bool, x T) bool {
	var none T
	return x == none || yield(x)
}

// each yields the elements of xs and reports whether to go on.
func each[T Node](yield func(Node) bool, xs []T) bool {
	for _, x := range xs {
		if !yield(x) {
			return false
		}
	}
	return true
}

// list appends xs separated by commas.
func list[T Node](b []byte, xs []T) []byte {
	for i, x := range xs {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = x.AppendTo(b)
	}
	return b
}

// parens appends the list of xs in parentheses.
func parens[T Node](b []byte, xs []T) []byte {
	return append(list(append(b, '('), xs), ')')
}

// when appends s if cond holds.
func when(b []byte, cond bool, s string) []byte {
	if cond {
		b = append(b, s...)
	}
	return b
}

// clause appends a key word and x unless x is nil.
func clause[T interface {
	comparable
	Node
}](b []byte, word string, x T) []byte {
	var none T
	if x == none {
		return b
	}
	return x.AppendTo(append(b, word...))
}
