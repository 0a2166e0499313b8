package exec

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/storage/disk"
)

// Three tables with foreign keys: parent(id, v unique), child(id, x → parent.id,
// y → parent.v), and tree(id, up → id, v), which refers to itself.
const (
	parentOID = 40000 + iota
	childOID
	treeOID
	keyTables = 3
)

func keyWorld() *world {
	w := newWorld()
	table := func(oid uint32, name string, unique []Unique, references ...Reference) {
		w.rels[oid] = &Relation{OID: oid, Name: name, Names: []string{"id", "a", "b"}, Types: i8s(3), Key: []int{0}, RowID: -1, Watermark: -1,
			Unique: append([]Unique{{Name: name + "_pkey", Cols: []int{0}, Primary: true}}, unique...), References: references}
	}
	table(parentOID, "parent", []Unique{{Name: "v", Index: "v", Cols: []int{1}}})
	table(childOID, "child", nil, Reference{Name: "x", Index: "x", Cols: []int{1}, Rel: parentOID, Key: []int{0}},
		Reference{Name: "y", Index: "y", Cols: []int{2}, Rel: parentOID, Key: []int{1}, Unique: "v"})
	table(treeOID, "tree", nil, Reference{Name: "up", Index: "up", Cols: []int{1}, Rel: treeOID, Key: []int{0}})
	return w
}

// keyCatalog creates the tables with the indexes that they need.
type keyCatalog struct{ *world }

func (w *keyCatalog) Next(diff []byte) ([]Op, error) {
	ops, err := w.world.Next(diff)
	r := w.rels[binary.LittleEndian.Uint32(diff)]
	for _, u := range r.Unique[1:] {
		ops = append(ops, Op{Index: &IndexOp{Rel: r.OID, Name: u.Index, Label: u.Name, Cols: u.Cols, Unique: true, Relation: r}})
	}
	for _, f := range r.References {
		ops = append(ops, Op{Index: &IndexOp{Rel: r.OID, Name: f.Index, Label: f.Name, Cols: f.Cols, Relation: r}})
	}
	return ops, err
}

// keyRows are the contents of the three tables by their primary keys.
type keyRows [keyTables]map[int64][2]int64

func (m keyRows) clone() (out keyRows) {
	for i := range m {
		out[i] = maps.Clone(m[i])
	}
	return out
}

// holds says whether every row finds the ones that it refers to.
func (m keyRows) holds() bool {
	v := map[int64]bool{}
	for _, r := range m[0] {
		v[r[0]] = true
	}
	for _, r := range m[1] {
		if _, ok := m[0][r[0]]; r[0] != null && !ok || r[1] != null && !v[r[1]] {
			return false
		}
	}
	for _, r := range m[2] {
		if _, ok := m[2][r[0]]; r[0] != null && !ok {
			return false
		}
	}
	return true
}

// put is an INSERT; false: a key is there already.
func (m keyRows) put(table int, id int64, row [2]int64) bool {
	if _, twice := m[table][id]; twice {
		return false
	}
	for _, r := range m[0] {
		if table == 0 && r[0] == row[0] && row[0] != null {
			return false
		}
	}
	m[table][id] = row
	return true
}

// keyTest drives an engine with random transactions, several in a tick.
type keyTest struct {
	*testing.T
	rng     *rand.Rand
	e       *Engine
	rows    keyRows
	changed [keyTables]map[int64]bool // in this tick: rows that are not what the snapshot shows
	refused int
}

func (t *keyTest) open(fs *disk.Mem, clock *int64) {
	w := keyWorld()
	o := testOptions(fs, w, clock)
	o.Catalog = &keyCatalog{w}
	var err error
	if t.e, err = Open(o); err != nil {
		t.Fatal(err)
	}
}

func row3(id int64, r [2]int64) *col.Batch {
	b := col.NewBatch(i8s(3)...)
	for i, x := range []int64{id, r[0], r[1]} {
		if x == null {
			b.Cols[i].AppendNull()
		} else {
			b.Cols[i].AppendI64(x)
		}
	}
	b.Grow(1, 1)
	return b
}

// leave is a DELETE by key, of the newest row or of the one of the snapshot.
func (t *keyTest) leave(x *Txn, m keyRows, table int, id int64) {
	oid := uint32(parentOID + table)
	old, there := m[table][id]
	if there && !t.changed[table][id] && t.rng.IntN(2) == 0 {
		x.Writes = append(x.Writes, Write{Rel: oid, Dead: row3(id, old)})
	} else {
		x.Writes = append(x.Writes, Write{Rel: oid, Point: func(r *Resolver) error {
			found := col.NewBatch(i8s(3)...)
			key := col.NewVector(col.Int8)
			key.AppendI64(id)
			if _, err := r.Lookup(oid, &Unique{Name: []string{"parent", "child", "tree"}[table] + "_pkey"}, []*col.Vector{key}, found); err != nil || found.N == 0 {
				return err
			}
			return r.Delete(oid, found, 0)
		}})
	}
	delete(m[table], id)
	t.changed[table][id] = true
}

// step adds one statement to a transaction and to the model; false: it is refused with 23505.
func (t *keyTest) step(x *Txn, m keyRows) bool {
	table, id := t.rng.IntN(keyTables), t.rng.Int64N(6)
	value := func() int64 {
		if t.rng.IntN(4) == 0 {
			return null
		}
		return t.rng.Int64N(6)
	}
	kind := t.rng.IntN(15)
	if kind == 0 {
		x.Writes = append(x.Writes, Write{Rel: uint32(parentOID + table), Truncate: true})
		clear(m[table])
		for i := range int64(6) {
			t.changed[table][i] = true
		}
		return true
	}
	if kind%3 > 0 {
		t.leave(x, m, table, id)
	}
	if kind%3 == 1 {
		return true
	}
	if t.rng.IntN(3) == 0 {
		id = t.rng.Int64N(6)
	}
	row := [2]int64{value(), value()}
	x.Writes = append(x.Writes, Write{Rel: uint32(parentOID + table), New: row3(id, row)})
	t.changed[table][id] = true
	return m.put(table, id, row)
}

// tick makes one tick of several transactions and compares what each is told.
func (t *keyTest) tick() {
	var entries []*entry
	var want []string
	t.changed = [keyTables]map[int64]bool{{}, {}, {}}
	for range 1 + t.rng.IntN(6) {
		x, m, code := &Txn{Snapshot: t.e.Newest().Tick, Explicit: t.rng.IntN(3) == 0}, t.rows.clone(), ""
		for n := 1 + t.rng.IntN(4); n > 0 && code == ""; n-- {
			if !t.step(x, m) {
				code = pgerr.UniqueViolation
			}
		}
		if code == "" && !m.holds() {
			code = pgerr.ForeignKeyViolation
		}
		switch {
		case code == "":
			t.rows = m
		case x.Explicit:
			code = pgerr.SerializationFailure
		}
		entries, want = append(entries, &entry{txn: x, done: make(chan struct{})}), append(want, code)
	}
	if err := t.e.onTick(context.Background(), func() { t.e.tick(entries) }); err != nil {
		t.Fatal(err)
	}
	for i, x := range entries {
		if got := pgerr.CodeOf(x.err); x.err == nil && want[i] != "" || x.err != nil && got != want[i] {
			t.Fatalf("transaction %d of tick %d: %v, not %q", i, t.e.Newest().Tick, x.err, want[i])
		}
		if x.err != nil {
			t.refused++
		}
	}
}

func (t *keyTest) check() {
	t.Helper()
	for i := range keyTables {
		want := map[string]int64{}
		for id, r := range t.rows[i] {
			want[textOf(row3(id, r), firstN(3), 0)] = 1
		}
		got, err := rowsOf(t.e, uint32(parentOID+i))
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("table %d at tick %d\n got %v\nwant %v", i, t.e.Newest().Tick, got, want)
		}
	}
}

// Whatever several transactions of a tick do to tables with foreign keys, what is accepted and
// what is refused is as if one ran after another; a restart does not change that.
func TestForeignKeysAgainstAModel(t *testing.T) {
	for seed := range uint64(60) {
		x := &keyTest{T: t, rng: rand.New(rand.NewPCG(seed, 7)), rows: keyRows{{}, {}, {}}}
		fs, clock := disk.NewMem(seed), int64(1000)
		x.open(fs, &clock)
		for i := range keyTables {
			if _, err := x.e.Commit(context.Background(), &Txn{DDL: oidBytes(uint32(parentOID + i))}); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 60 {
			x.tick()
			x.check()
			if n%20 == 19 {
				if n%40 == 19 {
					if err := x.e.CheckpointNow(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
				x.e.Abandon()
				fs = fs.Restart()
				x.open(fs, &clock)
				x.check()
			}
		}
		if x.refused == 0 {
			t.Errorf("seed %d: nothing was refused", seed)
		}
		x.e.Abandon()
	}
}
