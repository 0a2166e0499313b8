package server

import (
	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/exec"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/exec/fn"
	"github.com/millracedb/millrace/planner"
)

// lookUp finds the rows that a scan's keys lead to, as of a snapshot; nil: there are none. It is
// not done where the store has no such index.
func (s *Session) lookUp(snap *exec.Snapshot, c *fn.Ctx, n *planner.Scan) (rows *col.Batch, done bool, err error) {
	cat := s.CurrentCatalog()
	st, err := s.srv.engine.StoreAt(snap, uint32(n.Relation))
	if err == nil && cat.Relation(n.Relation) == nil {
		err = pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", n.Name)
	}
	if err != nil {
		return nil, false, err
	}
	columns, name := soughtBy(cat, n)
	if !st.HasIndex(name) {
		return nil, false, nil
	}
	keys, err := keyVectors(c, cat.Relation(n.Relation), columns, n.Access.Keys)
	if err != nil || keys == nil {
		return nil, true, err
	}
	types := make([]col.Type, len(n.Columns))
	for k, x := range n.Columns {
		types[k] = x.Type
	}
	rows = col.NewBatch(types...)
	_, err = st.Lookup(snap.AsOf(uint32(n.Relation)), name, keys, positions(cat, n), rows, nil)
	return rows, true, err
}

// soughtBy are the columns of the index that a scan looks its rows up by, and its name in the
// store. A view's key is its identity.
func soughtBy(cat *catalog.Catalog, n *planner.Scan) (columns []int, name string) {
	r := cat.Relation(n.Relation)
	if i := cat.Relation(n.Access.Index); i != r {
		return i.Index.Columns, storeIndex(i)
	}
	return r.PrimaryKey, ""
}

// canLookUp reports whether the store has the index of a scan's keys.
func (s *Session) canLookUp(snap *exec.Snapshot, n *planner.Scan) bool {
	st, err := s.srv.engine.StoreAt(snap, uint32(n.Relation))
	cat := s.CurrentCatalog()
	if err != nil || cat.Relation(n.Relation) == nil {
		return false
	}
	_, name := soughtBy(cat, n)
	return st.HasIndex(name)
}

// emitFound emits the rows that a scan's keys lead to, a batch at a time.
func (s *Session) emitFound(snap *exec.Snapshot, c *fn.Ctx, n *planner.Scan, emit exec.Emit) error {
	rows, _, err := s.lookUp(snap, c, n)
	if err != nil || rows == nil {
		return err
	}
	for at := 0; at < rows.N; at += col.BatchRows {
		if err := emit(rows.Range(at, min(rows.N, at+col.BatchRows))); err != nil {
			return err
		}
	}
	return nil
}

// storeIndex names a catalog index in its relation's store.
func storeIndex(i *catalog.Relation) string {
	if i.Index.Primary {
		return ""
	}
	return indexName(i.OID)
}

// keyVectors computes the keys of a look-up; NULLs among them find nothing.
func keyVectors(c *fn.Ctx, r *catalog.Relation, columns []int, keys [][]expr.Expr) ([]*col.Vector, error) {
	out := make([]*col.Vector, len(columns))
	for i, k := range columns {
		out[i] = col.NewVector(r.Columns[k].Type)
	}
	one := &col.Batch{N: 1}
	n := 0
next:
	for _, key := range keys {
		vals := make([]*col.Vector, len(key))
		for i, x := range key {
			v := x.Eval(c, one, nil)
			if m := c.Marks(); len(m) > 0 {
				return nil, m[0].Err
			}
			if v.Null(0) {
				continue next
			}
			vals[i] = v
		}
		for i, v := range vals {
			out[i].GatherAny(v, []uint32{0}, 1)
		}
		n++
	}
	if n == 0 {
		return nil, nil
	}
	return out, nil
}
