// Package col is the shape of data everywhere in the server: a Type is what SQL says of
// a column, a Kind is how its values lie in memory, a Vector is one column of values and
// a Batch a weighted set of rows (changes).
//
// A kernel is written once per Kind, never per Type. Vectors are plain Go slices with
// validity bitmaps; strings are 16-byte views into arenas, so gathering rows moves no
// bytes. Two equalities exist (they are told apart everywhere):
//
//   - identity: the bytes of a value as it was given (1.0 and 1.00 differ). Weights add
//     up by identity. IdentityOf brings a vector into the form in which identity is
//     equality of bytes.
//   - SQL equality: what = says (1.0 equals 1.00, -0 equals 0, NaN equals NaN). CanonicalOf
//     brings a vector into the form in which SQL equality is equality of bytes. Every hash
//     key goes through it.
//
// Times are microseconds since 2000-01-01, dates days since then, as on PostgreSQL's wire.
package col
