package planner

// rule rewrites a plan into one with the same answers. A fix that changes answers raises the
// version; one that changes only cost does not (X17).
type rule struct {
	name    string
	version int
	apply   func(Node) Node
}

// rules are applied once each, in this order, which matters: constants first, so that the
// others see them; what concerns the rows around subqueries alone goes down to them before
// subqueries are unnested; predicates go down before keys are taken out of them, and the limits of
// ranks are found before columns that only they read are dropped.
var rules = []rule{
	{"fold", 1, foldConstants},
	{"sink", 1, sinkConditions},
	{"unnest", 1, unnest},
	{"pushdown", 1, pushDown},
	{"toprank", 1, topRank},
	{"equikeys", 1, equiKeys},
	{"ranges", 1, rangeKeys},
	{"dynamicfilter", 1, dynamicFilters},
	{"distinct", 1, dropDistinct},
	{"merge", 1, mergeProjects},
	{"sessions", 1, fuseSessions},
	{"prune", 1, pruneColumns},
	{"narrow", 1, mergeProjects},
	{"joinout", 1, joinOutputs},
}

// optimize applies all rules and makes equal parts one.
func optimize(root Node) Node {
	for _, r := range rules {
		root = r.apply(root)
	}
	return share(root)
}
