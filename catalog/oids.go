package catalog

import "sync/atomic"

// OIDs is the database's counter of object numbers (G1). A statement takes numbers when it
// is planned, before it is known whether it commits; gaps are allowed. Any goroutine may use it.
type OIDs struct{ next atomic.Uint32 }

// NewOIDs returns a counter that goes on behind the numbers of c.
func NewOIDs(c *Catalog) *OIDs {
	o := &OIDs{}
	o.next.Store(uint32(c.NextOID()))
	return o
}

// Take reserves n numbers and returns the first.
func (o *OIDs) Take(n int) OID { return OID(o.next.Add(uint32(n)) - uint32(n)) }

// OIDsPerRelation is how many numbers a relation takes: itself, its row type and its array
// type.
const OIDsPerRelation = 3

// Raise lets the numbers go on above next at least, as replay does for what it creates.
func (o *OIDs) Raise(next OID) {
	for {
		n := o.next.Load()
		if n >= uint32(next) || o.next.CompareAndSwap(n, uint32(next)) {
			return
		}
	}
}
