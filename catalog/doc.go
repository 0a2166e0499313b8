// Package catalog says what a name means: it maps the names of relations, schemas and
// roles to their descriptions.
//
// Nouns. A [Catalog] is one immutable version of every description. A [Relation] describes a
// table, stream, view, materialized view, index, sequence or system relation. A [Change] puts, replaces
// or drops one object; a [Diff] is the changes of one transaction and is what the log keeps. A
// [Generator] makes the rows of a system relation.
//
// Invariants.
//   - A Catalog and everything reachable from it never changes; [Catalog.With] makes the next
//     version and shares what did not change.
//   - Object numbers come from one counter ([OIDs]), start at 16384, are never used twice, and a
//     relation takes three: itself, its row type, its array type.
//   - An object's Version grows by one with each change of it. The first transaction that commits
//     a change of a version wins; the others conflict ([Catalog.Apply]).
//   - Nothing an object depends on is missing from the version it stands in.
//   - Expressions and queries are kept as text: what they mean is the planner's.
package catalog
