// Package parse turns SQL text into trees of package ast: PostgreSQL's grammar and the
// streaming dialect's additions.
//
// Nouns. A [Statement] is one statement of a text with its place. A form is the words a
// statement starts with and the function that parses it; forms register themselves, one
// family a file (stmt_*.go):
//
//	var _ = statement("create stream", parseCreateStream)
//
// DDL, session, transactions, COPY, cursors and the streaming statements are parsed here
// by hand; queries, INSERT, UPDATE, DELETE and the expressions in all of them go to
// package tidbcore.
//
// Invariants.
//   - All positions count in the whole text, as the protocol counts them.
//   - What parses prints (String) as text that parses to an equal tree.
//   - A text is refused as a whole: an error in its last statement means that none of it
//     was returned, as in PostgreSQL.
//   - What is recognised and cannot be carried out is an *ast.Unsupported when it is a
//     whole statement, and the error 0A000 when it is a part of one; nothing is accepted
//     and ignored.
package parse
