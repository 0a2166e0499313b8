// Package tidbcore parses PostgreSQL's queries, INSERT, UPDATE, DELETE and expressions
// with the grammar of github.com/pingcap/tidb/pkg/parser and returns trees of package
// ast. No TiDB type leaves it.
//
// TiDB's grammar is MySQL's. So a statement goes through three steps:
//
//	encode  a walk over PostgreSQL's tokens writes a skeleton: MySQL-shaped text in which
//	        the structure stands and everything else is a hole
//	parse   TiDB's grammar reads the skeleton: precedence, joins, set operations, clauses
//	decode  a walk over TiDB's tree builds ours and fills the holes
//
// Nouns. A hole is a back-quoted letter and a number that names an entry of the encoder's
// lists: e an expression (before parentheses, a marker), f an item of FROM, j the condition of
// a join, c a common table expression, s what a SELECT has beside its targets, FROM and
// WHERE, o what a query has behind its body, d what a data-modifying statement has beside
// its table. A marker is a function call in the skeleton whose arguments are expressions
// of the skeleton; its builder makes the node from them. So
//
//	SELECT a::int, sum(b) FILTER (WHERE c > 1) FROM t WHERE d || 'x' = $1
//
// is, for TiDB,
//
//	SELECT `e1`(`e0`), `e2`(`e3`, `e4` > `e5`) FROM `f0` WHERE `e6` >> `e7` = `e8` HAVING `s0`()
//
// Why each step is safe:
//   - No name, literal or type of the user ever reaches TiDB, so no key word, escape or
//     number rule of MySQL can apply.
//   - Every operator of PostgreSQL that MySQL lacks goes out as >>, which binds in MySQL
//     exactly where PostgreSQL's "any other operator" does, and LIKE and its like as |,
//     one level below. What has no level in MySQL is a marker around its operands.
//   - Every join has an ON, so TiDB never re-orders one.
//   - The encoder accepts what PostgreSQL's grammar accepts and points where it points;
//     an error from TiDB is mapped back all the same.
//
// Guards. Nesting, the height of the tree and the number of tokens are bounded before
// TiDB sees the text (54001, 54000), for its visitors recurse and a stack overflow cannot
// be caught.
//
// The skeleton leans on details of TiDB's grammar, so its version is pinned; the golden
// files of package parse run on every change of it.
package tidbcore
