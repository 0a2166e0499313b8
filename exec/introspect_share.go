package exec

import "context"

// ArrangementInfo tells of rows that are kept by a key for those who read them.
type ArrangementInfo struct {
	Relation   uint32   // whose columns they are, of a shared arrangement; 0: it is one view's own
	Columns    []string // of the relation, that it holds
	Key        []string // by which
	Sharers    []uint32 // the views that read it
	View       uint32   // whose own it is; 0: it is shared
	Name       string   // of that view
	Node       int      // of its stored plan
	Places     []int    // of its columns, the key
	Readers    int      // operators that it feeds
	StateRows  int64
	StateBytes int64
}

// Arrangements tells of the shared arrangements, in the order in which they were made, and then
// of those that each view has for itself.
func (e *Engine) Arrangements(ctx context.Context) ([]ArrangementInfo, error) {
	var out []ArrangementInfo
	err := e.Inspect(ctx, func() {
		for _, s := range e.shares.list {
			out = append(out, e.describeShare(s))
		}
		for _, r := range e.rels.all() {
			if r.view == nil {
				continue
			}
			for _, o := range e.graph.describe(r.view).Operators {
				if o.Arranged && !o.Shared {
					out = append(out, ArrangementInfo{View: r.OID, Name: r.Name, Node: o.Node, Places: o.Key, Readers: o.Readers, StateRows: o.StateRows, StateBytes: o.StateBytes})
				}
			}
		}
	})
	return out, err
}

func (e *Engine) describeShare(s *share) ArrangementInfo {
	i := ArrangementInfo{Relation: s.rel.OID, Readers: len(e.graph.nodes[s.node].ports) / 2}
	for _, c := range s.spec.Keys {
		i.Key = append(i.Key, s.rel.Names[c])
	}
	for _, c := range s.spec.Cols {
		i.Columns = append(i.Columns, s.rel.Names[c])
	}
	for _, r := range e.rels.all() {
		if r.view != nil && r.view.shares(s) {
			i.Sharers = append(i.Sharers, r.OID)
		}
	}
	for _, part := range s.flow.all() {
		for _, st := range part.states {
			i.StateRows += st.rows()
			i.StateBytes += st.state.Bytes()
		}
	}
	return i
}

func (v *view) shares(s *share) bool {
	for _, u := range v.uses {
		if u == s {
			return true
		}
	}
	return false
}

// Footprint is what standing dataflows leave in the engine: what is created and dropped again
// leaves nothing.
type Footprint struct {
	Nodes        int   // of the graph, of all workers
	Ports        int   // that lead to them
	Arrangements int   // that views share
	Bytes        int64 // of the pool, by states
}

// Footprint tells what stands now.
func (e *Engine) Footprint(ctx context.Context) (f Footprint, err error) {
	err = e.Inspect(ctx, func() {
		for _, g := range e.graph.workers() {
			for _, n := range g.nodes {
				if n != tombstone {
					f.Nodes++
					f.Ports += len(n.ports)
				}
			}
		}
		f.Arrangements, f.Bytes = len(e.shares.list), e.pool.Used()
	})
	return f, err
}
