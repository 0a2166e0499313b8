// Package nexmark makes the events of the Nexmark auction benchmark: people, auctions and
// bids, in the deterministic form Nexmark-Det 1 that this comment specifies, so that runs
// on any system see the same rows.
//
// The formulas and the order of draws are those of the Nexmark generator of the Flink
// project (github.com/nexmark/nexmark), whose random numbers are not seeded. Here each
// event has a random source of its own, java.util.SplittableRandom with the state
// mix64(seed) + id; so an event depends on the seed and its number alone, and any range can
// be made by anybody, in any order, again.
//
// Event n, of 0, 1, 2 … as emitted, has the id e = (n/g)·g + (n·953 mod g), where g is the
// out-of-order group. The remainder of e by 50 tells its kind: 0 a person, 1 to 3 an
// auction, else a bid. Its time is 2015-07-15 00:00:00 + e/rate seconds, cut to
// milliseconds.
//
// Its nouns:
//
//   - Generator: a configuration; immutable, used by any number of goroutines.
//   - Kind: person, auction or bid.
//   - Events: one batch of each kind. Strings of bids are views of tables that all
//     generators share.
package nexmark
