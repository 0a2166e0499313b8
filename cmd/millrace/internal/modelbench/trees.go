package modelbench

import (
	"math/rand/v2"
	"slices"
	"sort"
)

// What trees are made of: how many features, of how many values each, as libraries sort numbers into
// bins before they train, and on how many rows they grow.
const (
	treeFeatures = 28
	bins         = 255
	grownOn      = 2048
)

// node is a split, or a leaf where left is negative.
type node struct {
	feature     int
	threshold   float64
	left, right int
	value       float64
	rows        []int // of those that the tree grows on
}

// ensemble is trees that grow leaf by leaf on made rows, as boosting does: where most rows are, and at
// the values that bins have as bounds.
func ensemble(r *rand.Rand, trees, leaves int) [][]node {
	x := Rows(treeFeatures, grownOn)
	bounds := make([][]float64, treeFeatures)
	for f := range bounds {
		column := make([]float64, grownOn)
		for i := range column {
			column[i] = float64(x[i*treeFeatures+f])
		}
		slices.Sort(column)
		for i := 1; i < bins; i++ {
			bounds[f] = append(bounds[f], column[i*grownOn/bins])
		}
	}
	all := make([][]node, trees)
	for i := range all {
		all[i] = grown(r, x, bounds, leaves)
	}
	return all
}

func grown(r *rand.Rand, x []float32, bounds [][]float64, leaves int) []node {
	root := node{left: -1, rows: make([]int, grownOn)}
	for i := range root.rows {
		root.rows[i] = i
	}
	t := []node{root}
	for n := 1; n < leaves; {
		at, most := 0, 0.0
		for i, leaf := range t { // the gain of a split is about in proportion to its rows
			if gain := float64(len(leaf.rows)) * r.Float64(); leaf.left < 0 && gain > most {
				at, most = i, gain
			}
		}
		feature := r.IntN(treeFeatures)
		values := make([]float64, len(t[at].rows))
		for i, row := range t[at].rows {
			values[i] = float64(x[row*treeFeatures+feature])
		}
		slices.Sort(values)
		quantile := values[int(float64(len(values))*(0.1+0.8*r.Float64()))]
		threshold := bounds[feature][min(sort.SearchFloat64s(bounds[feature], quantile), bins-2)]
		left, right := node{left: -1, value: r.NormFloat64() / 10}, node{left: -1, value: r.NormFloat64() / 10}
		for _, row := range t[at].rows {
			if float64(x[row*treeFeatures+feature]) <= threshold {
				left.rows = append(left.rows, row)
			} else {
				right.rows = append(right.rows, row)
			}
		}
		if len(left.rows) < 8 || len(right.rows) < 8 {
			continue
		}
		t[at] = node{feature: feature, threshold: threshold, left: len(t), right: len(t) + 1}
		t, n = append(t, left, right), n+1
	}
	return t
}
