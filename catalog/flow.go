package catalog

import "github.com/millracedb/millrace/base/pgerr"

// Reaches reports whether changes of relation from come to relation to: it is the same, or
// reads it, or is written by a sink that does, at whatever distance.
func (c *Catalog) Reaches(from, to OID) bool {
	seen := map[OID]bool{}
	var walk func(OID) bool
	walk = func(at OID) bool {
		if at == to {
			return true
		}
		if seen[at] {
			return false
		}
		seen[at] = true
		for _, next := range c.flowsTo(at) {
			if walk(next) {
				return true
			}
		}
		return false
	}
	return walk(from)
}

// flowsTo lists where the changes of a relation go at once. A sink's dependence on the table
// that it writes is no flow, but where its query reads that, too.
func (c *Catalog) flowsTo(oid OID) (out []OID) {
	if r := c.made(oid); r != nil && r.Kind == Sink {
		return []OID{r.Into}
	}
	for _, d := range c.Dependents(oid) {
		if d.Kind != Index && d.Into != oid {
			out = append(out, d.OID)
		}
	}
	return out
}

// feedsItself reports whether a relation's own changes come back to it.
func (c *Catalog) feedsItself(r *Relation) bool {
	for _, next := range c.flowsTo(r.OID) {
		if c.Reaches(next, r.OID) {
			return true
		}
	}
	return false
}

// SinkCycle is the error of a sink, or a view, through which a table would feed itself.
func SinkCycle(r *Relation) error {
	return pgerr.New(pgerr.InvalidObjectDefinition, "%s %q would read what it writes", r.Kind, r.Name).
		WithDetail("A table cannot be fed by its own changes, directly or through views and other sinks.")
}

// checkSink reports that a table which a sink writes, or is about to write, has come to be one
// that a row may be refused by while another transaction made it so.
func (c *Catalog) checkSink(r *Relation) error {
	into := r.Into
	if r.Kind == Index && r.Index.Unique && !r.Index.Primary {
		into = r.Index.Table
	}
	for _, f := range r.References {
		if c.isSunkInto(f.Table) {
			into = f.Table
		}
	}
	t := c.made(into)
	if t == nil || !c.isSunkInto(into) {
		return nil
	}
	for _, oid := range t.Indexes {
		if ix := c.made(oid); ix != nil && ix.Index.Unique && !ix.Index.Primary {
			return errChanged
		}
	}
	if len(c.Referrers(into)) > 0 {
		return errChanged
	}
	return nil
}

func (c *Catalog) isSunkInto(oid OID) bool {
	for _, d := range c.Dependents(oid) {
		if d.Into == oid {
			return true
		}
	}
	return false
}
