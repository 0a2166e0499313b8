// Package linear is Millrace's own format of linear and logistic models: a JSON file of
// intercepts and weights that a person can write by hand (docs/models/linear.md).
//
// The answer of a row is link(intercept + Σ term). The term of a number is
// weight · (value − mean) / scale, that of a category the weight of its text. A missing value
// counts as what the file says for it; where it says nothing, the row has no answer.
//
// A batch is computed in blocks of rows, column by column, in float64.
package linear
