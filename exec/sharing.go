package exec

import (
	"encoding/json"
	"slices"

	"github.com/millracedb/millrace/storage/checkpoint"
)

// joinParts puts the workers' parts of the arrangements of a build together.
func (s *sources) joinParts() {
	s.shares = slices.DeleteFunc(s.shares, func(x *share) bool { return len(x.parts) == 0 })
	for _, x := range s.shares {
		x.flow = x.parts[0]
		if len(x.parts) > 1 {
			for _, d := range x.parts {
				d.parts = x.parts
			}
		}
	}
}

// failed is why a view that is filled cannot be: its own failure, or that of an arrangement
// that was made for it.
func (f *Filled) failed() error {
	for _, s := range f.src.shares {
		if f.flow.failed == nil && s.flow.failed != nil {
			f.flow.failAll(s.flow.failed)
		}
	}
	return f.flow.failed
}

// free gives back what a view that is not attached has.
func (f *Filled) free() {
	f.graph.free(f.flow)
	for _, s := range f.src.shares {
		for _, d := range s.parts {
			f.graph.free(d)
		}
	}
}

// adopt decides what becomes of the arrangements that were made for a filled view: in place of
// one that stands already, the view reads that one. A view that lasts leaves the others to
// all; what a Listener makes stays its own. It returns what stands for each of them.
func (e *Engine) adopt(f *Filled, lasts bool) map[*share]*share {
	e.shareMu.Lock()
	defer e.shareMu.Unlock()
	to := map[*share]*share{}
	for _, s := range f.src.shares {
		if to[s] = e.shares.covering(s.needed(f.src.reads, f)); to[s] != nil {
			continue
		}
		to[s] = s
		if lasts {
			e.shares.list = append(e.shares.list, s)
		}
	}
	for i, s := range f.src.reads {
		f.src.reads[i] = to[s]
	}
	return to
}

// needed is the spec with the columns that the view itself reads.
func (s *share) needed(reads []*share, f *Filled) shareSpec {
	want := s.spec
	want.Cols = nil
	for _, r := range f.flow.nodes {
		a := f.graph.nodes[r].arr
		if a != nil && a.of != nil && f.graph.nodes[r].inputs[0] == s.made {
			want.Cols = append(want.Cols, a.cols...)
		}
	}
	slices.Sort(want.Cols)
	want.Cols = slices.Compact(want.Cols)
	return want
}

// use counts a dataflow among the users of what it reads.
func (e *Engine) use(reads []*share, lasts bool) []*share {
	var uses []*share
	for _, s := range reads {
		if !slices.Contains(uses, s) {
			uses = append(uses, s)
			s.users++
			if lasts {
				s.views++
			}
		}
	}
	return uses
}

// letGo ends the use of shared arrangements by a dataflow that is gone; those that nobody
// uses any more go, too.
func (e *Engine) letGo(uses []*share, lasts bool) {
	for _, s := range uses {
		s.users--
		if lasts {
			s.views--
		}
		if s.users == 0 {
			e.unlist(s)
			e.graph.remove(s.flow)
		}
	}
}

func (e *Engine) unlist(s *share) {
	e.shareMu.Lock()
	defer e.shareMu.Unlock()
	e.shares.list = slices.DeleteFunc(e.shares.list, func(x *share) bool { return x == s })
}

// takeOutShares takes the shared arrangements out of service that have failed, or stand on a
// view that has; who comes later makes new ones.
func (e *Engine) takeOutShares() {
	for _, s := range slices.Clone(e.shares.list) {
		if s.flow.failed == nil && s.owner.Out() {
			s.flow.failAll(outOfMemory())
		}
		if v := s.rel.view; s.flow.failed == nil && v != nil && v.flow.failed != nil {
			s.flow.failAll(v.flow.failed)
		}
		if s.flow.failed != nil {
			e.unlist(s)
			for w, part := range s.flow.all() {
				e.graph.workers()[w].switchOff(part)
			}
			e.graph.free(s.flow)
		}
	}
}

// readsSection begins the name of the section that lists the shared arrangements that a view
// reads, by their names, in the order in which its dataflow is built.
const readsSection = "reads/"

func (v *view) readNames() []byte {
	names := []string{}
	for _, s := range v.reads {
		names = append(names, s.spec.name())
	}
	b, err := json.Marshal(names)
	if err != nil { // strings always encode
		panic(err)
	}
	return b
}

func readNames(b []byte) (names []string) {
	if json.Unmarshal(b, &names) != nil {
		return nil
	}
	return names
}

// shareSection begins the name of a section that says that a shared arrangement is saved.
const shareSection = "share/"

// saveShares puts the states of the shared arrangements into a manifest.
func (e *Engine) saveShares(m *checkpoint.Manifest) {
	for _, s := range e.shares.list {
		if s.views == 0 {
			continue
		}
		m.Sections[shareSection+s.spec.name()] = []byte{1}
		for w, part := range s.flow.all()[:s.spec.Parts] {
			part.save(m, e.graph.workers()[w])
		}
	}
}

// restoreShares gives the arrangements that a restored view made what they held.
func (e *Engine) restoreShares(m *checkpoint.Manifest, made []*share) error {
	for _, s := range made {
		if m.Sections[shareSection+s.spec.name()] == nil { // it had failed, and so has who reads it
			e.graph.remove(s.flow)
			continue
		}
		for w, part := range s.flow.all()[:s.spec.Parts] {
			if err := part.restore(m, e.graph.workers()[w]); err != nil {
				return err
			}
		}
		e.shares.list = append(e.shares.list, s)
	}
	return nil
}
