// Package trees reads the decision trees of LightGBM (text), XGBoost (JSON and UBJSON) and
// CatBoost (JSON), and evaluates them as those libraries do.
//
// Nouns. A slot is a number that splits compare: a feature in the form in which some splits
// want it, with what a missing value counts as already put in. A forest is all trees of a
// model, which add numbers to the sums of a row; a link makes the answer of the sums.
//
// Invariants.
//   - Slots are integers that stand in the order of the numbers they are made of, so every split
//     of a number is one comparison, missing or not: a row goes right where its slot is greater
//     than the split's key.
//   - A tree that was added to a forest ends: every node has one parent, and no way is longer
//     than maxDepth.
//   - Where a library computes in float32, so does the forest, in the order of the trees.
package trees
