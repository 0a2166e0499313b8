package exec

import (
	"encoding/binary"
	"slices"

	"github.com/millracedb/millrace/base/col"
	"github.com/millracedb/millrace/exec/expr"
	"github.com/millracedb/millrace/storage/disk"
	"github.com/millracedb/millrace/storage/log"
)

// world is a catalog and plans for tests: relations by OID, views by functions. A diff is
// the OID of a relation that is created, or replaced if it lives, or its complement for one that
// is dropped.
type world struct {
	rels  map[uint32]*Relation
	views map[uint32]func(b *Builder) Ref
	live  []uint32
	next  []uint32
	asked int
}

func (w *world) Next(diff []byte) ([]Op, error) {
	oid := binary.LittleEndian.Uint32(diff)
	w.next = append(w.next, oid)
	if int32(oid) < 0 {
		return []Op{{Drop: ^oid}}, nil
	}
	if slices.Contains(w.live, oid) {
		return []Op{{Replace: w.rels[oid]}}, nil
	}
	return []Op{{Create: w.rels[oid]}}, nil
}

func (w *world) Publish(uint64) {
	for _, oid := range w.next {
		if int32(oid) < 0 {
			w.live = slices.DeleteFunc(w.live, func(o uint32) bool { return o == ^oid })
		} else if !slices.Contains(w.live, oid) {
			w.live = append(w.live, oid)
		}
	}
	w.next = nil
}

func (w *world) Forget()         { w.next = nil }
func (w *world) Back()           { w.next = w.next[:len(w.next)-1] }
func (w *world) Blobs() []string { return nil }

func (w *world) Sequences() []uint32 { return nil }

func (w *world) Encode() []byte {
	var b []byte
	for _, o := range w.live {
		b = binary.LittleEndian.AppendUint32(b, o)
	}
	return b
}

func (w *world) Restore(b []byte) (ops []Op, err error) {
	w.live = nil
	for ; len(b) >= 4; b = b[4:] {
		w.live = append(w.live, binary.LittleEndian.Uint32(b))
	}
	ops = []Op{{Create: ErrorsRelation()}, {Create: LateRelation()}}
	for _, o := range w.live {
		ops = append(ops, Op{Create: w.rels[o]})
	}
	return ops, nil
}

func (w *world) Build(r *Relation, b *Builder) (Ref, error) { return w.views[r.OID](b), nil }

const (
	tOID  = 20000 // t(id primary key, k, v)
	sOID  = 20001 // s(k, ts) a stream with a watermark
	v1OID = 20010 // sum and count of t.v by k where v >= 2
	v2OID = 20011 // t left join t on k = id
	v3OID = 20012 // count of s by k and tumbling window
	v4OID = 20013 // the same, once final
	v5OID = 20014 // the two greatest v1 rows
)

func i8s(n int) []col.Type {
	out := make([]col.Type, n)
	for i := range out {
		out[i] = col.Int8
	}
	return out
}

func newWorld() *world {
	w := &world{rels: map[uint32]*Relation{}, views: map[uint32]func(b *Builder) Ref{}}
	w.rels[tOID] = &Relation{OID: tOID, Name: "t", Names: []string{"id", "k", "v"}, Types: i8s(3), Key: []int{0}, RowID: -1, Watermark: -1,
		Unique: []Unique{{Name: "t_pkey", Cols: []int{0}, Primary: true}}}
	w.rels[sOID] = &Relation{OID: sOID, Name: "s", Names: []string{"k", "ts"}, Types: []col.Type{col.Int8, col.Timestamp}, Bag: true, RowID: -1, Watermark: 1, Delay: 3}
	view := func(oid uint32, name string, types []col.Type, bag bool, f func(b *Builder) Ref) {
		w.rels[oid] = &Relation{OID: oid, Name: name, Types: types, Names: make([]string, len(types)), Bag: bag, RowID: -1, Watermark: -1, View: true, History: name == "v4"}
		w.views[oid] = f
	}
	call := func(b *Builder, op string, args ...expr.Expr) expr.Expr {
		e, err := expr.CallOperator(b.ctx, op, args...)
		if err != nil {
			panic(err)
		}
		return e
	}
	view(v1OID, "v1", []col.Type{col.Int8, col.Int8, col.Numeric}, false, func(b *Builder) Ref {
		in := b.Filter(b.Source(tOID, []int{1, 2}), call(b, ">=", expr.NewColumn(1, col.Int8), expr.NewInt8(2)))
		return b.Aggregate(in, AggregateSpec{Group: []int{0}, Aggs: []AggregateCall{{Agg: mustAggregate("count"), Filter: -1}, {Agg: mustAggregate("sum", col.Int8), Args: []int{1}, Filter: -1}}})
	})
	view(v2OID, "v2", i8s(4), false, func(b *Builder) Ref {
		return b.Join(b.Source(tOID, []int{0, 1}), b.Source(tOID, []int{0, 2}), JoinSpec{Kind: Left, LeftKeys: []int{1}, RightKeys: []int{0}})
	})
	windows := func(final bool) func(b *Builder) Ref {
		return func(b *Builder) Ref {
			in := b.Window(b.Source(sOID, []int{0, 1}), WindowSpec{Time: 1, Slide: 10, Size: 10})
			return b.Aggregate(in, AggregateSpec{Group: []int{0, 3}, Aggs: []AggregateCall{{Agg: mustAggregate("count"), Filter: -1}}, Final: final, Closing: []int{1}})
		}
	}
	types := []col.Type{col.Int8, col.Timestamp, col.Int8}
	view(v3OID, "v3", types, false, windows(false))
	view(v4OID, "v4", types, true, windows(true))
	view(v5OID, "v5", []col.Type{col.Int8, col.Int8, col.Numeric}, false, func(b *Builder) Ref {
		return b.TopN(b.Source(v1OID, []int{0, 1, 2}), TopNSpec{Order: []OrderBy{{Col: 2, Order: col.Order{Desc: true}}}, Limit: 2})
	})
	return w
}

// workMem is none and next to none in turn: every other query spills.
func (w *world) workMem() int64 {
	w.asked++
	return int64(w.asked & 1)
}

func testOptions(fs disk.FS, w *world, clock *int64) Options {
	return Options{FS: fs, Catalog: w, Plans: w, Clock: func() int64 { return *clock }, Tuning: Tuning{StepRows: 5},
		Log: log.Options{SegmentSize: 1 << 16, MinFree: -1, MinFreePercent: -1, Inline: true}}
}
