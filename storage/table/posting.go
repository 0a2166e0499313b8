package table

import "sync/atomic"

// posting is the versions behind one hash of a secondary index, in order of arrival.
type posting struct {
	n    atomic.Uint32
	refs []Ref
	dead int // settled ones still listed; of the writer
}

// postings finds postings by number.
type postings struct {
	tab  atomic.Pointer[[]atomic.Pointer[posting]]
	next uint32
	free limbo
	size atomic.Int64
}

func (l *postings) get(no uint32) *posting {
	t := l.tab.Load()
	if t == nil || int(no) >= len(*t) {
		return nil
	}
	return (*t)[no].Load()
}

func (l *postings) set(no uint32, p *posting) {
	t := l.tab.Load()
	if t == nil || int(no) >= len(*t) {
		n := make([]atomic.Pointer[posting], max(16, 2*int(no)))
		if t != nil {
			for i := range *t {
				n[i].Store((*t)[i].Load())
			}
		}
		t = &n
		l.tab.Store(t)
	}
	if old := (*t)[no].Load(); old != nil {
		l.size.Add(-int64(cap(old.refs)*4 + 48))
	}
	if p != nil {
		l.size.Add(int64(cap(p.refs)*4 + 48))
	}
	(*t)[no].Store(p)
}

func (l *postings) number(horizon uint64) uint32 {
	if no, ok := l.free.take(horizon); ok {
		return no
	}
	l.next++
	return l.next
}

// list is what has been appended so far.
func (p *posting) list() []Ref {
	n := p.n.Load()
	return p.refs[:n]
}

// loadRef and storeRef access an element of a list that a reader may be walking.
func loadRef(list []Ref, i int) Ref { return Ref(atomic.LoadUint32((*uint32)(&list[i]))) }

func storeRef(list []Ref, i int, r Ref) { atomic.StoreUint32((*uint32)(&list[i]), uint32(r)) }

func newPosting(refs []Ref, capacity int) *posting {
	p := &posting{refs: make([]Ref, capacity)}
	copy(p.refs, refs)
	p.n.Store(uint32(len(refs)))
	return p
}

// add enters a version under a hash.
func (ix *index) add(hash uint64, r Ref, horizon uint64) {
	tag := tagOf(hash)
	q := ix.probe(tag)
	slot, ok := q.next()
	switch {
	case !ok:
		ix.insert(tag, slotOf(tag, false, uint32(r)))
	case slot>>32&1 == 0:
		no := ix.lists.number(horizon)
		ix.lists.set(no, newPosting([]Ref{Ref(uint32(slot)), r}, 4))
		ix.replace(tag, slot, slotOf(tag, true, no))
	default:
		no := uint32(slot)
		p := ix.lists.get(no)
		n := int(p.n.Load())
		if n == len(p.refs) {
			q := newPosting(p.refs, 2*n)
			q.dead = p.dead
			ix.lists.set(no, q)
			p = q
		}
		p.refs[n] = r
		p.n.Store(uint32(n + 1))
	}
}

// listed is the versions under a hash, in order of arrival; one is scratch for a single one.
func (ix *index) listed(hash uint64, one *[1]Ref) []Ref {
	q := ix.probe(tagOf(hash))
	slot, ok := q.next()
	if !ok {
		return nil
	}
	if slot>>32&1 == 0 {
		one[0] = Ref(uint32(slot))
		return one[:]
	}
	if p := ix.lists.get(uint32(slot)); p != nil {
		return p.list()
	}
	return nil
}

// settle tells the index that a version under the hash is dead to every reader; now is
// where any version lies now, 0: it is dead to all. A list is thinned when half of it is dead. The list of a number that
// is freed stays, for readers that have just read the number.
func (ix *index) settle(hash uint64, now func(Ref) Ref, published uint64) {
	tag := tagOf(hash)
	q := ix.probe(tag)
	slot, ok := q.next()
	if !ok {
		return
	}
	if slot>>32&1 == 0 {
		if now(Ref(uint32(slot))) == 0 {
			ix.replace(tag, slot, tombSlot)
		}
		return
	}
	no := uint32(slot)
	p := ix.lists.get(no)
	if p == nil {
		return
	}
	if p.dead++; 2*p.dead <= int(p.n.Load()) {
		return
	}
	var left []Ref
	for i := range p.list() {
		if r := now(p.refs[i]); r != 0 {
			left = append(left, r)
		}
	}
	switch len(left) {
	case 0:
		ix.replace(tag, slot, tombSlot)
	case 1:
		ix.replace(tag, slot, slotOf(tag, false, uint32(left[0])))
	default:
		ix.lists.set(no, newPosting(left, len(left)+len(left)/2+1))
		return
	}
	ix.lists.free.put(published, no)
}
