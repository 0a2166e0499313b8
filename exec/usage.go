package exec

// Usage is what the operators of one node of a plan that runs once did with memory and disk.
type Usage struct {
	Sort    string // how rows were put in order, in PostgreSQL's words; empty: they were not
	Runs    int    // files of rows in order that were written
	Batches int    // in so many parts the rows were taken, one after the other; 0: they are never divided
	Disk    int64  // bytes that were written to temporary files
	Peak    int64  // bytes that were kept in memory at most
}

// How rows are put in order.
const (
	sortsAll   = "quicksort"
	sortsFirst = "top-N heapsort"
	sortsRuns  = "external merge"
)

// kept notes how many bytes are kept now.
func (u *Usage) kept(n int64) { u.Peak = max(u.Peak, n) }

// usages are those of a statement, by the numbers of its plan's nodes.
type usages map[int]*Usage

// usage is where the operators of the node that is built tell what they use.
func (b *Builder) usage() *Usage {
	if b.g.used == nil {
		b.g.used = usages{}
	}
	u := b.g.used[b.plan]
	if u == nil {
		u = &Usage{}
		b.g.used[b.plan] = u
	}
	return u
}

// of is what the operators of a node of the plan have told.
func (x usages) of(plan int) Usage {
	if u := x[plan]; u != nil {
		return *u
	}
	return Usage{}
}
