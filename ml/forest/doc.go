// Package forest holds the trees of a model, laid out for the processor's cache, and finds the
// leaves of many rows at once. It knows no file format.
//
// Nouns. A column is a number of every row that splits compare. A block is 64 rows, one for each
// bit of a word. A plane is a word that says of a block's rows which of them a split sends to the
// right. A leaf has a number within its tree.
//
// How rows find their leaves. Of all splits that compare one column, the keys are sorted once; a
// row's place among them answers all these splits, and so the planes of a column are a running
// OR over the rows that stand at each place (planes.go). A small tree then takes a block through
// all its splits: each divides the word of the rows that come to it by its plane into two. The
// words of the leaves, transposed, are the leaf numbers of the rows (small.go). That is one word
// operation for 64 rows where a walk takes a dependent load for each row, and the more so as no
// step depends on what a row holds, so that nothing is mispredicted. A tree too large for
// this is walked, all rows of a block a level at a time (walk.go). The planes of an oblivious tree
// are its leaf numbers already (oblivious.go).
//
// Sources. That a tree's exit leaf follows from the bits of all its splits, and splits are best
// taken column by column in the order of their keys, is QuickScorer's idea (Lucchese et al.,
// SIGIR 2015), and to keep several rows in a word that of RapidScorer (Ye et al., KDD 2018). Here
// the words lie across: a bit is a row and not a leaf.
//
// Invariants.
//   - A number is a word in the order of what it stands for (Ordered), and 0 where it is missing:
//     less than all others, and greater than no key. So a comparison is exact in every format.
//   - A tree that was added ends: every node has one parent, and no way is longer than MaxDepth.
//   - Once Ready is called a forest does not change, and goroutines share it, each with Rows of
//     its own.
package forest
