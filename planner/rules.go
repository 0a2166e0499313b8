package planner

// rule rewrites a plan into one with the same answers. A fix that changes answers raises the
// version; one that changes only cost does not (X17).
type rule struct {
	name    string
	version int
	apply   func(Node) Node
	// estimated stands in the place of apply where the best plan depends on how many rows
	// there are, or a plan that is not kept needs another. It is not asked about plans that are
	// kept: views begin empty, and outlive what was known when they were made.
	estimated func(*estimator, Node) Node
}

// rules are applied once each, in this order, which matters: constants first, so that the
// others see them; what concerns the rows around subqueries alone goes down to them before
// subqueries are unnested; predicates go down before keys are taken out of them, and the limits of
// ranks are found before columns that only they read are dropped; joins are ordered when all
// their keys are known, and before what depends on which side is which.
var rules = []rule{
	{"fold", 1, foldConstants, foldInTime},
	{"sink", 1, sinkConditions, nil},
	{"unnest", 1, unnest, nil},
	{"pushdown", 1, pushDown, nil},
	{"toprank", 1, topRank, nil},
	{"equikeys", 1, equiKeys, nil},
	{"joinorder", 1, nil, orderJoins},
	{"ranges", 1, rangeKeys, nil},
	{"dynamicfilter", 1, dynamicFilters, nil},
	{"distinct", 1, dropDistinct, nil},
	{"merge", 1, mergeProjects, nil},
	{"sessions", 1, fuseSessions, nil},
	{"windows", 1, fuseWindows, leftAlone},
	{"prune", 1, pruneColumns, nil},
	{"narrow", 1, mergeProjects, nil},
	{"joinout", 1, joinOutputs, nil},
	{"keyjoin", 1, joinByKey, leftAlone},
	{"once", 1, computeOnce, leftAlone}, // in queries that run once, behind the choice of access paths
	{"everywhere", 1, fewEverywhere, leftAlone},
	{"place", 1, placeDistinct, leftAlone},
}

// leftAlone is what a rule that saves state does to plans that keep none.
func leftAlone(_ *estimator, n Node) Node { return n }

// optimize applies all rules and makes equal parts one. x is nil where nothing is known of the
// rows, or the plan is to be kept.
func optimize(root Node, x *estimator) Node {
	for _, r := range rules {
		root = r.on(root, x)
	}
	return share(closeRecursions(root))
}

// on applies the rule, if it can.
func (r *rule) on(root Node, x *estimator) Node {
	switch {
	case r.estimated != nil && x != nil:
		return r.estimated(x, root)
	case r.apply != nil:
		return r.apply(root)
	}
	return root
}
