// Package pgtext is PostgreSQL's rules of text that need no vectors: how values are read
// and printed (numbers, booleans, bytea, uuid, char(n)), the string functions, LIKE and
// regular expressions.
//
// Its nouns:
//
//   - Like: a compiled LIKE or ILIKE pattern.
//   - Regexp: a compiled PostgreSQL advanced regular expression, run by Go's regexp,
//     hence in time linear in the text. RegexpCache keeps them.
//
// Conventions. Text is UTF-8 in []byte, and functions that make text append it to a dst
// and return it, as append does; with an error dst is returned unchanged. A result may
// alias its argument where the comment says so. Character positions and lengths count
// code points; collation is C (bytes); letters fold as in the C.UTF-8 locale. Errors are
// *pgerr.Error in PostgreSQL's wording. Nothing keeps state but RegexpCache, which may be
// shared by goroutines. Every function is total: bytes that are no UTF-8 give some answer
// and no panic.
package pgtext
