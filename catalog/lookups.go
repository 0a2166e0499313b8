package catalog

import (
	"cmp"
	"slices"

	"github.com/benbjohnson/immutable"
)

// lookups are what follows from the relations: who has a name, who stands on whom. They are
// immutable like the catalog, and the next version's are made from the objects that differ: a
// database may have ten thousand views.
type lookups struct {
	names      *immutable.SortedMap[name, OID]
	dependents relatives
	beside     relatives // tables by the sequences that they take values from, sequences by the tables that own them
	referrers  relatives // tables with foreign keys, by the tables and unique indexes they refer to
}

// relatives are numbers of relations, in order, by that of another.
type relatives = *immutable.SortedMap[OID, []OID]

type name struct {
	schema OID
	name   string
}

type byOID struct{}

func (byOID) Compare(a, b OID) int { return cmp.Compare(a, b) }

type byName struct{}

func (byName) Compare(a, b name) int {
	return cmp.Or(cmp.Compare(a.schema, b.schema), cmp.Compare(a.name, b.name))
}

func noLookups() lookups {
	none := immutable.NewSortedMap[OID, []OID](byOID{})
	return lookups{immutable.NewSortedMap[name, OID](byName{}), none, none, none}
}

// replace lets the lookups lead to relations as they are in place of what they were; either may
// be nil. It returns the relation whose name another one has, if there is one.
func (l *lookups) replace(old, now []*Relation) (taken *Relation) {
	for _, r := range old {
		l.names = l.names.Delete(name{r.Schema, r.Name})
		for _, on := range r.DependsOn {
			l.dependents = removed(l.dependents, on, r.OID)
		}
		for _, of := range r.besides() {
			l.beside = removed(l.beside, of, r.OID)
		}
		for _, f := range r.References {
			l.referrers = removed(removed(l.referrers, f.Table, r.OID), f.KeyOf, r.OID)
		}
	}
	for _, r := range now {
		if _, is := l.names.Get(name{r.Schema, r.Name}); is && taken == nil {
			taken = r
		}
		l.names = l.names.Set(name{r.Schema, r.Name}, r.OID)
		for _, on := range r.DependsOn {
			l.dependents = added(l.dependents, on, r.OID)
		}
		for _, of := range r.besides() {
			l.beside = added(l.beside, of, r.OID)
		}
		for _, f := range r.References {
			l.referrers = added(added(l.referrers, f.Table, r.OID), f.KeyOf, r.OID)
		}
	}
	return taken
}

func added(m relatives, on, oid OID) relatives {
	of, _ := m.Get(on)
	at, is := slices.BinarySearch(of, oid)
	if is {
		return m
	}
	return m.Set(on, slices.Insert(slices.Clip(of), at, oid))
}

func removed(m relatives, on, oid OID) relatives {
	of, _ := m.Get(on)
	at, is := slices.BinarySearch(of, oid)
	switch {
	case !is:
		return m
	case len(of) == 1:
		return m.Delete(on)
	}
	return m.Set(on, slices.Delete(slices.Clone(of), at, at+1))
}
