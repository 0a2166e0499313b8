// Package lex turns SQL text into tokens by PostgreSQL's rules and walks over them.
//
// Nouns. A [Token] is a word, a literal, an operator or a mark with its byte range in the
// text. A [Cursor] is a place in a list of tokens together with the questions a parser
// asks there, and with the way a parser gives up.
//
// Invariants.
//   - The last token of a list is End or Bad and no other is; a list is never empty.
//   - The tokens do not overlap and stand in the order of the text.
//   - What PostgreSQL's scanner refuses becomes one Bad token that ends the list, so that
//     a syntax error before it is reported first, as PostgreSQL does.
package lex
