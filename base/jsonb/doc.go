// Package jsonb is PostgreSQL's two JSON types: json, which is validated text, and
// jsonb, a binary form that can be read without parsing.
//
// Its nouns:
//
//   - Value: one jsonb value in the binary form below. A part of a Value (an element, a
//     field) is a Value again and shares its bytes; nothing is copied to reach it.
//   - Builder: writes a Value from the outside in.
//   - Path: the text[] operand of #>, #-, jsonb_set and their like.
//
// The binary form is a format: it stands in rows, segments and logs. A value is a tag
// byte and what belongs to it:
//
//	null, false, true   the tag alone
//	number              the stored bytes of base/numeric, display scale included
//	string              UTF-8 bytes
//	array               count, count end offsets, the elements
//	object              count, count end offsets of keys, count of values; the keys as
//	                    bare UTF-8, in order; the values in the same order
//
// Counts and offsets of one container are little-endian integers of one width (1, 2 or 4
// bytes, in the high half of the tag), the least that fits, so that equal contents are
// equal bytes. Offsets count from the first byte after the tables. Keys are sorted as
// PostgreSQL sorts them: shorter first, then by bytes; each stands once, the last one of
// the text wins. A value's length is known from outside: from its container or its row.
//
// Invariants: every Value that this package returns satisfies Valid; no accessor panics
// or reads outside the bytes it was given, whatever they are. Bytes that are no value
// read as null. Two values are equal in SQL (1.0 = 1.00) exactly if their AppendKey
// bytes are equal; as identities, if their own bytes are.
//
// The functions for json text ask that the text has passed ValidateText.
package jsonb
