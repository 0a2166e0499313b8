// Package ast is Millrace's syntax tree: what a statement says, and nothing about what
// its names mean. The parser (package parse) makes it, the planner reads it.
//
// Nouns. A [Stmt] is one statement. A [Query] is a WITH clause, a body ([Select],
// [SetOp], [Values] or a nested [Query]) and what orders and limits its rows. A
// [TableExpr] is an item of FROM, an [Expr] an expression. A [Name] is the name of a
// relation or another object, an [Ident] one written name with its place.
//
// Invariants.
//   - Every node carries Pos, the byte offset of the token PostgreSQL would put its caret
//     under, counted in the text that was handed to the parser.
//   - AppendTo and String print SQL that parses back to an equal tree (positions aside).
//   - Names are folded as PostgreSQL folds them: unquoted ones are lower case here.
//   - What PostgreSQL's grammar turns into something simpler is already turned: TABLE t is
//     SELECT * FROM t, EXTRACT and its like are calls of pg_catalog functions, a sign before
//     a number is part of the number, NOT LIKE is a Like with Not.
//   - A tree is immutable once the parser has returned it and may be read by any goroutine.
package ast
