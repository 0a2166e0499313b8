// Package trees reads the decision trees of LightGBM (text), XGBoost (JSON and UBJSON) and
// CatBoost (JSON), and evaluates them as those libraries do.
//
// Nouns. A column is a feature in the form in which some splits want it: a number, a category, or
// a statistic of categories. The forest of a model (ml/forest) finds the leaves of its rows and adds
// their values to the sums of each; a link makes the answer of the sums.
//
// Invariants.
//   - What a missing value, an unknown category or a number near zero counts as, a column has put in
//     or a split says, so that the forest knows nothing of the libraries.
//   - Where a library computes in float32, so do the columns and the sums, in the order of the trees.
package trees
